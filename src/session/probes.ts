/**
 * Transports of the connection test, as a session sees them: they carry no media, and show whether it would get through.
 *
 * Cascade: a session asks for its own `Probes`, opens one at a time, and closes them with its JOIN or its connection.
 */
import type { DtlsParameters, TransportOffer } from '../../signaling/messages/media.ts';

export interface Probes {
  /**
   * A transport with candidates of this protocol only; one that was open before ends.
   * @throws ProtocolError MediaUnavailable, RateLimited
   */
  open(protocol: 'udp' | 'tcp'): Promise<TransportOffer>;
  /** @throws ProtocolError NotFound, InvalidMessage */
  connect(transportId: string, dtlsParameters: DtlsParameters): Promise<void>;
  /** Ends whatever is open; idempotent. */
  close(): void;
}
