/**
 * Requests to mediasoup that may cross the end of what they are about: the worker refuses, because its half is closed, a moment
 * before ours is told.
 */
import { ProtocolError } from '../../signaling/errors.ts';

/**
 * @param isGone whether our half knows by now
 * @throws ProtocolError MediaUnavailable instead of mediasoup's own error
 */
export async function unlessGone<T>(isGone: () => boolean, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (cause) {
    throw new ProtocolError(
      'MediaUnavailable',
      isGone() ? 'it has just ended' : 'the media process refused',
      { cause },
    );
  }
}
