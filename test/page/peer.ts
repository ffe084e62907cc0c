/**
 * The yardstick for joins, and for calls over emulated links: a plain peer-to-peer call, with nothing in it that could be left out. One page waits with its camera
 * on, the other one calls it when its button is pressed. Descriptions and candidates go through a WebSocket that only passes
 * them on.
 */
interface Message {
  readonly description?: RTCSessionDescriptionInit;
  readonly candidate?: RTCIceCandidateInit;
}

const { hash, host } = location;
const role = hash === '#caller' ? 'caller' : 'callee';
const socket = new WebSocket(`ws://${host}/${role}`);
const remote = document.querySelector('video#remote');
const button = document.querySelector('button#call');
let connection: RTCPeerConnection | null = null;

function send(message: Message): void {
  socket.send(JSON.stringify(message));
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && ('description' in value || 'candidate' in value);
}

function open(stream: MediaStream): RTCPeerConnection {
  connection?.close();
  const opened = new RTCPeerConnection();
  connection = opened;
  opened.onicecandidate = ({ candidate }): void => {
    if (candidate !== null) send({ candidate: candidate.toJSON() });
  };
  const received = new MediaStream();
  opened.ontrack = ({ track }): void => {
    received.addTrack(track);
    if (remote instanceof HTMLVideoElement && remote.srcObject !== received) remote.srcObject = received;
  };
  for (const track of stream.getTracks()) opened.addTrack(track, stream);
  return opened;
}

async function onMessage(stream: MediaStream, message: Message): Promise<void> {
  if (message.candidate !== undefined) await connection?.addIceCandidate(message.candidate);
  if (message.description === undefined) return;
  const target = role === 'callee' ? open(stream) : connection;
  if (target === null) return;
  await target.setRemoteDescription(message.description);
  if (role === 'caller') return;
  await target.setLocalDescription();
  if (target.localDescription !== null) {
    send({ description: target.localDescription.toJSON() });
  }
}

async function call(stream: MediaStream): Promise<void> {
  const opened = open(stream);
  await opened.setLocalDescription();
  if (opened.localDescription !== null) {
    send({ description: opened.localDescription.toJSON() });
  }
}

async function main(): Promise<void> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  // One message after the other: a candidate must not overtake its description.
  let handled = Promise.resolve();
  socket.onmessage = ({ data }): void => {
    const message: unknown = JSON.parse(String(data));
    if (isMessage(message)) handled = handled.then(() => onMessage(stream, message));
  };
  button?.addEventListener('click', () => void call(stream));
  if (socket.readyState !== WebSocket.OPEN) {
    await new Promise((resolve) => {
      socket.onopen = resolve;
    });
  }
  document.body.dataset['state'] = 'ready';
}

void main();
