/** A device in a call that really has no H.264: the client SDK on @roamhq/wrtc, in a process of its own (child.ts). */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { CallMember, Person } from '../harness/callMember.ts';
import type { FrameLog } from '../signal/score.ts';
import type { ToneReport } from '../signal/tone.ts';
import type { WrtcAnswer, WrtcRequest } from './child.ts';
import { WrtcError } from './wrtc.ts';

type Question = WrtcRequest extends infer R ? (R extends WrtcRequest ? Omit<R, 'id'> : never) : never;

/** The child's answers, by the question; both sides are of this folder. */
interface Values {
  readonly join: null;
  readonly badge: string;
  readonly 'wait-for-picture': null;
  readonly 'watch-frames': FrameLog;
  readonly 'record-tone': ToneReport;
  readonly leave: null;
}

export class WrtcParticipant implements CallMember {
  readonly name: string;
  readonly stream: number;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: WrtcAnswer) => void>();
  #asked = 0;

  private constructor({ name, stream }: Person) {
    this.name = name;
    this.stream = stream;
    this.#child = fork(path.join(import.meta.dirname, 'child.ts'), [], { execArgv: [] });
    this.#child.on('message', (answer: WrtcAnswer) => this.#waiting.get(answer.id)?.(answer));
    this.#child.once('exit', (code, signal) => {
      const message = `the wrtc client ended with ${signal ?? `code ${String(code)}`}`;
      for (const [id, resolve] of this.#waiting) resolve({ id, ok: false, message });
    });
  }

  /** Joins with camera and microphone. */
  static async join(origin: string, room: string, person: Person): Promise<WrtcParticipant> {
    const participant = new WrtcParticipant(person);
    try {
      await participant.#ask({ op: 'join', origin, room, person });
    } catch (error) {
      participant.#child.kill('SIGKILL');
      throw error;
    }
    return participant;
  }

  badge(of: Person): Promise<string> {
    return this.#ask({ op: 'badge', of: personOf(of) });
  }

  async waitForPicture(of: Person, timeoutMs = 15_000): Promise<void> {
    await this.#ask({ op: 'wait-for-picture', of: personOf(of), timeoutMs });
  }

  watchFrames(of: Person, windowMs: number): Promise<FrameLog> {
    return this.#ask({ op: 'watch-frames', of: personOf(of), windowMs });
  }

  recordTone(of: Person, windowMs: number): Promise<ToneReport> {
    return this.#ask({ op: 'record-tone', of: personOf(of), windowMs });
  }

  async leave(): Promise<void> {
    await this.#ask({ op: 'leave' });
    const gone = once(this.#child, 'exit');
    this.#child.disconnect();
    await gone;
  }

  async #ask<Q extends Question>(question: Q): Promise<Values[Q['op']]> {
    this.#asked += 1;
    const id = this.#asked;
    const answered = new Promise<WrtcAnswer>((resolve) => this.#waiting.set(id, resolve));
    this.#child.send({ ...question, id });
    const answer = await answered;
    this.#waiting.delete(id);
    if (!answer.ok) throw new WrtcError(answer.message);
    return answer.value as Values[Q['op']];
  }
}

/** Members of a call are more than data. */
function personOf({ name, stream }: Person): Person {
  return { name, stream };
}
