/** The stage in a document without a browser, for tests: sizes, streams and playing are stood in for; time is virtual. */
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { type MockInstance, expect, vi } from 'vitest';
import { LanguageProvider } from '../words/language.tsx';
import type { Language } from '../words/translate.ts';
import { FakeCall, FakeDevices } from './fake-call.testing.ts';
import { Stage, type StageProps } from './stage.tsx';

const SIZE = { width: 1280, height: 700 };

/** What of a MediaStream the page uses; happy-dom's has no constructor from tracks of ours. */
export class OneStream {
  readonly tracks: MediaStreamTrack[] = [];
  constructor(tracks: readonly MediaStreamTrack[] = []) {
    this.tracks.push(...tracks);
  }
  getVideoTracks(): MediaStreamTrack[] {
    return [...this.tracks];
  }
  addTrack(track: MediaStreamTrack): void {
    this.tracks.push(track);
  }
  removeTrack(track: MediaStreamTrack): void {
    this.tracks.splice(this.tracks.indexOf(track), 1);
  }
}

/** Tells every element the size of the test's screen, once. */
class OneSizeObserver {
  readonly #tell: ResizeObserverCallback;
  constructor(tell: ResizeObserverCallback) {
    this.#tell = tell;
  }
  observe(target: Element): void {
    const contentRect = { ...SIZE, x: 0, y: 0, top: 0, left: 0, right: 0, bottom: 0, toJSON: () => ({}) };
    const sizes = { borderBoxSize: [], contentBoxSize: [], devicePixelContentBoxSize: [] };
    this.#tell([{ target, contentRect, ...sizes }], this);
  }
  unobserve(): void {
    // Sizes never change here.
  }
  disconnect(): void {
    // Nothing runs.
  }
}

/** A media element's source: like a browser's element, it says afterwards that it began to load. */
function sourceThatBegins(): PropertyDescriptor & ThisType<HTMLMediaElement> {
  const sources = new WeakMap<HTMLMediaElement, MediaProvider>();
  return {
    configurable: true,
    get() {
      return sources.get(this) ?? null;
    },
    set(source: MediaProvider | null) {
      if (source === null) {
        sources.delete(this);
        return;
      }
      sources.set(this, source);
      queueMicrotask(() => this.dispatchEvent(new Event('loadstart')));
    },
  };
}

/** A track is only passed on. */
export function track(): MediaStreamTrack {
  const made = { kind: 'video', getSettings: () => ({}) };
  return made as unknown as MediaStreamTrack;
}

export class StageBench {
  readonly call: FakeCall = new FakeCall();
  readonly devices: FakeDevices = new FakeDevices();
  readonly root: HTMLElement = document.createElement('div');
  /** What the page was asked to do in a press. */
  readonly blocked: (() => void)[] = [];
  readonly played: HTMLMediaElement[] = [];
  readonly play: MockInstance<HTMLMediaElement['play']>;

  constructor() {
    vi.useFakeTimers();
    vi.stubGlobal('MediaStream', OneStream);
    vi.stubGlobal('ResizeObserver', OneSizeObserver);
    const { played } = this;
    this.play = vi.spyOn(HTMLMediaElement.prototype, 'play').mockImplementation(function (
      this: HTMLMediaElement,
    ) {
      played.push(this);
      return Promise.resolve();
    });
    Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', sourceThatBegins());
    document.body.append(this.root);
  }

  /** Takes the stage away, and proves that it left nothing. */
  async close(): Promise<void> {
    await act(() => render(null, this.root));
    this.root.remove();
    expect(this.call.listenerCount + this.devices.listenerCount).toBe(0);
    for (const stream of this.call.streams) expect(stream.listenerCount).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  }

  async show(change: Partial<StageProps> = {}, language: Language = 'en'): Promise<void> {
    await act(() =>
      render(
        <LanguageProvider language={language}>
          <Stage
            call={this.call}
            devices={this.devices}
            ownName="Ada"
            layout="auto"
            detailsOpen={false}
            screen={null}
            speakerId={null}
            onSoundBlocked={(play) => this.blocked.push(play)}
            {...change}
          />
        </LanguageProvider>,
        this.root,
      ),
    );
  }

  /** Something happens, and is drawn. */
  async change(run: () => void): Promise<void> {
    await act(async () => {
      run();
      await Promise.resolve();
    });
  }

  /** Time passes, and what is due happens. */
  async pass(ms: number): Promise<void> {
    await act(async () => {
      await vi.advanceTimersByTimeAsync(ms);
    });
  }

  find(selector: string): HTMLElement {
    const found = this.root.querySelector<HTMLElement>(selector);
    if (found === null) throw new Error(`nothing is ${selector}`);
    return found;
  }

  tile(name: string, source = 'camera'): HTMLElement {
    return this.find(`[data-testid=tile][data-participant="${name}"][data-source=${source}]`);
  }

  inTile(name: string, id: string): HTMLElement {
    return this.find(`[data-participant="${name}"] [data-testid=${id}]`);
  }
}
