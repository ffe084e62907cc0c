/** The two WebRTC transports of a participant: what a client is told of them, what they tell, and their end. */
import type { types } from 'mediasoup';
import type { TransportOffer } from '../../signaling/messages/media.ts';
import { transportOffer } from './callMedia.ts';

export interface Transports {
  readonly send: types.WebRtcTransport;
  readonly receive: types.WebRtcTransport;
}

export function offersOf({ send, receive }: Transports): {
  readonly send_transport: TransportOffer;
  readonly receive_transport: TransportOffer;
} {
  return { send_transport: transportOffer(send), receive_transport: transportOffer(receive) };
}

export function closeTransports({ send, receive }: Transports): void {
  send.close();
  receive.close();
}

/** The estimate inside mediasoup's untyped trace of bandwidth estimation, bits per second. */
export function availableBitrate(info: unknown): number | null {
  if (typeof info !== 'object' || info === null || !('availableBitrate' in info)) return null;
  return typeof info.availableBitrate === 'number' ? info.availableBitrate : null;
}
