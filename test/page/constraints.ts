/**
 * What a page asks of a device (W3C mediacapture-streams, section 11), as far as pages need it: which device, which way it
 * faces, and no more pixels or pictures a second than wanted. Pure.
 *
 * What will surprise you: of a picture only its size is chosen, never its shape: one that is asked to be smaller is scaled as a
 * whole, as a camera does that offers each of its modes in smaller sizes.
 */
import type { TestCamera, TestDevice, TestPicture } from './api.ts';

type Wish = boolean | MediaTrackConstraints | undefined;

/** The smallest picture that still carries a barcode. */
const MIN_WIDTH = 64;
const MIN_HEIGHT = 36;

export function wants(wish: Wish): boolean {
  return wish !== undefined && wish !== false;
}

/**
 * The device that a page gets: the one that it insists on, else the one that it would like, else the first.
 * @param present devices of one kind, at least one
 * @throws OverconstrainedError where no device is what the page insists on
 */
export function chooseDevice<Device extends TestDevice>(present: readonly Device[], wish: Wish): Device {
  const { deviceId, facingMode } = asked(wish);
  const ids = namesOf(deviceId);
  const facings = namesOf(facingMode);
  const facing = (device: TestDevice): string =>
    device.kind === 'videoinput' ? (device.facingMode ?? '') : '';
  let left = present;
  const insist = (constraint: string, exact: readonly string[], nameOf: (device: Device) => string): void => {
    if (exact.length > 0) left = left.filter((device) => exact.includes(nameOf(device)));
    if (left.length === 0) throw new OverconstrainedError(constraint, `no device has this ${constraint}`);
  };
  insist('deviceId', ids.exact, (device) => device.deviceId);
  insist('facingMode', facings.exact, facing);
  const device =
    left.find(({ deviceId: id }) => ids.ideal.includes(id)) ??
    left.find((one) => facings.ideal.includes(facing(one))) ??
    left[0];
  if (device === undefined) throw new OverconstrainedError('deviceId', 'no device is left');
  return device;
}

/**
 * The picture that a camera gives for what is asked.
 * @throws OverconstrainedError where the page insists on more than the camera has
 */
export function fitPicture({ picture }: Pick<TestCamera, 'picture'>, wish: Wish): TestPicture {
  const { width, height, frameRate } = asked(wish);
  const rate = Math.min(picture.frameRate, numberOf('frameRate', frameRate, picture.frameRate));
  const scale = Math.min(
    1,
    numberOf('width', width, picture.width) / picture.width,
    numberOf('height', height, picture.height) / picture.height,
  );
  if (scale === 1 || picture.clipUrl !== undefined) return { ...picture, frameRate: rate };
  return {
    ...picture,
    width: Math.max(MIN_WIDTH, even(picture.width * scale)),
    height: Math.max(MIN_HEIGHT, even(picture.height * scale)),
    frameRate: rate,
  };
}

function asked(wish: Wish): MediaTrackConstraints {
  return typeof wish === 'object' ? wish : {};
}

function namesOf(constraint: ConstrainDOMString | undefined): {
  readonly exact: readonly string[];
  readonly ideal: readonly string[];
} {
  const list = (value: string | string[] | undefined): readonly string[] =>
    value === undefined ? [] : typeof value === 'string' ? [value] : value;
  if (constraint === undefined || typeof constraint === 'string' || Array.isArray(constraint)) {
    return { exact: [], ideal: list(constraint) };
  }
  return { exact: list(constraint.exact), ideal: list(constraint.ideal) };
}

/** @returns what the page would like at the most; `most`, where it does not say */
function numberOf(name: string, constraint: ConstrainDouble | undefined, most: number): number {
  if (constraint === undefined) return most;
  if (typeof constraint === 'number') return constraint;
  const { exact, ideal, min, max } = constraint;
  if ((exact ?? min ?? 0) > most) throw new OverconstrainedError(name, `no more than ${most}`);
  return exact ?? Math.min(ideal ?? max ?? most, max ?? Infinity);
}

function even(pixels: number): number {
  return 2 * Math.round(pixels / 2);
}
