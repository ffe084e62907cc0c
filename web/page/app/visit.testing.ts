/** A visit against a scripted server and a computer of a test. */
import { type Part, ROOM, setUp } from '../../sdk/testing/scripted-call.ts';
import type { Switches } from '../address.ts';
import { Devices } from '../devices/devices.ts';
import { FakePlatform } from '../devices/testing/fake-platform.ts';
import { Settings, type SettingsValue } from './settings.ts';
import { type PlaceMemory, Visit } from './visit.ts';

export interface VisitKit {
  readonly visit: Visit;
  readonly part: Part;
  readonly platform: FakePlatform;
  readonly settings: Settings;
  readonly places: Map<string, string>;
}

export function makeKit(switches: Switches = {}, overrides: Partial<SettingsValue> = {}): VisitKit {
  const part = setUp();
  const platform = new FakePlatform([
    { id: 'mic', kind: 'microphone', label: 'Microphone' },
    { id: 'cam', kind: 'camera', label: 'Webcam' },
  ]);
  const kept = new Map<string, string>();
  const settings = new Settings({
    storage: () => ({
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
    }),
    overrides,
    preferredLanguages: ['en'],
  });
  const places = new Map<string, string>();
  const memory: PlaceMemory = {
    placeIn: (room) => places.get(room) ?? null,
    keepPlace: (room, resume) => void places.set(room, resume),
    forgetPlace: () => places.clear(),
  };
  const visit = new Visit({
    room: ROOM,
    switches,
    settings,
    call: part.call,
    devices: new Devices({ settings, platform, wish: { maxHeight: 720, frameRate: 30 } }),
    places: memory,
    after: (delayMs, run) => part.clock.after(delayMs, run),
  });
  return { visit, part, platform, settings, places };
}
