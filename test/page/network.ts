/**
 * Leads the media of a page through its participant's network (test/harness/network/network.ts): in every ICE candidate that
 * the browser is given, the server's address becomes the relay's.
 *
 * What will surprise you: TURN and STUN servers are left out, since they would lead past the relay.
 */
declare global {
  // Globals of a page can only be declared with var.
  /** Set before any page script runs; undefined: the page's network is the machine's. */
  var __testNetwork: { readonly from: string; readonly to: string } | undefined;
}

/** To be called before any connection is made. */
export function useTestNetwork({ from, to }: { readonly from: string; readonly to: string }): void {
  // Foundation, component, protocol, priority, address, port: RFC 8839, section 5.1.
  const address = new RegExp(`(candidate:\\S+ \\d+ \\S+ \\d+ )${from.replaceAll('.', '\\.')} `, 'g');
  const rewritten = (text: string): string => text.replaceAll(address, `$1${to} `);

  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration: RTCConfiguration = {}) {
      super({ ...configuration, iceServers: [] });
    }

    override setConfiguration(configuration: RTCConfiguration = {}): void {
      super.setConfiguration({ ...configuration, iceServers: [] });
    }

    override setRemoteDescription({ type, sdp }: RTCSessionDescriptionInit): Promise<void> {
      return super.setRemoteDescription(sdp === undefined ? { type } : { type, sdp: rewritten(sdp) });
    }

    override addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void> {
      const text = candidate?.candidate;
      if (text === undefined) return super.addIceCandidate(candidate);
      return super.addIceCandidate({ ...membersOf(candidate), candidate: rewritten(text) });
    }
  };
}

/** A candidate may be an object of the browser, whose members a spread does not see. */
function membersOf(candidate: RTCIceCandidateInit | null | undefined): RTCIceCandidateInit {
  if (candidate === null || candidate === undefined) return {};
  const { sdpMid, sdpMLineIndex, usernameFragment } = candidate;
  return {
    ...(sdpMid === undefined ? {} : { sdpMid }),
    ...(sdpMLineIndex === undefined ? {} : { sdpMLineIndex }),
    ...(usernameFragment === undefined ? {} : { usernameFragment }),
  };
}
