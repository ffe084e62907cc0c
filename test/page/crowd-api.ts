/** What the page of a crowd offers; free of DOM types, because the test's own process imports it too. */
import type { TestPicture } from './api.ts';

export interface CrowdMember {
  readonly name: string;
  readonly picture: TestPicture;
  /** What he sounds like while it is his turn to speak; absent: he has no microphone. */
  readonly toneHz?: number;
  /** What he shares; absent: nothing. */
  readonly screen?: TestPicture;
  /** The only video codec that he sends and receives; absent: the server chooses. */
  readonly codec?: 'VP8' | 'H264';
}

export type CrowdReaction = 'thumbs-up' | 'heart' | 'laugh' | 'clap' | 'wow' | 'party';

export interface CrowdApi {
  /** Joins as all of them, each with a camera and a connection of his own; resolves when all are in the call. */
  join(room: string, members: readonly CrowdMember[]): Promise<void>;
  /** Whose turn it is to speak, by place in the crowd, from 0; null: everybody is silent, as at the start. */
  speak(index: number | null): void;
  /** By place in the crowd, from 0. */
  write(index: number, text: string): Promise<void>;
  raiseHand(index: number): Promise<void>;
  react(index: number, reaction: CrowdReaction): Promise<void>;
  leave(): Promise<void>;
}

declare global {
  // Globals of a page can only be declared with var.
  var __crowd: CrowdApi;
}
