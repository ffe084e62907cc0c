// SRTP and SRTCP on node:crypto, from the RFCs, as the judge of what the worker's `include/srtp.h` sends and accepts:
// RFC 3711 (AES counter mode with HMAC-SHA1) and RFC 7714 (AES-GCM). For tests: it protects the first packets of a stream,
// with a rollover counter of 0, keeps no replay window, and knows no master key identifiers.
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';

export type SrtpSuite =
  'AEAD_AES_256_GCM' | 'AEAD_AES_128_GCM' | 'AES_CM_128_HMAC_SHA1_80' | 'AES_CM_128_HMAC_SHA1_32';

interface SuiteShape {
  readonly gcm: boolean;
  readonly keyBytes: 16 | 32;
  readonly saltBytes: 12 | 14;
  readonly rtpTagBytes: number;
  readonly rtcpTagBytes: number;
}

const SUITES: Readonly<Record<SrtpSuite, SuiteShape>> = {
  AEAD_AES_256_GCM: { gcm: true, keyBytes: 32, saltBytes: 12, rtpTagBytes: 16, rtcpTagBytes: 16 },
  AEAD_AES_128_GCM: { gcm: true, keyBytes: 16, saltBytes: 12, rtpTagBytes: 16, rtcpTagBytes: 16 },
  AES_CM_128_HMAC_SHA1_80: { gcm: false, keyBytes: 16, saltBytes: 14, rtpTagBytes: 10, rtcpTagBytes: 10 },
  // The short tag is for RTP only (RFC 5764, section 4.1.2).
  AES_CM_128_HMAC_SHA1_32: { gcm: false, keyBytes: 16, saltBytes: 14, rtpTagBytes: 4, rtcpTagBytes: 10 },
};

/** Length of a master key with its salt, in bytes. */
export function masterBytes(suite: SrtpSuite): number {
  return SUITES[suite].keyBytes + SUITES[suite].saltBytes;
}

/** A packet failed its authentication. */
export class SrtpAuthenticationError extends Error {
  readonly code = 'SRTP_AUTHENTICATION';
}

interface SessionKeys {
  readonly cipher: Buffer;
  readonly auth: Buffer;
  readonly salt: Buffer;
}

/** One direction of an SRTP session: protects what it sends, or opens what it receives. */
export class SrtpReference {
  readonly #shape: SuiteShape;
  readonly #rtp: SessionKeys;
  readonly #rtcp: SessionKeys;

  /** @param master master key followed by master salt, {@link masterBytes} long */
  constructor(suite: SrtpSuite, master: Buffer) {
    this.#shape = SUITES[suite];
    this.#rtp = deriveKeys(this.#shape, master, 0);
    this.#rtcp = deriveKeys(this.#shape, master, 3);
  }

