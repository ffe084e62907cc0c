/** The page's video senders, so that a test can do to them what a browser does by itself when its network is short. */
const senders = new Set<RTCRtpSender>();

/** Remembers every video sender that is made from now on. */
export function watchSenders(): void {
  // Calls the prototype's own method with the connection as `this`, which `call` gives it.
  // eslint-disable-next-line @typescript-eslint/unbound-method
  const addTransceiver = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function (this: RTCPeerConnection, ...args) {
    const transceiver = addTransceiver.apply(this, args);
    if (transceiver.sender.track?.kind === 'video') senders.add(transceiver.sender);
    return transceiver;
  };
}

/**
 * Stops or continues one layer of everything that is sent with several, counted from the smallest.
 * @returns how many senders have that layer
 */
export async function sendLayer(index: number, active: boolean): Promise<number> {
  let changed = 0;
  for (const sender of senders) {
    const parameters = sender.getParameters();
    const encoding = parameters.encodings[index];
    if (sender.track === null || encoding === undefined || parameters.encodings.length < 2) continue;
    encoding.active = active;
    await sender.setParameters(parameters);
    changed += 1;
  }
  return changed;
}

/** The bound of every video sender that sends one layer, bits per second; those without one are left out. */
export function maxBitrates(): readonly number[] {
  return [...senders].flatMap((sender) => {
    const { encodings } = sender.getParameters();
    const bound = encodings.length === 1 ? encodings[0]?.maxBitrate : undefined;
    return sender.track === null || bound === undefined ? [] : [bound];
  });
}

/** What the encoders of the page are told to make of what they may, from 0 to 1; the least of all video that is sent. */
export async function shareOfRate(): Promise<number> {
  const shares = await Promise.all(
    [...senders].flatMap((sender) => (sender.track === null ? [] : [shareOf(sender)])),
  );
  return Math.min(1, ...shares);
}

async function shareOf(sender: RTCRtpSender): Promise<number> {
  const maxBps = sender
    .getParameters()
    .encodings.reduce((sum, { active = true, maxBitrate = 0 }) => sum + (active ? maxBitrate : 0), 0);
  let targetBps = 0;
  for (const stats of (await sender.getStats()).values()) {
    if (isOutbound(stats)) targetBps += stats.targetBitrate ?? 0;
  }
  return maxBps === 0 ? 1 : targetBps / maxBps;
}

function isOutbound(stats: unknown): stats is { readonly targetBitrate?: number } {
  return typeof stats === 'object' && stats !== null && 'type' in stats && stats.type === 'outbound-rtp';
}
