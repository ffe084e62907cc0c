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
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type BrowserServer,
  type Page,
} from 'playwright-core';
import type { TestEquipment, TestSignal } from '../page/api.ts';
import { bundlePageScript } from './bundle.ts';
import { chromiumSwitches, findChromium } from './chromium.ts';
import type { ParticipantNetwork } from './network/network.ts';
import { PageProbe } from './probe.ts';
import { waitFor } from './wait.ts';

export class PageProblemsError extends Error {
  readonly code = 'PAGE_PROBLEMS';
  override readonly name = 'PageProblemsError';
}

export interface TestPageOptions {
  /** One camera and one microphone. Neither this nor `equipment`: the page has no devices. */
  readonly signal?: TestSignal;
  /** Everything on the desk; `browser`: the browser's own devices are left as they are. */
  readonly equipment?: TestEquipment | 'browser';
  /** The page's own network; its address is to be used to open the page. */
  readonly network?: ParticipantNetwork;
  /** Pictures of this MIME type, such as `video/VP8`, arrive and are not decoded. */
  readonly blindTo?: string;
  /** Window, touch, language, colours, motion, certificates, permissions: what differs from `DESKTOP`. */
  readonly context?: BrowserContextOptions;
  /** Files that the page finds on its own origin, by path, beside those of the server. */
  readonly files?: Readonly<Record<string, Buffer>>;
  /** Runs before the address is opened. */
  readonly prepare?: (page: Page) => Promise<void>;
  /** Problems whose text matches one of these are not held against the page. */
  readonly expectedProblems?: readonly RegExp[];
}

/** A window that two cores can paint several of. */
export const DESKTOP: BrowserContextOptions = { viewport: { width: 960, height: 720 } };
const PHONE: BrowserContextOptions = { deviceScaleFactor: 3, isMobile: true, hasTouch: true };
export const PHONE_PORTRAIT: BrowserContextOptions = { ...PHONE, viewport: { width: 390, height: 844 } };
export const PHONE_LANDSCAPE: BrowserContextOptions = { ...PHONE, viewport: { width: 844, height: 390 } };

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
    const context = await this.#browser.newContext({
      ...DESKTOP,
      bypassCSP: options.blindTo !== undefined,
      ...options.context,
    });
    const globals = {
      __testEquipment: equipmentOf(options),
      __testNetwork: options.network?.rewrite,
      __testBlindTo: options.blindTo,
    };
    await context.addInitScript({
      content: `Object.assign(globalThis, ${JSON.stringify(globals)});\n${this.#script}`,
    });
    for (const [path, body] of Object.entries(options.files ?? {})) {
      await context.route(
        ({ pathname }) => pathname === path,
        (route) => route.fulfill({ body, contentType: 'application/octet-stream' }),
      );
    }
    const testPage = new TestPage(context, await context.newPage(), options.expectedProblems ?? []);
    this.#pages.add(testPage);
    await options.prepare?.(testPage.page);
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

export interface BrowserOptions {
  /** Switches of Chromium beside the harness's own. */
  readonly switches?: readonly string[];
  /** Certificates to trust: SHA-256 of the public key (SubjectPublicKeyInfo), base64. */
  readonly trustedSpki?: readonly string[];
}

/**
 * Starts Chromium, headless.
 * @throws ChromiumNotFoundError where none is installed.
 */
export async function launchBrowser(options: BrowserOptions = {}): Promise<TestBrowser> {
  const { switches = [], trustedSpki = [] } = options;
  const [executablePath, script] = await Promise.all([
    findChromium(process.env['PATH'] ?? ''),
    bundlePageScript('inject.ts'),
  ]);
  const server = await chromium.launchServer({
    executablePath,
    headless: true,
    args: [
      ...chromiumSwitches(process.getuid?.() === 0),
      ...(trustedSpki.length === 0 ? [] : [`--ignore-certificate-errors-spki-list=${trustedSpki.join(',')}`]),
      ...switches,
    ],
  });
  try {
    const browser = await chromium.connect(server.wsEndpoint());
    return new TestBrowser(server, browser, script);
  } catch (error) {
    await server.kill();
    throw error;
  }
}

function equipmentOf({ equipment, signal }: TestPageOptions): TestEquipment | undefined {
  if (equipment === 'browser') return undefined;
  if (equipment !== undefined) return equipment;
  return signal === undefined ? { devices: [], screen: null } : oneOfEach(signal);
}

/** The equipment of a page that has one camera, one microphone, and nothing to share. */
export function oneOfEach({ toneHz, ...picture }: TestSignal): TestEquipment {
  return {
    devices: [
      { kind: 'audioinput', deviceId: 'test-microphone', label: 'Test microphone', toneHz },
      { kind: 'videoinput', deviceId: 'test-camera', label: 'Test camera', picture },
    ],
    screen: null,
  };
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
