/**
 * One Chromium for a test: pages with a test camera, a test microphone and a probe, and the certainty that no process is
 * left when it is closed.
 *
 * What will surprise you:
 * - Each page has a browser context of its own, so that participants share neither storage nor a renderer process.
 * - Errors on a page's console, exceptions nobody caught and failed requests are collected. `close()` of a page throws
 *   where there are any that the test did not expect.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { chromium, type Browser, type BrowserContext, type BrowserServer, type Page } from 'playwright-core';
import type { TestSignal } from '../page/api.ts';
import { bundlePageScript } from './bundle.ts';
import { chromiumSwitches, findChromium } from './chromium.ts';
import { PageProbe } from './probe.ts';
import { waitFor } from './wait.ts';

export class PageProblemsError extends Error {
  readonly code = 'PAGE_PROBLEMS';
  override readonly name = 'PageProblemsError';
}

export interface TestPageOptions {
  /** Absent: the page has no camera and no microphone. */
  readonly signal?: TestSignal;
  /** Problems whose text matches one of these are not held against the page. */
  readonly expectedProblems?: readonly RegExp[];
}

/** One participant's page. */
export class TestPage {
  readonly page: Page;
  readonly probe: PageProbe;
  readonly #context: BrowserContext;
  readonly #problems: string[] = [];
  #closing: Promise<void> | undefined;

  constructor(context: BrowserContext, page: Page, expected: readonly RegExp[]) {
    this.page = page;
    this.probe = new PageProbe(page);
    this.#context = context;
    const note = (problem: string): void => {
      if (!expected.some((pattern) => pattern.test(problem))) this.#problems.push(problem);
    };
    page.on('console', (message) => {
      if (message.type() === 'error') note(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => note(`uncaught: ${error.stack ?? error.message}`));
    page.on('crash', () => note('the page crashed'));
    page.on('requestfailed', (request) => {
      // The page's own close ends what it was still loading.
      if (this.#closing === undefined) {
        note(`request: ${request.url()} ${request.failure()?.errorText ?? ''}`);
      }
    });
  }

  /** Whether `close()` was called. */
  get closing(): boolean {
    return this.#closing !== undefined;
  }

  /** What went wrong in the page so far. */
  problems(): readonly string[] {
    return [...this.#problems];
  }

  /**
   * Closes the page and its context.
   * @throws PageProblemsError where anything went wrong in the page.
   */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#context.close();
      if (this.#problems.length > 0) throw new PageProblemsError(this.#problems.join('\n'));
    })();
    return this.#closing;
  }
}

/** A running Chromium. */
export class TestBrowser {
  readonly #server: BrowserServer;
  readonly #browser: Browser;
  readonly #script: string;
  readonly #pages = new Set<TestPage>();
  #closing: Promise<void> | undefined;

  constructor(server: BrowserServer, browser: Browser, script: string) {
    this.#server = server;
    this.#browser = browser;
    this.#script = script;
  }

  /** The process id of the browser; all its processes are of the group with that number. */
  get pid(): number | undefined {
    return this.#server.process().pid;
  }

  async newPage(url: string, options: TestPageOptions = {}): Promise<TestPage> {
    const context = await this.#browser.newContext({ viewport: { width: 960, height: 720 } });
    const signal = options.signal === undefined ? 'undefined' : JSON.stringify(options.signal);
    await context.addInitScript({ content: `globalThis.__testSignal = ${signal};\n${this.#script}` });
    const testPage = new TestPage(context, await context.newPage(), options.expectedProblems ?? []);
    this.#pages.add(testPage);
    await testPage.page.goto(url);
    return testPage;
  }

  /**
   * Closes all pages and the browser, and waits until none of its processes is left.
   * @throws PageProblemsError where a page that the test did not close itself had problems.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { pid } = this;
    const closed = await Promise.allSettled(
      [...this.#pages].filter((page) => !page.closing).map((page) => page.close()),
    );
    await this.#browser.close();
    await this.#server.close();
    await waitFor('every process of the browser to end', () => pid === undefined || !groupAlive(pid));
    const failed = closed.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

/**
 * Starts Chromium, headless.
 * @throws ChromiumNotFoundError where none is installed.
 */
export async function launchBrowser(): Promise<TestBrowser> {
  const [executablePath, script] = await Promise.all([
    findChromium(process.env['PATH'] ?? ''),
    bundlePageScript('inject.ts'),
  ]);
  const server = await chromium.launchServer({
    executablePath,
    headless: true,
    args: chromiumSwitches(process.getuid?.() === 0),
  });
  try {
    const browser = await chromium.connect(server.wsEndpoint());
    return new TestBrowser(server, browser, script);
  } catch (error) {
    await server.kill();
    throw error;
  }
}

/** Whether any process of a group runs; one that has ended and only waits to be collected does not. */
function groupAlive(groupId: number): boolean {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((name) => {
      try {
        const [, state, group] =
          /^\d+ \(.*\) (\S) \d+ (\d+)/s.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
        return Number(group) === groupId && state !== 'Z';
      } catch {
        // It ended while we looked.
        return false;
      }
    });
}
