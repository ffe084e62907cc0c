/** A person in a call: a real page in a real browser, whose camera and microphone are known, so that others can be asked what they got. */
import type { FrameReport } from '../signal/score.ts';
import { judgeFrames, judgeTone, scoreFrames } from '../signal/score.ts';
import { toneHzOf } from '../signal/tone.ts';
import type { ToneReport } from '../signal/tone.ts';
import type { TestBrowser, TestPage } from './browser.ts';
import { waitFor } from './wait.ts';

export interface ParticipantOptions {
  readonly name: string;
  /** Stream id in its pictures; its tone follows from it. */
  readonly stream: number;
  readonly codecs?: 'vp8' | 'h264' | 'auto';
  readonly simulcast?: boolean;
  readonly expectedProblems?: readonly RegExp[];
}

/** Pictures as two cores can carry several of them. */
export const PICTURE = { width: 640, height: 360, frameRate: 15 } as const;

export interface Received {
  readonly frames: FrameReport;
  readonly tone: ToneReport;
  /** What is wrong, in sentences; empty: all is well. */
  readonly problems: readonly string[];
}

export class BrowserParticipant {
  readonly name: string;
  readonly stream: number;
  readonly testPage: TestPage;

  private constructor(options: ParticipantOptions, testPage: TestPage) {
    this.name = options.name;
    this.stream = options.stream;
    this.testPage = testPage;
  }

  /** Opens the room's link, and is in the call when this resolves. */
  static async join(
    browser: TestBrowser,
    origin: string,
    room: string,
    options: ParticipantOptions,
  ): Promise<BrowserParticipant> {
    const query = new URLSearchParams({
      name: options.name,
      codecs: options.codecs ?? 'auto',
      simulcast: options.simulcast === true ? '1' : '0',
      maxHeight: String(PICTURE.height),
      frameRate: String(PICTURE.frameRate),
      // Holds the size, so that received pictures can be compared with sent ones.
      degradation: 'maintain-resolution',
      join: '1',
    });
    const testPage = await browser.newPage(`${origin}/call?${query.toString()}#${room}`, {
      signal: { stream: options.stream, ...PICTURE, toneHz: toneHzOf(options.stream) },
      ...(options.expectedProblems === undefined ? {} : { expectedProblems: options.expectedProblems }),
    });
    const participant = new BrowserParticipant(options, testPage);
    await testPage.page.waitForSelector('[data-testid=tile][data-self=true]');
    return participant;
  }

  /** CSS selector of the tile of somebody in this person's page. */
  tile(of: { readonly name: string }): string {
    return `[data-testid=tile][data-participant="${of.name}"]`;
  }

  /** How that person's picture comes, in the words of the tile: its badge, and the reason behind it. */
  async badge(of: { readonly name: string }): Promise<string> {
    const badge = this.testPage.page.locator(`${this.tile(of)} [data-testid=badge]`);
    return `${(await badge.textContent()) ?? ''}: ${(await badge.getAttribute('title')) ?? ''}`;
  }

  async waitForBadge(of: { readonly name: string }, words: RegExp, timeoutMs = 10_000): Promise<void> {
    let last = '';
    await waitFor(
      `${this.name} to see ${of.name} as ${String(words)}`,
      async () => {
        last = await this.badge(of);
        return words.test(last);
      },
      { timeoutMs },
    );
  }

  /** A picture of that person is on screen. */
  async waitForPicture(of: { readonly name: string }, timeoutMs = 15_000): Promise<void> {
    // Runs in the page; here it is text, because this side knows no DOM.
    const expression = `(() => {
      const video = document.querySelector(${JSON.stringify(`${this.tile(of)} video`)});
      return video !== null && video.videoWidth > 0 && video.currentTime > 0;
    })()`;
    await waitFor(`${this.name} to see ${of.name}`, () => this.testPage.page.evaluate<boolean>(expression), {
      timeoutMs,
    });
  }

  /** Watches and listens to somebody for a while. */
  async receive(of: { readonly name: string; readonly stream: number }, windowMs: number): Promise<Received> {
    const [log, tone] = await Promise.all([
      this.testPage.probe.watchFrames(`${this.tile(of)} video`, windowMs),
      this.testPage.probe.recordTone(`${this.tile(of)} audio`, Math.min(3000, windowMs)),
    ]);
    const frames = scoreFrames(log);
    const problems = [
      ...judgeFrames(frames, { stream: of.stream }),
      ...judgeTone(tone, { frequencyHz: toneHzOf(of.stream) }),
    ].map((problem) => `${this.name} of ${of.name}: ${problem}`);
    return { frames, tone, problems };
  }

  /** During the call: automatic, VP8 only, H.264 only. */
  async restrict(codec: 'auto' | 'VP8' | 'H264'): Promise<void> {
    await this.testPage.page.selectOption('[data-testid=codec-choice]', codec);
  }

  async leave(): Promise<void> {
    await this.testPage.page.click('[data-testid=leave]');
    await this.testPage.close();
  }
}

/** Everybody watches everybody; the sentences of all that is wrong. */
export async function receiveAll(
  people: readonly BrowserParticipant[],
  windowMs: number,
): Promise<{ readonly problems: readonly string[]; readonly lines: readonly string[] }> {
  const pairs = people.flatMap((from) => people.filter((to) => to !== from).map((to) => ({ from, to })));
  const results = await Promise.all(
    pairs.map(async ({ from, to }) => {
      const received = await to.receive(from, windowMs);
      return { from, to, received };
    }),
  );
  return {
    problems: results.flatMap(({ received }) => received.problems),
    lines: results.map(({ from, to, received: { frames, tone } }) =>
      [
        `${from.name} → ${to.name}`,
        `${frames.count} frames`,
        `gaps ${frames.gaps.missing}`,
        `${frames.rateFps.toFixed(1)} of ${(frames.sentFps ?? 0).toFixed(1)} fps`,
        `PSNR ${frames.psnrDb?.mean.toFixed(1) ?? '-'} dB`,
        `latency ${frames.latencyMs?.p50.toFixed(0) ?? '-'} ms`,
        `tone SNR ${tone.snrDb?.toFixed(1) ?? '-'} dB`,
      ].join(', '),
    ),
  };
}
