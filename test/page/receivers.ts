/** How much of the sound that a page played was made up, over all its connections. */
import type { AudioSamples } from './api.ts';

const connections = new Set<RTCPeerConnection>();

/** Remembers every connection that is made from now on. */
export function watchReceivers(): void {
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.add(this);
    }
  };
}

export async function audioSamples(): Promise<AudioSamples> {
  const sum = { totalSamplesReceived: 0, concealedSamples: 0, silentConcealedSamples: 0 };
  for (const connection of connections) {
    const report = await connection.getStats();
    report.forEach((entry: unknown) => {
      if (!isAudioReceived(entry)) return;
      sum.totalSamplesReceived += entry.totalSamplesReceived ?? 0;
      sum.concealedSamples += entry.concealedSamples ?? 0;
      sum.silentConcealedSamples += entry.silentConcealedSamples ?? 0;
    });
  }
  return sum;
}

function isAudioReceived(entry: unknown): entry is RTCInboundRtpStreamStats {
  return (
    typeof entry === 'object' &&
    entry !== null &&
    'type' in entry &&
    entry.type === 'inbound-rtp' &&
    'kind' in entry &&
    entry.kind === 'audio'
  );
}
