/**
 * A device whose decoder of one codec makes no picture: whole frames arrive, and are spoilt right before they are decoded.
 *
 * What will surprise you: the frames pass a worker (RTCRtpScriptTransform, W3C webrtc-encoded-transform), which is made of text, so the page must
 * be opened without its content security policy.
 */
declare global {
  // Globals of a page can only be declared with var.
  /** Set before any page script runs: a MIME type, such as `video/VP8`; undefined: every decoder works. */
  var __testBlindTo: string | undefined;
}

/** Not in TypeScript's library yet. */
declare const RTCRtpScriptTransform: new (worker: Worker, options: unknown) => object;

const WORKER = `onrtctransform = ({ transformer: { readable, writable, options } }) => {
  const spoil = new TransformStream({
    transform(frame, controller) {
      const { mimeType = '' } = frame.getMetadata();
      if (mimeType.toLowerCase() === options.mimeType.toLowerCase()) {
        frame.data = new Uint8Array(frame.data.byteLength).fill(0xff).buffer;
      }
      controller.enqueue(frame);
    },
  });
  readable.pipeThrough(spoil).pipeTo(writable).catch(() => undefined);
};`;

/** To be called before any connection is made. */
export function beBlindTo(mimeType: string): void {
  let worker: Worker | undefined;
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      this.addEventListener('track', ({ receiver, track }) => {
        if (track.kind === 'video') {
          // Not before there is a page: this also runs in the empty one before it.
          worker ??= new Worker(URL.createObjectURL(new Blob([WORKER], { type: 'text/javascript' })));
          Object.assign(receiver, { transform: new RTCRtpScriptTransform(worker, { mimeType }) });
        }
      });
    }
  };
}
