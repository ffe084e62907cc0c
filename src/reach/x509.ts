/**
 * Makes X.509 v3 certificates (RFC 5280) with ECDSA on P-256 (RFC 5480, RFC 5758): one for a local CA, one for a server.
 * Reading and checking certificates is OpenSSL's work, through node:crypto.
 */
import { type KeyObject, createHash, createPublicKey, sign } from 'node:crypto';
import { isIP } from 'node:net';
import {
  bitString,
  boolean,
  type Bytes,
  children,
  element,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from './der.ts';
import { addressBytes, encodeNameConstraints, type Permitted } from './nameConstraints.ts';

export interface CertificateContent {
  readonly serialNumber: Uint8Array;
  /** Common names. */
  readonly issuer: string;
  readonly subject: string;
  /** Milliseconds since 1970; whole seconds of it count. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly publicKey: KeyObject;
  readonly signingKey: KeyObject;
  readonly use:
    | { readonly kind: 'ca'; readonly permitted: Permitted }
    /** Host names and addresses. */
    | { readonly kind: 'server'; readonly hosts: readonly string[] };
}

const ORGANISATION = 'CommuCat';
const OID = {
  commonName: '2.5.4.3',
  organisation: '2.5.4.10',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const;
/** Bits of KeyUsage (section 4.2.1.3), the first in the highest. */
const DIGITAL_SIGNATURE = bitString(Uint8Array.of(0x80), 7);
const KEY_CERT_SIGN_AND_CRL_SIGN = bitString(Uint8Array.of(0x06), 1);

/** @returns the certificate in PEM */
export function makeCertificate(content: CertificateContent): string {
  const algorithm = sequence(objectIdentifier(OID.ecdsaWithSha256));
  const spki = content.publicKey.export({ type: 'spki', format: 'der' });
  const toBeSigned = sequence(
    // Version 3.
    element(0xa0, integer(Uint8Array.of(2))),
    integer(positive(content.serialNumber)),
    algorithm,
    name(content.issuer),
    sequence(time(content.notBeforeMs), time(content.notAfterMs)),
    name(content.subject),
    spki,
    element(0xa3, sequence(...extensionsOf(content))),
  );
  // For EC keys, OpenSSL gives the signature in the DER form that X.509 wants.
  const signature = sign('sha256', toBeSigned, content.signingKey);
  return pem(sequence(toBeSigned, algorithm, bitString(signature)));
}

/** The value of an extension in a certificate's DER; null where it has none. */
export function nameConstraintsOf(certificate: Uint8Array): Uint8Array | null {
  const [toBeSigned] = children(certificate).flatMap(({ body }) => children(body));
  const wanted = Buffer.from(objectIdentifier(OID.nameConstraints));
  const extension = children(toBeSigned?.body ?? new Uint8Array())
    .filter(({ tag }) => tag === 0xa3)
    .flatMap(({ body }) => children(body))
    .flatMap(({ body }) => children(body))
    .find(({ body }) => wanted.equals(body.subarray(0, wanted.length)));
  return extension === undefined ? null : (children(extension.body).at(-1)?.body ?? null);
}

function extensionsOf({ use, publicKey, signingKey }: CertificateContent): readonly Bytes[] {
  const ownId = extension(OID.subjectKeyIdentifier, false, octetString(keyIdentifier(publicKey)));
  const issuerId = extension(
    OID.authorityKeyIdentifier,
    false,
    sequence(element(0x80, keyIdentifier(createPublicKey(signingKey)))),
  );
  if (use.kind === 'ca') {
    return [
      // Signs servers, and no further authorities.
      extension(OID.basicConstraints, true, sequence(boolean(), integer(Uint8Array.of(0)))),
      extension(OID.keyUsage, true, KEY_CERT_SIGN_AND_CRL_SIGN),
      extension(OID.nameConstraints, true, encodeNameConstraints(use.permitted)),
      ownId,
    ];
  }
  return [
    extension(OID.basicConstraints, true, sequence()),
    extension(OID.keyUsage, true, DIGITAL_SIGNATURE),
    extension(OID.extendedKeyUsage, false, sequence(objectIdentifier(OID.serverAuth))),
    extension(OID.subjectAltName, false, sequence(...use.hosts.map(generalName))),
    issuerId,
    ownId,
  ];
}

function extension(oid: string, isCritical: boolean, value: Uint8Array): Bytes {
  return sequence(objectIdentifier(oid), ...(isCritical ? [boolean()] : []), octetString(value));
}

/** Section 4.2.1.6: dNSName is [2], iPAddress [7]. */
function generalName(host: string): Bytes {
  return isIP(host) === 0
    ? element(0x82, new TextEncoder().encode(host))
    : element(0x87, Uint8Array.from(addressBytes(host)));
}

function name(commonName: string): Bytes {
  const attribute = (oid: string, text: string): Bytes =>
    set(sequence(objectIdentifier(oid), utf8String(text)));
  return sequence(attribute(OID.organisation, ORGANISATION), attribute(OID.commonName, commonName));
}

/** Section 4.2.1.2: of the key's bits alone, which stand at the end of its description. */
function keyIdentifier(publicKey: KeyObject): Uint8Array {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const bits = children(children(spki)[0]?.body ?? spki)[1]?.body ?? spki;
  return createHash('sha1').update(bits.subarray(1)).digest();
}

/** Section 4.1.2.2: positive, at most 20 bytes; without a leading zero that DER would refuse. */
function positive(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[0] = ((copy[0] ?? 0) & 0x7f) | 0x40;
  return copy;
}

function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
