/** The one place where the shim's numbers (`enum shim_status` in native/codec-shim/shim.h) become errors. */
import type { CodecError } from '../errors.ts';
import {
  CodecBitstreamError,
  CodecClosedError,
  CodecDeviceLostError,
  CodecLibraryError,
  CodecParameterError,
  CodecQueueFullError,
  CodecSessionLimitError,
  StaleHandleError,
} from '../errors.ts';

/**
 * The error for a negative status.
 * @param status what the shim answered
 * @param action what was tried, as the message's beginning
 * @param detail the codec library's own number
 */
export function errorFromStatus(status: number, action: string, detail?: number): CodecError {
  switch (status) {
    case -1:
      return new CodecParameterError(`${action}: the native library refused a parameter`, detail);
    case -2:
      return new StaleHandleError(`${action}: the object was closed already`, detail);
    case -3:
      return new CodecQueueFullError(`${action}: too many jobs are queued`, detail);
    case -4:
      return new CodecClosedError(`${action}: closed`, detail);
    case -5:
      return new CodecLibraryError(`${action}: out of memory`, detail);
    case -6:
      return new CodecBitstreamError(`${action}: the bitstream cannot be decoded`, detail);
    case -7:
      return new CodecLibraryError(`${action}: the codec library failed`, detail);
    case -8:
      return new CodecClosedError(`${action}: closed while the job was queued`, detail);
    case -9:
      return new CodecLibraryError(`${action}: a system call failed`, detail);
    case -10:
      return new CodecDeviceLostError(`${action}: the device does not answer any more`, detail);
    case -11:
      return new CodecSessionLimitError(`${action}: the device takes no more sessions`, detail);
    default:
      return new CodecLibraryError(`${action}: unknown status ${status}`, detail);
  }
}
