/** A person in a call: a real page in a real browser, whose camera and microphone are known. */
import type { VideoCodec } from '../../signaling/messages/media.ts';
import type { TestSignal } from '../page/api.ts';
import { elapsedMs, stampTimeMs } from '../signal/barcode.ts';
import type { FrameLog } from '../signal/score.ts';
import { type ToneReport, toneHzOf } from '../signal/tone.ts';
import type { TestBrowser, TestPage, TestPageOptions } from './browser.ts';
import { type CallMember, type Person, PICTURE } from './callMember.ts';
import { waitFor } from './wait.ts';

/** How long a look for a new picture lasts: a few pictures. */
const LOOK_MS = 400;
/** Of what an encoder may, so much is all. */
const FULL_SHARE = 0.9;

export interface ParticipantOptions extends Person {
  readonly codecs?: 'vp8' | 'vp9' | 'h264' | 'av1' | 'auto';
  readonly simulcast?: boolean;
  readonly expectedProblems?: readonly RegExp[];
  /** More switches of the page's address, which win over those that follow from the above; null: left out. */
  readonly switches?: Readonly<Record<string, string | null>>;
  /** How the page is opened: devices, network, window. Default: one camera and one microphone. */
  readonly page?: TestPageOptions;
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
    const { page = {}, expectedProblems } = options;
    const testPage = await browser.newPage(callAddress(page.network?.origin ?? origin, room, options), {
      ...(page.equipment === undefined ? { signal: signalOf(options.stream) } : {}),
      ...(expectedProblems === undefined ? {} : { expectedProblems }),
      ...page,
    });
    await testPage.page.waitForSelector('[data-testid=tile][data-self=true]');
    return new BrowserParticipant(options, testPage);
  }

  /** CSS selector of the tile of somebody in this person's page; not of what somebody shares. */
  tile(of: Pick<Person, 'name'>): string {
    return `[data-testid=tile][data-participant="${of.name}"]:not([data-source=screen])`;
  }

  /** The names on all tiles, in the order in which the page has them; the own one and shared screens left out. */
  tileOrder(): Promise<readonly string[]> {
    const others = '[data-testid=tile]:not([data-self=true]):not([data-source=screen])';
    return this.testPage.page.evaluate<readonly string[]>(
      `[...document.querySelectorAll(${JSON.stringify(others)})].map((tile) => tile.dataset.participant ?? '')`,
    );
  }

  /** The calm line that says what is happening. */
  async status(): Promise<string> {
    return (await this.testPage.page.locator('[data-testid=status]').first().textContent()) ?? '';
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

  /**
   * Waits for a picture of that person which was taken after a moment, so not one that was shown or on its way before.
   * @param takenAfterMs on this machine's clock, milliseconds since 1970
   * @returns when it was shown, on the same clock
   */
  async waitForNewPicture(of: Person, takenAfterMs: number, timeoutMs = 15_000): Promise<number> {
    const { probe } = this.testPage;
    return waitFor(
      `${this.name} to see a new picture of ${of.name}`,
      async () => {
        // The page may put another element in the tile's place at any time: each look begins anew.
        const { samples } = await probe.watchFrames(`${this.tile(of)} video`, LOOK_MS, 0);
        const since = (timeMs: number): number => elapsedMs(stampTimeMs(takenAfterMs), timeMs);
        const found = samples.find(({ timeMs, stream }) => stream === of.stream && since(timeMs) > 0);
        return found === undefined ? null : takenAfterMs + since(found.receivedAtMs);
      },
      { timeoutMs, everyMs: 0 },
    );
  }

  watchFrames(of: Person, windowMs: number): Promise<FrameLog> {
    return this.testPage.probe.watchFrames(`${this.tile(of)} video`, windowMs);
  }

  recordTone(of: Person, windowMs: number): Promise<ToneReport> {
    return this.testPage.probe.recordTone(`${this.tile(of)} audio`, windowMs);
  }

  /** Waits until the browser's congestion control lets what is sent have nearly all that it may: the network is known to be good. */
  async waitForFullRate(timeoutMs = 20_000): Promise<void> {
    await waitFor(
      `${this.name}'s encoders to get ${FULL_SHARE * 100} % of what they may`,
      async () => (await this.testPage.probe.shareOfRate()) >= FULL_SHARE,
      { timeoutMs, everyMs: 250 },
    );
  }

  /** During the call: automatic, or one codec only. */
  async restrict(codec: 'auto' | VideoCodec): Promise<void> {
    const { page } = this.testPage;
    const choice = page.locator('[data-testid=codec-choice]');
    const hidden = !(await choice.isVisible());
    if (hidden) await this.openSettings();
    await choice.selectOption(codec);
    if (hidden) await page.keyboard.press('Escape');
  }

  /** Opens the settings, which narrow windows keep behind "more". */
  async openSettings(): Promise<void> {
    const { page } = this.testPage;
    if (!(await page.locator('[data-testid=settings]').isVisible())) await page.click('[data-testid=more]');
    await page.click('[data-testid=settings]');
  }

  async leave(): Promise<void> {
    await this.testPage.page.click('[data-testid=leave]');
    await this.testPage.close();
  }
}

/** The address of a call's page for one person. */
export function callAddress(origin: string, room: string, options: Omit<ParticipantOptions, 'page'>): string {
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
  for (const [name, value] of Object.entries(options.switches ?? {})) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  return `${origin}/call?${query.toString()}#${room}`;
}

/** Camera and microphone of the person with that stream id. */
export function signalOf(stream: number): TestSignal {
  return { stream, ...PICTURE, toneHz: toneHzOf(stream) };
}
