/**
 * Many people in one page: each has a call of his own through the client SDK and sends a small picture; none of them looks at the
 * others, so that only what they send costs anything.
 *
 * What will surprise you: it is put into a page of the server itself, since the server takes connections only from pages of its
 * own origin.
 */
import { Device } from 'mediasoup-client';
import { Call, webSocketPipe } from '../../web/sdk/index.ts';
import { TestCameras } from './camera.ts';
import type { CrowdApi, CrowdMember } from './crowd-api.ts';
import { TestMicrophones } from './microphone.ts';

/** A tone that never pauses is noise to whoever looks for the speaker. */
const SYLLABLE_MS = 300;

const cameras = new TestCameras();
const microphones = new TestMicrophones();
const calls: Call[] = [];
/** By place in the crowd. */
const voices: (MediaStreamTrack | null)[] = [];
let syllables: ReturnType<typeof setInterval> | undefined;

async function join(room: string, { name, picture, toneHz, screen, codec }: CrowdMember): Promise<void> {
  const call = new Call({
    open: webSocketPipe(`${location.origin.replace('http', 'ws')}/connect`),
    createDevice: () => new Device(),
    client: { name: 'crowd', version: '1' },
  });
  calls.push(call);
  call.on('stream', (stream) => call.view(stream, { width: 0, height: 0 }));
  const published = [call.publish('camera', await cameras.open(picture), { simulcast: false })];
  const voice = toneHz === undefined ? null : await microphones.open(toneHz);
  voices.push(voice);
  if (voice !== null) published.push(call.publish('microphone', voice));
  if (screen !== undefined) published.push(call.publish('screen', await cameras.open(screen)));
  await call.join({ room, name, restriction: codec ?? null });
  await Promise.all(published);
  // Not before: a track that is silent when it is published counts as muted.
  if (voice !== null) voice.enabled = false;
}

function callOf(index: number): Call {
  const call = calls[index];
  if (call === undefined) throw new RangeError(`nobody has place ${index} in the crowd`);
  return call;
}

const api: CrowdApi = {
  async join(room, members): Promise<void> {
    // One after the other: the order of names is the order of arrival.
    for (const member of members) await join(room, member);
  },
  speak(index): void {
    clearInterval(syllables);
    for (const voice of voices) if (voice !== null) voice.enabled = false;
    const voice = index === null ? null : voices[index];
    if (voice === null || voice === undefined) return;
    syllables = setInterval(() => {
      voice.enabled = !voice.enabled;
    }, SYLLABLE_MS);
  },
  write: (index, text) => callOf(index).sendMessage(text),
  raiseHand: (index) => callOf(index).setHand(true),
  react: (index, reaction) => callOf(index).react(reaction),
  async leave(): Promise<void> {
    api.speak(null);
    await Promise.all(calls.splice(0).map((call) => call.leave()));
  },
};

globalThis.__crowd = api;
