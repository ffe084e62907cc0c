/**
 * Which implementation comes first, given what the operator wants of hardware; and which devices are left alone for a while.
 *
 * What will surprise you: one that has reached its limit of sessions is not avoided. The next call may end one, and a refusal costs a
 * moment.
 */
import { CodecDeviceLostError } from '../errors.ts';
import type { CodecInfo, HardwarePolicy } from '../types.ts';
import type { Implementation } from './implementations.ts';

export const REFUSED = 'hardware is refused by the configuration';

/** A driver that resets a GPU needs seconds; one that is gone costs one failed attempt a minute. */
export const LOST_DEVICE_MS = 60_000;

/** Hardware first, last, or as missing; otherwise the order stays. */
export function inOrderOf(
  policy: HardwarePolicy,
  implementations: readonly Implementation[],
): readonly Implementation[] {
  const hardware = implementations.filter(({ info }) => info.hardware);
  const software = implementations.filter(({ info }) => !info.hardware);
  switch (policy) {
    case 'prefer':
      return [...hardware, ...software];
    case 'allow':
      return [...software, ...hardware];
    case 'refuse':
      return [...software, ...hardware.map((one) => ({ ...one, info: { ...one.info, missing: REFUSED } }))];
  }
}

/** Devices that were lost, with an explicit clock. */
export class LostDevices {
  readonly #lostAtMs = new Map<string, number>();

  /** Takes note where the error says that the device is gone. */
  failed({ device }: CodecInfo, error: unknown, nowMs: number): void {
    if (device !== null && error instanceof CodecDeviceLostError) this.#lostAtMs.set(device, nowMs);
  }

  isAvoided({ device }: CodecInfo, nowMs: number): boolean {
    if (device === null) return false;
    const lostAtMs = this.#lostAtMs.get(device);
    return lostAtMs !== undefined && nowMs - lostAtMs < LOST_DEVICE_MS;
  }
}
