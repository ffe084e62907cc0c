/**
 * From a WebRTC statistics report (W3C webrtc-stats) to typed entries, of the few kinds that are used.
 *
 * What will surprise you: a call of 25 streams reports several hundred entries, most of which nobody here needs; they are left
 * out by their type before anything of them is read. A member of another type than it should be counts as absent.
 */

const TYPES = [
  'inbound-rtp',
  'outbound-rtp',
  'remote-inbound-rtp',
  'candidate-pair',
  'local-candidate',
  'transport',
] as const;
const NUMBERS = [
  'ssrc',
  'bytesReceived',
  'bytesSent',
  'packetsReceived',
  'packetsSent',
  'packetsLost',
  'fractionLost',
  'jitter',
  'jitterBufferDelay',
  'jitterBufferEmittedCount',
  'framesDecoded',
  'framesReceived',
  'framesPerSecond',
  'frameWidth',
  'frameHeight',
  'freezeCount',
  'totalFreezesDuration',
  'roundTripTime',
  'currentRoundTripTime',
  'availableOutgoingBitrate',
] as const;
const TEXTS = [
  'mid',
  'rid',
  'state',
  'localId',
  'localCandidateId',
  'selectedCandidatePairId',
  'candidateType',
  'protocol',
  'relayProtocol',
  'qualityLimitationReason',
] as const;
const FLAGS = ['nominated', 'active'] as const;

export type StatsEntry = { readonly type: (typeof TYPES)[number]; readonly id: string } & {
  readonly [Name in (typeof NUMBERS)[number]]?: number;
} & { readonly [Name in (typeof TEXTS)[number]]?: string } & {
  readonly [Name in (typeof FLAGS)[number]]?: boolean;
};

/** Reads every entry of a known type; a platform's odd entries are left out. */
export function readReport(report: { forEach(visit: (entry: unknown) => void): void }): StatsEntry[] {
  const entries: StatsEntry[] = [];
  report.forEach((raw) => {
    const entry = readEntry(raw);
    if (entry !== null) entries.push(entry);
  });
  return entries;
}

function readEntry(raw: unknown): StatsEntry | null {
  if (typeof raw !== 'object' || raw === null) return null;
  const members: Readonly<Record<string, unknown>> = { ...raw };
  const type = TYPES.find((known) => known === members['type']);
  const id = members['id'];
  if (type === undefined || typeof id !== 'string') return null;
  const numbers: { [Name in (typeof NUMBERS)[number]]?: number } = {};
  for (const name of NUMBERS) {
    const value = members[name];
    if (typeof value === 'number') numbers[name] = value;
  }
  const texts: { [Name in (typeof TEXTS)[number]]?: string } = {};
  for (const name of TEXTS) {
    const value = members[name];
    if (typeof value === 'string') texts[name] = value;
  }
  const flags: { [Name in (typeof FLAGS)[number]]?: boolean } = {};
  for (const name of FLAGS) {
    const value = members[name];
    if (typeof value === 'boolean') flags[name] = value;
  }
  return { type, id, ...numbers, ...texts, ...flags };
}
