/** What a room is made of, and what it says of itself. */
import type { NetworkEmulator } from '../emulation/emulator.ts';
import type { Logger } from '../observe/logger.ts';
import type { MediaWorkerPool } from '../sfu/mediaWorkerPool.ts';
import type { WorkerPool } from '../sfu/workerPool.ts';
import type { Clock } from '../time/clock.ts';
import type { MediaLimits } from './callMedia.ts';
import type { ResumeTokens } from './resumeTokens.ts';
import type { RoomId } from './roomKeys.ts';
import type { RoomPolicy } from './snapshot.ts';

export interface RoomLimits extends RoomPolicy {
  readonly maxParticipants: number;
  readonly maxProducersPerParticipant: number;
  /** How long a place is kept after its connection broke; 0: not at all. */
  readonly resumeGraceMs: number;
}

export interface RoomOptions {
  readonly id: RoomId;
  readonly callId: string;
  readonly limits: RoomLimits;
  readonly mediaLimits: MediaLimits;
  readonly workers: WorkerPool;
  readonly mediaWorkers: MediaWorkerPool;
  readonly emulator: NetworkEmulator;
  readonly resumeTokens: ResumeTokens;
  /** Whether somebody who has not joined sees who is in the room. */
  readonly lobbyWatched: () => boolean;
  readonly clock: Clock;
  /** Milliseconds since 1970, for what people see. */
  readonly epochMs: () => number;
  readonly logger: Logger;
  readonly randomId: () => string;
  readonly randomSsrc: () => number;
}

export interface RoomEvents {
  /** Somebody came or went. */
  people: [];
  /** The last participant left, or the ground could not be rebuilt: nothing is left to close. */
  closed: [];
}
