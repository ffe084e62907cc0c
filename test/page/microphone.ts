/** Test microphones: audio tracks on which a sine sounds. One AudioContext a page, because a page may have only a few. */

/** Loudness of the tone: -15 dBFS root mean square. */
const AMPLITUDE = 0.25;

export class TestMicrophones {
  #context: AudioContext | undefined;

  /** A new track with the tone. Its oscillator ends with the track that is returned, not with clones of it. */
  async open(toneHz: number): Promise<MediaStreamTrack> {
    this.#context ??= new AudioContext({ sampleRate: 48_000 });
    const context = this.#context;
    await context.resume();
    const gain = new GainNode(context, { gain: AMPLITUDE });
    const oscillator = new OscillatorNode(context, { frequency: toneHz });
    const destination = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    oscillator.connect(gain).connect(destination);
    oscillator.start();
    const track = destination.stream.getAudioTracks()[0];
    if (track === undefined) throw new DOMException('the audio context gave no track', 'NotReadableError');
    // `ended` does not fire for a track that its own page stops.
    const stop = track.stop.bind(track);
    track.stop = (): void => {
      stop();
      oscillator.disconnect();
      gain.disconnect();
    };
    return track;
  }
}
