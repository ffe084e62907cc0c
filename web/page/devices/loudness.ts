/**
 * How loud a microphone is, 0 to 1, fifteen times a second.
 *
 * What will surprise you: a browser may keep an audio context asleep until the first press of a key or a finger; the level stays 0
 * until then.
 */
const PERIOD_MS = 66;
const QUIET_DB = -62;
const LOUD_DB = -12;
const GESTURES = ['pointerdown', 'keydown'] as const;

/** Where a loudness stands between silence (0) and a loud voice (1). @param rms root mean square of samples of ±1 */
export function levelOf(rms: number): number {
  if (rms <= 0) return 0;
  const db = 20 * Math.log10(rms);
  return Math.min(1, Math.max(0, (db - QUIET_DB) / (LOUD_DB - QUIET_DB)));
}

/** @returns what ends it */
export function measureLoudness(track: MediaStreamTrack, onLevel: (level: number) => void): () => void {
  const context = new AudioContext({ latencyHint: 'playback' });
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = window.setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    let sum = 0;
    for (const sample of samples) sum += sample * sample;
    onLevel(levelOf(Math.sqrt(sum / samples.length)));
  }, PERIOD_MS);
  const wake = (): void => {
    if (context.state === 'suspended') void context.resume().catch(() => undefined);
  };
  for (const gesture of GESTURES) window.addEventListener(gesture, wake, { passive: true });
  return () => {
    window.clearInterval(timer);
    for (const gesture of GESTURES) window.removeEventListener(gesture, wake);
    source.disconnect();
    void context.close().catch(() => undefined);
  };
}
