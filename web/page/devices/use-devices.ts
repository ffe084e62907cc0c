/** Draws a view again whenever anything about the devices changes. */
import { useEmitter } from '../view/hooks.ts';
import type { Devices } from './devices.ts';

export function useDevices(devices: Devices): void {
  useEmitter(
    devices,
    (source, changed) => [source.on('changed', changed)],
    (source) => source.revision,
  );
}
