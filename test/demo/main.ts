/**
 * `npm run demo`: a server, two headless browsers that share no codec, and a client that is no browser, in one room. For 20
 * seconds a live table says who receives what from whom, and how; then the checks of the tests decide the exit code.
 */
import process from 'node:process';
import { launchBrowser } from '../harness/browser.ts';
import { type CallMember, type Direction, problemsOf, receiveAll } from '../harness/callMember.ts';
import { BrowserParticipant } from '../harness/participant.ts';
import { startServer } from '../harness/server.ts';
import { passMs } from '../harness/wait.ts';
import { WrtcParticipant } from '../wrtc/participant.ts';

const TOTAL_MS = 20_000;
const WINDOW_MS = 4000;
/** The browsers' congestion control starts low; what it shows meanwhile is live, but is not judged. */
const RAMP_MS = 6000;

const COLUMNS = [
  'from → to',
  'how',
  'frames',
  'gaps',
  'fps',
  'sent',
  'PSNR dB',
  'latency ms',
  'tone Hz',
  'SNR dB',
];
const WIDTHS = [16, 24, 7, 5, 6, 6, 8, 11, 8, 7];

async function main(): Promise<number> {
  console.log(
    'starting a server, two browsers (Ada: VP8 only, Ben: H.264 only) and a wrtc client without H.264 (Robot)',
  );
  const server = await startServer();
  const browser = await launchBrowser();
  const people: CallMember[] = [];
  try {
    const room = await server.createRoom();
    people.push(
      await BrowserParticipant.join(browser, server.origin, room, { name: 'Ada', stream: 1, codecs: 'vp8' }),
    );
    people.push(
      await BrowserParticipant.join(browser, server.origin, room, { name: 'Ben', stream: 2, codecs: 'h264' }),
    );
    people.push(await WrtcParticipant.join(server.origin, room, { name: 'Robot', stream: 3 }));
    for (const to of people) for (const from of people) if (from !== to) await to.waitForPicture(from);
    const problems = await watch(people);
    const kinds = server.server.registry.rooms
      .flatMap(({ transcodes }) => transcodes.map(({ codec }) => codec))
      .sort();
    // Ada and Robot send VP8, which Ben cannot receive; Ben's H.264 becomes VP8 once, for both.
    const expected = 'H264,H264,VP8';
    const found =
      kinds.join(',') === expected
        ? problems
        : [...problems, `the transcodes are ${kinds.join(',')}, not ${expected}`];
    for (const problem of found) console.log(`PROBLEM  ${problem}`);
    console.log(found.length === 0 ? '\nall checks hold' : `\n${found.length} checks do not hold`);
    return found.length === 0 ? 0 : 1;
  } finally {
    for (const person of people) await person.leave();
    await browser.close();
    await server.close();
  }
}

/** Watches in windows until time is up. @returns what was wrong in any window after the ramp-up */
async function watch(people: readonly CallMember[]): Promise<readonly string[]> {
  const problems: string[] = [];
  const startMs = performance.now();
  let elapsedMs = 0;
  while (elapsedMs < TOTAL_MS) {
    const directions = await receiveAll(people, WINDOW_MS);
    const judged = elapsedMs >= RAMP_MS;
    elapsedMs = performance.now() - startMs;
    printTable(directions, elapsedMs, judged);
    if (judged) problems.push(...problemsOf(directions));
    await passMs(0);
  }
  return problems;
}

function printTable(directions: readonly Direction[], elapsedMs: number, judged: boolean): void {
  console.log(
    `\n${(elapsedMs / 1000).toFixed(0)} s of ${TOTAL_MS / 1000} s${judged ? '' : ' (ramp-up, not judged)'}`,
  );
  console.log(row(COLUMNS));
  for (const { from, to, badge, frames, tone } of directions) {
    console.log(
      row([
        `${from.name} → ${to.name}`,
        badge.split(':')[0] ?? '',
        String(frames.count),
        String(frames.gaps.missing),
        frames.rateFps.toFixed(1),
        (frames.sentFps ?? 0).toFixed(1),
        frames.psnrDb?.mean.toFixed(1) ?? '-',
        frames.latencyMs?.p50.toFixed(0) ?? '-',
        tone.frequencyHz?.toFixed(0) ?? '-',
        tone.snrDb?.toFixed(1) ?? '-',
      ]),
    );
  }
}

function row(cells: readonly string[]): string {
  return cells
    .map((cell, index) => (index < 2 ? cell.padEnd(WIDTHS[index] ?? 0) : cell.padStart(WIDTHS[index] ?? 0)))
    .join(' ');
}

process.exitCode = await main();
