/** A visit with a browser's own parts: its devices, its connection, this tab's memory. */
import { Device } from 'mediasoup-client';
import { Call, webSocketPipe } from '../../sdk/index.ts';
import type { Switches } from '../address.ts';
import { browserPlatform } from '../devices/browser-platform.ts';
import { Devices } from '../devices/devices.ts';
import { memory } from '../memory.ts';
import { connectUrl } from './connect-url.ts';
import type { Settings } from './settings.ts';
import { Visit } from './visit.ts';

const DEFAULT_HEIGHT = 720;
const DEFAULT_FRAME_RATE = 30;

export interface NewVisit {
  readonly room: string;
  readonly switches: Switches;
  readonly settings: Settings;
}

export function makeVisit({ room, switches, settings }: NewVisit): Visit {
  const call = new Call({
    open: webSocketPipe(connectUrl()),
    createDevice: () => new Device(),
    client: { name: 'page', version: '1' },
    ...(switches.forceRelay === true ? { transport: { iceTransportPolicy: 'relay' } } : {}),
  });
  const devices = new Devices({
    settings,
    wish: {
      maxHeight: switches.maxHeight ?? DEFAULT_HEIGHT,
      frameRate: switches.frameRate ?? DEFAULT_FRAME_RATE,
    },
    platform: browserPlatform(),
  });
  return new Visit({
    room,
    switches,
    settings,
    call,
    devices,
    places: memory,
    after: (delayMs, run) => {
      const timer = window.setTimeout(run, delayMs);
      return () => window.clearTimeout(timer);
    },
  });
}
