/**
 * A call of a page with itself: two peer connections, camera and microphone of one shown in `#remote` by the other.
 * What the self-test of the signals runs on, and what a plain peer-to-peer call is measured on.
 */
import type { LoopbackApi } from './loopback-api.ts';

let connections: readonly RTCPeerConnection[] = [];
let stream: MediaStream | undefined;

function onlyCodec(transceiver: RTCRtpTransceiver, mimeType: string): void {
  const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  const wanted = codecs.filter((codec) => codec.mimeType.toLowerCase() === mimeType.toLowerCase());
  transceiver.setCodecPreferences(wanted);
}

const api: LoopbackApi = {
  async start(mimeType: string): Promise<string> {
    const [sender, receiver] = [new RTCPeerConnection(), new RTCPeerConnection()];
    connections = [sender, receiver];
    sender.onicecandidate = ({ candidate }): void => void receiver.addIceCandidate(candidate ?? undefined);
    receiver.onicecandidate = ({ candidate }): void => void sender.addIceCandidate(candidate ?? undefined);
    const remote = document.querySelector('video#remote');
    if (!(remote instanceof HTMLVideoElement)) throw new TypeError('the page has no video#remote');
    const received = new MediaStream();
    remote.srcObject = received;
    receiver.ontrack = ({ track }): void => received.addTrack(track);
    stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    for (const track of stream.getTracks()) {
      const transceiver = sender.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
      if (track.kind === 'video') {
        onlyCodec(transceiver, mimeType);
        const parameters = transceiver.sender.getParameters();
        parameters.degradationPreference = 'maintain-resolution';
        await transceiver.sender.setParameters(parameters);
      }
    }
    await sender.setLocalDescription();
    if (sender.localDescription !== null) await receiver.setRemoteDescription(sender.localDescription);
    await receiver.setLocalDescription();
    if (receiver.localDescription !== null) await sender.setRemoteDescription(receiver.localDescription);
    await remote.play();
    const video = sender.getSenders().find((each) => each.track?.kind === 'video');
    return video?.getParameters().codecs[0]?.mimeType ?? 'none';
  },
  mute(): void {
    for (const track of stream?.getAudioTracks() ?? []) track.enabled = false;
  },
  stop(): void {
    for (const connection of connections) connection.close();
    for (const track of stream?.getTracks() ?? []) track.stop();
    connections = [];
  },
};

globalThis.__loopback = api;
