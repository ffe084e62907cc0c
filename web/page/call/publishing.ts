/**
 * Own microphone and camera, from the devices into the call: published, muted, replaced, taken back.
 *
 * What will surprise you:
 * - `publishOwn` may be called before the join, and again at any time: it remembers for each call what was handed over, and does
 *   only what differs. What is handed over before the join goes out with the join itself.
 * - A camera that is off gives its device free, and one that is being changed has no track for a moment: the publication stays
 *   meanwhile, paused. A device that is gone ends it; it begins again with the next track.
 * - Unmuting waits for a track that is being replaced: otherwise the others would see the last picture of the old one.
 * - Failures come as the call's `error` event, where they are said; here they only lead to another attempt with the next change.
 */
import type { Call, PublishOptions } from '../../sdk/index.ts';
import type { Switches } from '../address.ts';
import type { DeviceKind, Devices } from '../devices/devices.ts';

export type PublishingCall = Pick<Call, 'publish' | 'unpublish' | 'setPaused' | 'replaceTrack'>;
export type PublishedDevices = Pick<Devices, 'microphone' | 'camera' | 'isOn' | 'problem'>;
export type PublishSwitches = Pick<Switches, 'simulcast' | 'degradation'>;

interface Handed {
  track: MediaStreamTrack;
  /** A track is on its way into the place of the one before. */
  replacing: boolean;
}

const KINDS: readonly DeviceKind[] = ['microphone', 'camera'];
/** What each call was given of each device. */
const handedOver = new WeakMap<PublishingCall, Map<DeviceKind, Handed>>();

/** Brings what the call sends in line with the devices. Never throws. */
export function publishOwn(call: PublishingCall, devices: PublishedDevices, switches: PublishSwitches): void {
  for (const kind of KINDS) publishKind(call, devices, switches, kind);
}

function publishKind(
  call: PublishingCall,
  devices: PublishedDevices,
  switches: PublishSwitches,
  kind: DeviceKind,
): void {
  const handed = handedBy(call);
  const before = handed.get(kind);
  const track = usable(devices[kind]);
  const on = devices.isOn(kind);
  if (track === null) {
    if (before === undefined) return;
    if (devices.problem(kind) === null) call.setPaused(kind, true);
    else {
      handed.delete(kind);
      call.unpublish(kind);
    }
    return;
  }
  if (before === undefined) {
    const now: Handed = { track, replacing: false };
    handed.set(kind, now);
    call.publish(kind, track, optionsFor(kind, !on, switches)).catch(() => {
      // Refused: the next change tries again.
      if (handed.get(kind) === now) handed.delete(kind);
    });
    return;
  }
  if (!on) call.setPaused(kind, true);
  if (before.track !== track) {
    before.track = track;
    before.replacing = true;
    call.replaceTrack(kind, track).then(
      () => {
        if (before.track !== track || handed.get(kind) !== before) return;
        before.replacing = false;
        publishKind(call, devices, switches, kind);
      },
      () => {
        if (before.track !== track || handed.get(kind) !== before) return;
        // It cannot take the place of the one before, so it gets a place of its own.
        handed.delete(kind);
        publishKind(call, devices, switches, kind);
      },
    );
    return;
  }
  if (on && !before.replacing) call.setPaused(kind, false);
}

function handedBy(call: PublishingCall): Map<DeviceKind, Handed> {
  let handed = handedOver.get(call);
  if (handed === undefined) {
    handed = new Map();
    handedOver.set(call, handed);
  }
  return handed;
}

function usable(track: MediaStreamTrack | null): MediaStreamTrack | null {
  return track?.readyState === 'live' ? track : null;
}

function optionsFor(
  kind: DeviceKind,
  paused: boolean,
  { simulcast, degradation }: PublishSwitches,
): PublishOptions {
  if (kind === 'microphone') return { paused };
  return {
    paused,
    simulcast: simulcast ?? true,
    ...(degradation === undefined ? {} : { degradationPreference: degradation }),
  };
}
