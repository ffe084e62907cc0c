/**
 * H.264 into RTP: RFC 6184. Mode 1 aggregates small neighbours into STAP-A (5.7.1), above all SPS and PPS with what follows
 * them, and cuts large NAL units into FU-A (5.8); mode 0 sends every NAL unit alone, so the encoder must keep them small.
 */
import { PayloadError } from './errors.ts';
import type { Packetiser } from './format.ts';
import { fragmentsOf, requirePayloadSize } from './fragments.ts';
import { NAL, nalType, splitAnnexB } from './h264-nal.ts';

export class H264Packetiser implements Packetiser {
  readonly #maxPayloadBytes: number;
  readonly #packetizationMode: 0 | 1;

  /** @throws PayloadError where the payload size is out of range. */
  constructor(options: { readonly maxPayloadBytes: number; readonly packetizationMode: 0 | 1 }) {
    requirePayloadSize(options.maxPayloadBytes);
    this.#maxPayloadBytes = options.maxPayloadBytes;
    this.#packetizationMode = options.packetizationMode;
  }

  /** @param accessUnit in Annex B form. */
  packetise(accessUnit: Uint8Array): Uint8Array[] {
    const nals = splitAnnexB(accessUnit);
    if (nals.length === 0) throw new PayloadError('H264_NO_NAL', 'no Annex B start code in the access unit');
    return this.#packetizationMode === 0 ? this.#alone(nals) : this.#aggregated(nals);
  }

  #alone(nals: readonly Uint8Array[]): Uint8Array[] {
    for (const nal of nals) {
      if (nal.length > this.#maxPayloadBytes) {
        throw new PayloadError(
          'H264_NAL_TOO_LARGE',
          `NAL unit of ${nal.length} bytes, packetization-mode 0 allows ${this.#maxPayloadBytes}`,
        );
      }
    }
    return nals.map((nal) => nal.slice());
  }

  #aggregated(nals: readonly Uint8Array[]): Uint8Array[] {
    const payloads: Uint8Array[] = [];
    let group: Uint8Array[] = [];
    let groupBytes = 1;
    const flush = (): void => {
      const [only] = group;
      if (only !== undefined) payloads.push(group.length === 1 ? only.slice() : stapA(group, groupBytes));
      group = [];
      groupBytes = 1;
    };
    for (const nal of nals) {
      if (nal.length > this.#maxPayloadBytes) {
        flush();
        payloads.push(...fuA(nal, this.#maxPayloadBytes));
        continue;
      }
      if (groupBytes + 2 + nal.length > this.#maxPayloadBytes) flush();
      group.push(nal);
      groupBytes += 2 + nal.length;
    }
    flush();
    return payloads;
  }
}

function stapA(nals: readonly Uint8Array[], bytes: number): Uint8Array {
  const payload = new Uint8Array(bytes);
  let referenceIdc = 0;
  let offset = 1;
  for (const nal of nals) {
    // RFC 6184 section 5.7: NRI is the largest of those aggregated.
    referenceIdc = Math.max(referenceIdc, (nal[0] ?? 0) & 0x60);
    payload[offset] = nal.length >> 8;
    payload[offset + 1] = nal.length & 0xff;
    payload.set(nal, offset + 2);
    offset += 2 + nal.length;
  }
  payload[0] = referenceIdc | NAL.stapA;
  return payload;
}

function fuA(nal: Uint8Array, maxPayloadBytes: number): Uint8Array[] {
  const header = nal[0] ?? 0;
  const fragments = fragmentsOf(nal.subarray(1), maxPayloadBytes - 2);
  return fragments.map((fragment, i) => {
    const payload = new Uint8Array(2 + fragment.length);
    payload[0] = (header & 0xe0) | NAL.fuA;
    payload[1] = (i === 0 ? 0x80 : 0) | (i === fragments.length - 1 ? 0x40 : 0) | nalType(header);
    payload.set(fragment, 2);
    return payload;
  });
}