  protectRtp(rtp: Buffer): Buffer {
    const header = rtp.subarray(0, rtpHeaderBytes(rtp));
    const body = rtp.subarray(header.length);
    const iv = this.#rtpIv(rtp);
    if (this.#shape.gcm) return Buffer.concat([header, gcmSeal(this.#rtp, iv, header, body)]);
    const packet = Buffer.concat([header, counterMode(this.#rtp, iv, body)]);
    return Buffer.concat([packet, this.#rtpTag(packet)]);
  }

  /** @throws {SrtpAuthenticationError} */
  openRtp(srtp: Buffer): Buffer {
    const header = srtp.subarray(0, rtpHeaderBytes(srtp));
    const iv = this.#rtpIv(srtp);
    if (this.#shape.gcm) {
      return Buffer.concat([header, gcmOpen(this.#rtp, iv, header, srtp.subarray(header.length))]);
    }
    const packet = srtp.subarray(0, srtp.length - this.#shape.rtpTagBytes);
    requireEqual(srtp.subarray(packet.length), this.#rtpTag(packet));
    return Buffer.concat([header, counterMode(this.#rtp, iv, packet.subarray(header.length))]);
  }

  /** @param index the SRTCP index, which rises by one with each packet */
  protectRtcp(rtcp: Buffer, index: number): Buffer {
    const header = rtcp.subarray(0, 8);
    const word = Buffer.alloc(4);
    word.writeUInt32BE((index | 0x80000000) >>> 0); // The E flag: encrypted.
    const iv = this.#rtcpIv(rtcp, index);
    if (this.#shape.gcm) {
      const aad = Buffer.concat([header, word]);
      return Buffer.concat([header, gcmSeal(this.#rtcp, iv, aad, rtcp.subarray(8)), word]);
    }
    const packet = Buffer.concat([header, counterMode(this.#rtcp, iv, rtcp.subarray(8)), word]);
    return Buffer.concat([packet, hmac(this.#rtcp, packet).subarray(0, this.#shape.rtcpTagBytes)]);
  }

  /** @throws {SrtpAuthenticationError} */
  openRtcp(srtcp: Buffer): Buffer {
    const header = srtcp.subarray(0, 8);
    const wordAt = srtcp.length - 4 - (this.#shape.gcm ? 0 : this.#shape.rtcpTagBytes);
    const word = srtcp.subarray(wordAt, wordAt + 4);
    const iv = this.#rtcpIv(srtcp, word.readUInt32BE() & 0x7fffffff);
    if (this.#shape.gcm) {
      const aad = Buffer.concat([header, word]);
      return Buffer.concat([header, gcmOpen(this.#rtcp, iv, aad, srtcp.subarray(8, wordAt))]);
    }
    const packet = srtcp.subarray(0, wordAt + 4);
    requireEqual(
      srtcp.subarray(packet.length),
      hmac(this.#rtcp, packet).subarray(0, this.#shape.rtcpTagBytes),
    );
    return Buffer.concat([header, counterMode(this.#rtcp, iv, srtcp.subarray(8, wordAt))]);
  }

  /** RFC 3711, section 4.1.1, and RFC 7714, section 8.1, with a rollover counter of 0. */
  #rtpIv(packet: Buffer): Buffer {
    const iv = Buffer.alloc(this.#shape.gcm ? 12 : 16);
    packet.copy(iv, this.#shape.gcm ? 2 : 4, 8, 12); // SSRC
    packet.copy(iv, this.#shape.gcm ? 10 : 12, 2, 4); // sequence number
    return xorInto(iv, this.#rtp.salt);
  }

  /** RFC 3711, section 4.1.1, and RFC 7714, section 9.1. */
  #rtcpIv(packet: Buffer, index: number): Buffer {
    const iv = Buffer.alloc(this.#shape.gcm ? 12 : 16);
    packet.copy(iv, this.#shape.gcm ? 2 : 4, 4, 8); // SSRC
    iv.writeUInt32BE(index, this.#shape.gcm ? 8 : 10);
    return xorInto(iv, this.#rtcp.salt);
  }

  #rtpTag(packet: Buffer): Buffer {
    const rolloverCounter = Buffer.alloc(4);
    return hmac(this.#rtp, Buffer.concat([packet, rolloverCounter])).subarray(0, this.#shape.rtpTagBytes);
  }
}

/** RFC 3711, section 4.3: session keys are AES counter mode's key stream under the master key. */
function deriveKeys(shape: SuiteShape, master: Buffer, firstLabel: number): SessionKeys {
  const masterKey = master.subarray(0, shape.keyBytes);
  const derive = (label: number, bytes: number): Buffer => {
    const x = Buffer.alloc(16);
    master.copy(x, 0, shape.keyBytes);
    x.writeUInt8(x.readUInt8(7) ^ label, 7);
    return createCipheriv(`aes-${shape.keyBytes * 8}-ctr`, masterKey, x).update(Buffer.alloc(bytes));
  };
  return {
    cipher: derive(firstLabel, shape.keyBytes),
    auth: derive(firstLabel + 1, 20),
    salt: derive(firstLabel + 2, shape.saltBytes),
  };
}

function counterMode(keys: SessionKeys, iv: Buffer, body: Buffer): Buffer {
  return createCipheriv('aes-128-ctr', keys.cipher, iv).update(body);
}

function gcmSeal(keys: SessionKeys, iv: Buffer, aad: Buffer, body: Buffer): Buffer {
  const cipher = createCipheriv(gcmName(keys), keys.cipher, iv).setAAD(aad);
  return Buffer.concat([cipher.update(body), cipher.final(), cipher.getAuthTag()]);
}

function gcmOpen(keys: SessionKeys, iv: Buffer, aad: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv(gcmName(keys), keys.cipher, iv).setAAD(aad);
  decipher.setAuthTag(sealed.subarray(sealed.length - 16));
  const body = decipher.update(sealed.subarray(0, sealed.length - 16));
  try {
    return Buffer.concat([body, decipher.final()]);
  } catch (cause) {
    throw new SrtpAuthenticationError('the GCM tag does not match', { cause });
  }
}

function gcmName(keys: SessionKeys): 'aes-128-gcm' | 'aes-256-gcm' {
  return keys.cipher.length === 32 ? 'aes-256-gcm' : 'aes-128-gcm';
}

function hmac(keys: SessionKeys, data: Buffer): Buffer {
  return createHmac('sha1', keys.auth).update(data).digest();
}

function requireEqual(tag: Buffer, expected: Buffer): void {
  if (!timingSafeEqual(tag, expected)) throw new SrtpAuthenticationError('the HMAC tag does not match');
}

function xorInto(iv: Buffer, salt: Buffer): Buffer {
  for (const [at, byte] of salt.entries()) iv.writeUInt8(iv.readUInt8(at) ^ byte, at);
  return iv;
}

/** Fixed header, contributing sources and header extension: what SRTP leaves in the clear. */
export function rtpHeaderBytes(packet: Buffer): number {
  const withSources = 12 + 4 * (packet.readUInt8(0) & 0x0f);
  const hasExtension = (packet.readUInt8(0) & 0x10) !== 0;
  return hasExtension ? withSources + 4 + 4 * packet.readUInt16BE(withSources + 2) : withSources;
}
