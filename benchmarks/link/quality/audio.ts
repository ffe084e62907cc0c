/** How much of the audio that was played was made up. */

/** Of W3C's `RTCInboundRtpStreamStats`, in samples since the beginning. */
export interface AudioCounters {
  /** All that were played, concealed ones included. */
  readonly totalSamplesReceived: number;
  readonly concealedSamples: number;
  /** Those of them that are silence: nothing was sent, or nothing has come for long. */
  readonly silentConcealedSamples: number;
}

export interface Concealment {
  readonly share: number;
  /** Without silence. */
  readonly audibleShare: number;
}

/** @throws RangeError where a counter goes back, or nothing was played between the two */
export function concealment(before: AudioCounters, after: AudioCounters): Concealment {
  const rise = (name: keyof AudioCounters): number => {
    const difference = after[name] - before[name];
    if (!(difference >= 0)) throw new RangeError(`${name} went from ${before[name]} to ${after[name]}`);
    return difference;
  };
  const total = rise('totalSamplesReceived');
  if (total === 0) throw new RangeError('no audio was played');
  const [concealed, silent] = [rise('concealedSamples'), rise('silentConcealedSamples')];
  return { share: concealed / total, audibleShare: (concealed - silent) / total };
}
