/** Two notes, for hearing whether the speaker works. Made here, since a file would be loaded for nothing by most. */
const SAMPLE_RATE = 24_000;
const NOTES_HZ = [523.25, 783.99];
const NOTE_S = 0.45;

export interface ChimePlayback {
  /** Whether it was played to its end; false: it could not be played, or was closed. */
  readonly ended: Promise<boolean>;
  close(): void;
}

/** @param speakerId output device; null: the system's */
export function playChime(speakerId: string | null): ChimePlayback {
  const url = URL.createObjectURL(new Blob([chimeWav()], { type: 'audio/wav' }));
  const audio = new Audio(url);
  const { promise: ended, resolve } = Promise.withResolvers<boolean>();
  const end = (heard: boolean): void => {
    audio.pause();
    URL.revokeObjectURL(url);
    resolve(heard);
  };
  audio.addEventListener('ended', () => end(true), { once: true });
  audio.addEventListener('error', () => end(false), { once: true });
  const begin = async (): Promise<void> => {
    if (speakerId !== null && 'setSinkId' in audio) await audio.setSinkId(speakerId);
    await audio.play();
  };
  begin().catch(() => end(false));
  return { ended, close: () => end(false) };
}

/** RIFF WAVE with 16-bit samples, one channel. */
export function chimeWav(): ArrayBuffer {
  const samplesPerNote = Math.round(NOTE_S * SAMPLE_RATE);
  const count = samplesPerNote * NOTES_HZ.length;
  const view = new DataView(new ArrayBuffer(44 + 2 * count));
  const text = (at: number, letters: string): void => {
    for (let i = 0; i < letters.length; i += 1) view.setUint8(at + i, letters.charCodeAt(i));
  };
  text(0, 'RIFF');
  view.setUint32(4, 36 + 2 * count, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, SAMPLE_RATE, true);
  view.setUint32(28, 2 * SAMPLE_RATE, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, 2 * count, true);
  for (const [note, hz] of NOTES_HZ.entries()) {
    for (let i = 0; i < samplesPerNote; i += 1) {
      const atS = i / SAMPLE_RATE;
      // In within 10 ms, then fading, so that nothing cracks.
      const loudness =
        0.25 * Math.min(1, atS / 0.01) * Math.exp(-6 * atS) * Math.min(1, (NOTE_S - atS) / 0.05);
      const sample = Math.sin(2 * Math.PI * hz * atS) * loudness;
      view.setInt16(44 + 2 * (note * samplesPerNote + i), Math.round(sample * 32_767), true);
    }
  }
  return view.buffer;
}
