/** Where the screenshots are taken: a server, a browser, recordings for the cameras, and people to fill a room with. */
import path from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import type { CrowdMember } from '../page/crowd-api.ts';
import type { TestEquipment } from '../page/api.ts';
import { launchBrowser, type TestBrowser, type TestPage } from '../harness/browser.ts';
import { Crowd } from '../harness/crowd.ts';
import { ParticipantNetwork } from '../harness/network/network.ts';
import { knownPorts } from '../harness/network/ports.ts';
import { startServer, type TestServer } from '../harness/server.ts';
import { waitFor } from '../harness/wait.ts';
import { toneHzOf } from '../signal/tone.ts';
import { type ClipName, loadClips, type Clips } from './clips.ts';

export const WINDOW: BrowserContextOptions = {
  viewport: { width: 1280, height: 800 },
  colorScheme: 'light',
  locale: 'en-GB',
  reducedMotion: 'reduce',
};

/** Those with a picture, in order of arrival; then names. */
const PICTURED: readonly { readonly name: string; readonly clip: ClipName }[] = [
  { name: 'Ben', clip: 'couple' },
  { name: 'Cleo', clip: 'street' },
  { name: 'Dora', clip: 'flower' },
];
const NAMES = [
  ...['Emil', 'Fatima', 'Georg', 'Hanna', 'Igor', 'Jun', 'Kwame', 'Lena', 'Mateo', 'Nadia', 'Oskar'],
  ...['Priya', 'Quentin', 'Rosa', 'Samir', 'Tanja', 'Ugo', 'Vera', 'Wanda', 'Xenia', 'Yusuf'],
];
/** A room that is full with one person less than this. */
const SMALL_ROOM = 2;

/** What one scene may ask of the stage. */
export interface Visit {
  /** How many others are in the room. */
  readonly others?: number;
  /** What differs from `WINDOW`. */
  readonly look?: BrowserContextOptions;
  /** Switches of the page's address beside the name. */
  readonly switches?: Readonly<Record<string, string>>;
  /** The first of the others shares a document. */
  readonly sharing?: boolean;
  /** The first of the others has only H.264, and the visitor only VP8. */
  readonly codecsDiffer?: boolean;
  /** The visitor has a network that can be cut. */
  readonly ownNetwork?: boolean;
  /** The visitor says nothing, so that another one is the speaker. */
  readonly silent?: boolean;
  /** The server takes no more than two people into a room. */
  readonly smallRoom?: boolean;
}

export interface Visitor {
  readonly page: Page;
  readonly crowd: Crowd;
  readonly network: ParticipantNetwork | null;
  leave(): Promise<void>;
}

export class Stage {
  readonly #server: TestServer;
  readonly #small: TestServer;
  readonly #browser: TestBrowser;
  readonly clips: Clips;

  private constructor(server: TestServer, small: TestServer, browser: TestBrowser, clips: Clips) {
    this.#server = server;
    this.#small = small;
    this.#browser = browser;
    this.clips = clips;
  }

  static async open(): Promise<Stage> {
    const clips = await loadClips();
    const ports = await knownPorts();
    const server = await startServer({ ...ports, log: { level: 'error' } });
    const small = await startServer({
      media: { mediaWorkers: 0 },
      rooms: { maxParticipants: SMALL_ROOM },
      log: { level: 'error' },
    });
    return new Stage(server, small, await launchBrowser(), clips);
  }

  /** Opens an address of the server that is no call. */
  async openPage(address: string, look: BrowserContextOptions = {}): Promise<TestPage> {
    return this.#browser.newPage(`${this.#server.origin}${address}`, {
      ...this.#equipment(),
      context: { ...WINDOW, ...look },
      expectedProblems: [/./],
    });
  }

  /** The part of the start page's address that lets one make calls. */
  get creation(): string {
    return `create=${this.#server.server.creationToken}`;
  }

  /** A room with people in it, and the page of one who comes to it. */
  async visit(visit: Visit): Promise<Visitor> {
    const server = visit.smallRoom === true ? this.#small : this.#server;
    const room = await server.createRoom();
    const others = visit.others ?? 0;
    const crowd = await Crowd.join(this.#browser, server.origin, room, {
      withPictures: PICTURED.slice(0, others).map((person, index) => this.#member(person, index, visit)),
      namesOnly: NAMES.slice(0, Math.max(0, others - PICTURED.length)),
      files: this.clips.files,
    });
    const network = visit.ownNetwork === true ? await ParticipantNetwork.open(server) : null;
    const query = new URLSearchParams({
      name: 'Ada',
      ...(visit.codecsDiffer === true ? { codecs: 'vp8' } : {}),
      ...visit.switches,
    });
    const testPage = await this.#browser.newPage(
      `${network?.origin ?? server.origin}/call?${query.toString()}#${room}`,
      {
        ...this.#equipment(visit.silent),
        context: { ...WINDOW, ...visit.look },
        ...(network === null ? {} : { network }),
        // A screenshot is looked at; what a page notes on its console is the tests' matter.
        expectedProblems: [/./],
      },
    );
    return {
      page: testPage.page,
      crowd,
      network,
      leave: async () => {
        await testPage.close();
        await crowd.leave();
        await network?.close();
        await waitFor('the room to end', () => server.server.registry.rooms.length === 0, {
          timeoutMs: 60_000,
        });
      },
    };
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#server.close();
    await this.#small.close();
  }

  #member({ name, clip }: (typeof PICTURED)[number], index: number, visit: Visit): CrowdMember {
    const stream = index + 1;
    return {
      name,
      picture: this.clips.picture(clip, stream),
      toneHz: toneHzOf(stream),
      ...(visit.sharing === true && index === 0 ? { screen: this.clips.picture('document', 99) } : {}),
      ...(visit.codecsDiffer === true && index === 0 ? { codec: 'H264' } : {}),
    };
  }

  #equipment(silent = false): { readonly equipment: TestEquipment; readonly files: Clips['files'] } {
    const picture = this.clips.picture('woman', 0);
    return {
      files: this.clips.files,
      equipment: {
        devices: [
          { kind: 'audioinput', deviceId: 'headset', label: 'Headset', toneHz: silent ? 0 : toneHzOf(0) },
          { kind: 'audioinput', deviceId: 'built-in', label: 'Built-in microphone', toneHz: toneHzOf(1) },
          { kind: 'videoinput', deviceId: 'camera', label: 'HD camera', picture },
          { kind: 'audiooutput', deviceId: 'speakers', label: 'Speakers' },
        ],
        screen: null,
      },
    };
  }
}

/** @param folder of this machine */
export function pictureFile(folder: string, name: string): string {
  return path.join(folder, `${name}.jpg`);
}
