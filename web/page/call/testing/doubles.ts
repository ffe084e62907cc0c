/** A call, devices and tracks without a network or hardware behind them: they remember what they were asked, and tell what a test says. */
import type {
  CallEvents,
  CallState,
  ChatMessage,
  EmulatedNetwork,
  MediaTrack,
  Participant,
  PublishOptions,
  Reaction,
  SourceName,
} from '../../../sdk/index.ts';
import { Emitter } from '../../../sdk/emitter.ts';
import type { DeviceEvents, DeviceKind, DeviceProblem } from '../../devices/devices.ts';
import type { FrameCall, FrameDevices } from '../call-frame.tsx';

/** A track that only ends. */
export class TestTrack extends EventTarget {
  readonly kind: 'audio' | 'video';
  readonly label: string;
  readyState: 'live' | 'ended' = 'live';
  contentHint = '';

  constructor(kind: 'audio' | 'video', label = '') {
    super();
    this.kind = kind;
    this.label = label;
  }

  stop(): void {
    this.readyState = 'ended';
  }

  /** Ends by itself, as one does whose device was unplugged. */
  end(): void {
    this.readyState = 'ended';
    this.dispatchEvent(new Event('ended'));
  }

  /** This as what the page takes for a browser's track. */
  get asTrack(): MediaStreamTrack {
    return asTrack(this);
  }
}

function asTrack(track: unknown): MediaStreamTrack {
  if (!isTrack(track)) throw new TypeError('not a track');
  return track;
}

function isTrack(track: unknown): track is MediaStreamTrack {
  return track instanceof TestTrack;
}

export function person(id: string, change: Partial<Participant> = {}): Participant {
  return {
    participant_id: id,
    name: id,
    restriction: null,
    joined_at: 0,
    hand_raised_at: null,
    quality: 'good',
    sources: [],
    ...change,
  };
}

export function message(id: string, writer: string, text: string, sentAtMs = 0): ChatMessage {
  return { message_id: id, participant_id: writer, name: writer, text, sent_at: sentAtMs };
}

export class TestCall extends Emitter<CallEvents> implements FrameCall {
  state: CallState = 'joined';
  self: Participant | null = person('me', { name: 'Me', joined_at: 100 });
  participants: readonly Participant[] = [];
  messages: readonly ChatMessage[] = [];
  emulated: EmulatedNetwork | null = null;
  /** Everything that was asked, in order. */
  readonly asked: string[] = [];
  /** What the next answers are; a promise that is not settled keeps the question open. */
  answer: () => Promise<void> = () => Promise.resolve();

  get participantId(): string | null {
    return this.self?.participant_id ?? null;
  }

  publish(source: SourceName, track: MediaTrack, options: PublishOptions = {}): Promise<void> {
    const words = Object.entries(options).map(([name, value]) => `${name}=${String(value)}`);
    return this.#ask(`publish ${source} ${trackLabel(track)} ${words.join(' ')}`.trim());
  }
  unpublish(source: SourceName): void {
    this.asked.push(`unpublish ${source}`);
  }
  setPaused(source: SourceName, paused: boolean): void {
    this.asked.push(`${paused ? 'pause' : 'resume'} ${source}`);
  }
  replaceTrack(source: SourceName, track: MediaTrack): Promise<void> {
    return this.#ask(`replace ${source} ${trackLabel(track)}`);
  }
  sendMessage(text: string): Promise<void> {
    return this.#ask(`say ${text}`);
  }
  setHand(raised: boolean): Promise<void> {
    return this.#ask(raised ? 'hand up' : 'hand down');
  }
  react(reaction: Reaction): Promise<void> {
    return this.#ask(`react ${reaction}`);
  }
  emulate(network: EmulatedNetwork | null): Promise<void> {
    return this.#ask(`test network ${network ?? 'none'}`);
  }

  /** Somebody wrote. */
  hear(said: ChatMessage): void {
    this.messages = [...this.messages, said];
    this.emit('message', said);
  }
  come(...people: readonly Participant[]): void {
    this.participants = people;
    this.emit('participants');
  }
  enterNetwork(network: EmulatedNetwork | null): void {
    this.emulated = network;
    this.emit('emulated', network);
  }
  enter(state: CallState): void {
    this.state = state;
    this.emit('state', state);
  }
  /** What was asked since the last look. */
  takeAsked(): readonly string[] {
    return this.asked.splice(0);
  }

  #ask(question: string): Promise<void> {
    this.asked.push(question);
    return this.answer();
  }
}

function trackLabel(track: MediaTrack): string {
  return track.label;
}

export class TestDevices extends Emitter<DeviceEvents> implements FrameDevices {
  microphone: MediaStreamTrack | null = new TestTrack('audio', 'mic-1').asTrack;
  camera: MediaStreamTrack | null = new TestTrack('video', 'cam-1').asTrack;
  readonly asked: string[] = [];
  readonly wished: Record<DeviceKind, boolean> = { microphone: true, camera: true };
  readonly problems: Record<DeviceKind, DeviceProblem | null> = { microphone: null, camera: null };
  /** What `retry` does before it resolves. */
  onRetry: (kind: DeviceKind) => void = () => undefined;

  isOn(kind: DeviceKind): boolean {
    return this.wished[kind];
  }
  setOn(kind: DeviceKind, on: boolean): void {
    this.asked.push(`${kind} ${on ? 'on' : 'off'}`);
    this.wished[kind] = on;
    this.emit('changed');
  }
  isOpening(): boolean {
    return false;
  }
  problem(kind: DeviceKind): DeviceProblem | null {
    return this.problems[kind];
  }
  retry(kind: DeviceKind): Promise<void> {
    this.asked.push(`retry ${kind}`);
    this.onRetry(kind);
    this.emit('changed');
    return Promise.resolve();
  }
}
