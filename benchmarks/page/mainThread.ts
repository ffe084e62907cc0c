/**
 * What a page's main thread does over a stretch of time, in processor time, as Chromium itself counts it (`Performance.getMetrics`
 * of its DevTools protocol).
 *
 * What will surprise you: with the time domain `threadTicks` the durations are processor time of that thread, and not time by the
 * clock, so other processes on a busy machine do not count.
 */
import type { CDPSession, Page } from 'playwright-core';

export interface MainThreadCost {
  /** Shares of one core. Tasks contain the others. */
  readonly taskShare: number;
  readonly scriptShare: number;
  readonly styleShare: number;
  readonly layoutShare: number;
  readonly layoutsPerSecond: number;
  readonly stylesPerSecond: number;
}

export class MainThreadMeter {
  readonly #session: CDPSession;
  readonly #before: ReadonlyMap<string, number>;
  readonly #startedAtMs: number;

  private constructor(session: CDPSession, before: ReadonlyMap<string, number>) {
    this.#session = session;
    this.#before = before;
    this.#startedAtMs = performance.now();
  }

  static async start(page: Page): Promise<MainThreadMeter> {
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    return new MainThreadMeter(session, await metricsOf(session));
  }

  /** From the start to now; the meter ends. */
  async stop(): Promise<MainThreadCost> {
    const after = await metricsOf(this.#session);
    const seconds = (performance.now() - this.#startedAtMs) / 1000;
    await this.#session.detach();
    const perSecond = (name: string): number =>
      ((after.get(name) ?? Number.NaN) - (this.#before.get(name) ?? Number.NaN)) / seconds;
    return {
      taskShare: perSecond('TaskDuration'),
      scriptShare: perSecond('ScriptDuration'),
      styleShare: perSecond('RecalcStyleDuration'),
      layoutShare: perSecond('LayoutDuration'),
      layoutsPerSecond: perSecond('LayoutCount'),
      stylesPerSecond: perSecond('RecalcStyleCount'),
    };
  }
}

async function metricsOf(session: CDPSession): Promise<ReadonlyMap<string, number>> {
  const { metrics } = await session.send('Performance.getMetrics');
  return new Map(metrics.map(({ name, value }) => [name, value]));
}
