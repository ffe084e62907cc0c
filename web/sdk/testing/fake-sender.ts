/** A sender without media, for tests: it keeps its parameters, and says what it was asked. */
type Parameters = RTCRtpSendParameters;

export class FakeSender implements RTCRtpSender {
  readonly dtmf = null;
  readonly transport = null;
  transform = null;
  track: MediaStreamTrack | null;
  /** `active` of each encoding, for every call of `setParameters`. */
  readonly asked: boolean[][] = [];
  /** What `setParameters` waits for, and rejects with. */
  gate: Promise<void> = Promise.resolve();
  #parameters: Parameters;

  constructor(track: MediaStreamTrack | null, layers: number) {
    this.track = track;
    this.#parameters = {
      transactionId: '0',
      codecs: [],
      headerExtensions: [],
      rtcp: {},
      encodings: Array.from({ length: layers }, () => ({ active: true })),
    };
  }

  get active(): boolean[] {
    return this.#parameters.encodings.map(({ active }) => active ?? true);
  }

  /** What its only layer is published with. */
  limit(maxBitrate: number): void {
    for (const encoding of this.#parameters.encodings) encoding.maxBitrate = maxBitrate;
  }

  get degradationPreference(): string | undefined {
    return this.#parameters.degradationPreference;
  }

  getParameters(): Parameters {
    return structuredClone(this.#parameters);
  }

  async setParameters(parameters: Parameters): Promise<void> {
    this.asked.push(parameters.encodings.map(({ active }) => active ?? true));
    await this.gate;
    this.#parameters = structuredClone(parameters);
  }

  /** Switches every layer above this one off, and the others on. */
  async setMaxLayer(layer: number): Promise<void> {
    const parameters = this.getParameters();
    parameters.encodings.forEach((encoding, at) => {
      encoding.active = at <= layer;
    });
    await this.setParameters(parameters);
  }

  replaceTrack(track: MediaStreamTrack | null): Promise<void> {
    this.track = track;
    return Promise.resolve();
  }

  getStats(): Promise<RTCStatsReport> {
    return Promise.resolve(new Map());
  }

  setStreams(): void {
    // Streams are of no interest here.
  }
}
