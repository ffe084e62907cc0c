/** Many people in a call, cheaply: those with pictures share one page of a browser, those without are mere connections. */
import '../page/crowd-api.ts';
import type { CrowdMember, CrowdReaction } from '../page/crowd-api.ts';
import type { TestBrowser, TestPage, TestPageOptions } from './browser.ts';
import { bundlePageScript } from './bundle.ts';
import { RawClient } from './rawClient.ts';

export interface CrowdOptions {
  /** Who sends a picture, in order of arrival. */
  readonly withPictures: readonly CrowdMember[];
  /** Names of those who send nothing; they come after the others. */
  readonly namesOnly?: readonly string[];
  /** Recordings that the pictures show, by path. */
  readonly files?: NonNullable<TestPageOptions['files']>;
}

export class Crowd {
  readonly #page: TestPage | null;
  readonly #raw: readonly RawClient[];

  private constructor(page: TestPage | null, raw: readonly RawClient[]) {
    this.#page = page;
    this.#raw = raw;
  }

  /** Everybody is in the call when this resolves. */
  static async join(
    browser: TestBrowser,
    origin: string,
    room: string,
    { withPictures, namesOnly = [], files = {} }: CrowdOptions,
  ): Promise<Crowd> {
    let page: TestPage | null = null;
    if (withPictures.length > 0) {
      page = await browser.newPage(`${origin}/`, { files });
      await page.page.evaluate(await bundlePageScript('crowd.ts'));
      await page.page.evaluate(([key, members]) => globalThis.__crowd.join(key, members), [
        room,
        withPictures,
      ] as const);
    }
    const raw: RawClient[] = [];
    for (const name of namesOnly) raw.push(await RawClient.join(origin, room, name));
    return new Crowd(page, raw);
  }

  /** Whose turn it is to speak, by place among those with pictures, from 0; null: nobody's. */
  async speak(index: number | null): Promise<void> {
    await this.#page?.page.evaluate((place) => globalThis.__crowd.speak(place), index);
  }

  /** @param index place among those with pictures, as below */
  async write(index: number, text: string): Promise<void> {
    await this.#page?.page.evaluate(([place, words]) => globalThis.__crowd.write(place, words), [
      index,
      text,
    ] as const);
  }

  async raiseHand(index: number): Promise<void> {
    await this.#page?.page.evaluate((place) => globalThis.__crowd.raiseHand(place), index);
  }

  async react(index: number, reaction: CrowdReaction): Promise<void> {
    await this.#page?.page.evaluate(([place, one]) => globalThis.__crowd.react(place, one), [
      index,
      reaction,
    ] as const);
  }

  async leave(): Promise<void> {
    for (const client of this.#raw) client.close();
    if (this.#page === null) return;
    await this.#page.page.evaluate(() => globalThis.__crowd.leave());
    await this.#page.close();
  }
}
