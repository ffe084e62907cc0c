/** A person in a call: a real page in a real browser, whose camera and microphone are known. */
import type { FrameLog } from '../signal/score.ts';
import { type ToneReport, toneHzOf } from '../signal/tone.ts';
import type { TestBrowser, TestPage } from './browser.ts';
import { type CallMember, type Person, PICTURE } from './callMember.ts';
import { waitFor } from './wait.ts';

export interface ParticipantOptions extends Person {
  readonly codecs?: 'vp8' | 'h264' | 'auto';
  readonly simulcast?: boolean;
  readonly expectedProblems?: readonly RegExp[];
}

export class BrowserParticipant implements CallMember {
  readonly name: string;
  readonly stream: number;
  readonly testPage: TestPage;

  private constructor({ name, stream }: Person, testPage: TestPage) {
    this.name = name;
    this.stream = stream;
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
    await testPage.page.waitForSelector('[data-testid=tile][data-self=true]');
    return new BrowserParticipant(options, testPage);
  }

  /** CSS selector of the tile of somebody in this person's page. */
  tile(of: Pick<Person, 'name'>): string {
    return `[data-testid=tile][data-participant="${of.name}"]`;
  }

  async badge(of: Person): Promise<string> {
    const badge = this.testPage.page.locator(`${this.tile(of)} [data-testid=badge]`);
    return `${(await badge.textContent()) ?? ''}: ${(await badge.getAttribute('title')) ?? ''}`;
  }

  async waitForBadge(of: Person, words: RegExp, timeoutMs = 10_000): Promise<void> {
    await waitFor(
      `${this.name} to see ${of.name} as ${String(words)}`,
      async () => words.test(await this.badge(of)),
      { timeoutMs },
    );
  }

  async waitForPicture(of: Person, timeoutMs = 15_000): Promise<void> {
    // Runs in the page; here it is text, because this side knows no DOM.
    const expression = `(() => {
      const video = document.querySelector(${JSON.stringify(`${this.tile(of)} video`)});
      return video !== null && video.videoWidth > 0 && video.currentTime > 0;
    })()`;
    await waitFor(`${this.name} to see ${of.name}`, () => this.testPage.page.evaluate<boolean>(expression), {
      timeoutMs,
    });
  }

  watchFrames(of: Person, windowMs: number): Promise<FrameLog> {
    return this.testPage.probe.watchFrames(`${this.tile(of)} video`, windowMs);
  }

  recordTone(of: Person, windowMs: number): Promise<ToneReport> {
    return this.testPage.probe.recordTone(`${this.tile(of)} audio`, windowMs);
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
