/**
 * A certificate authority of this server's own, and the certificate that it signs for the server, kept in the data folder: https
 * without a domain name, once the CA is trusted on each device (docs/operating.md).
 *
 * Two files, each with a private key and its certificate in PEM, readable by this user only and replaced as a whole, so that
 * a server that starts at the same time never sees halves that do not match: `ca.pem`, and `server.pem`, which is both the
 * certificate's and the key's file for whoever serves TLS.
 *
 * What will surprise you:
 * - A new CA has to be trusted again on every device; it is made only where the old one is about to end or may not sign for the
 *   host that the operator named (see nameConstraints.ts). A public address that this machine has got since is left out instead:
 *   some change every day.
 * - Certificates begin a day early: phones whose clock is behind would refuse them.
 * - 397 days is the longest that Apple's systems take from any authority without a complaint.
 */
import {
  type KeyObject,
  X509Certificate,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import path from 'node:path';
import { createPrivateFile, replacePrivateFile } from '../config/privateFile.ts';
import { CertificateError, type CertificateFiles } from './certificate.ts';
import { type Permitted, decodeNameConstraints, isPermitted, permittedFor } from './nameConstraints.ts';
import { makeCertificate, nameConstraintsOf } from './x509.ts';

export interface LocalCertificate extends CertificateFiles {
  /** The CA's certificate, for devices to trust. */
  readonly ca: CaCertificate;
  /** Made just now: devices do not trust it yet. */
  readonly isNewCa: boolean;
  readonly isNewCertificate: boolean;
  /** Hosts for which the CA may not sign. */
  readonly leftOut: readonly string[];
}

export interface CaCertificate {
  readonly name: string;
  readonly pem: string;
  readonly der: Uint8Array;
  /** SHA-256 of the certificate, as systems show it: pairs of hexadecimal digits with colons. */
  readonly fingerprint: string;
}

export interface LocalCaOptions {
  /** Made where it is missing. */
  readonly folder: string;
  /** What stands in the CA's name, so that one tells several apart on a phone. */
  readonly machineName: string;
  /** Host names and addresses that the certificate is for, as far as the CA may sign for them. */
  readonly hosts: readonly string[];
  /** That of them for which a new CA is made where the old one may not. */
  readonly requiredHosts: readonly string[];
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

interface Identity {
  readonly certificate: X509Certificate;
  readonly privateKey: KeyObject;
}

const DAY_MS = 86_400_000;
const CA_DAYS = 3650;
const SERVER_DAYS = 397;
const RENEW_BEFORE_DAYS = 30;
/** RFC 5280 section 4.1.2.2: at most 20. */
const SERIAL_NUMBER_BYTES = 16;

/**
 * Makes what is missing or about to end.
 * @throws CertificateError where the folder cannot be used, or a file in it is damaged
 */
export function ensureLocalCertificate(options: LocalCaOptions): LocalCertificate {
  const { folder, nowMs } = options;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { identity: ca, isNew: isNewCa } = usableCa(path.join(folder, 'ca.pem'), options);
    const permitted = permittedBy(ca.certificate);
    const hosts = options.hosts.filter((host) => isPermitted(permitted, host));
    const file = path.join(folder, 'server.pem');
    const old = readIdentity(file);
    const keeps =
      old !== null &&
      daysLeft(old.certificate, nowMs) > RENEW_BEFORE_DAYS &&
      isFor(old.certificate, hosts) &&
      old.certificate.verify(ca.certificate.publicKey);
    if (!keeps) replacePrivateFile(file, signServer(ca, hosts, nowMs));
    return {
      certPath: file,
      keyPath: file,
      ca: describe(ca.certificate),
      isNewCa,
      isNewCertificate: !keeps,
      leftOut: options.hosts.filter((host) => !hosts.includes(host)),
    };
  } catch (cause) {
    if (cause instanceof CertificateError) throw cause;
    throw new CertificateError(`cannot keep the local CA in ${folder}: ${String(cause)}`, { cause });
  }
}

function usableCa(
  file: string,
  options: LocalCaOptions,
): { readonly identity: Identity; readonly isNew: boolean } {
  const { requiredHosts, nowMs } = options;
  const old = readIdentity(file);
  // What it signs must not outlive it.
  if (old !== null && daysLeft(old.certificate, nowMs) > SERVER_DAYS + RENEW_BEFORE_DAYS) {
    const permitted = permittedBy(old.certificate);
    if (requiredHosts.every((host) => isPermitted(permitted, host))) return { identity: old, isNew: false };
  }
  const made = makeCa(options);
  if (old === null) createPrivateFile(file, made);
  else replacePrivateFile(file, made);
  const identity = readIdentity(file);
  if (identity === null) throw new CertificateError(`${file} vanished`);
  return { identity, isNew: true };
}

function permittedBy(ca: X509Certificate): Permitted {
  return decodeNameConstraints(nameConstraintsOf(ca.raw) ?? new Uint8Array());
}

function makeCa({ machineName, hosts, nowMs }: LocalCaOptions): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const day = new Date(nowMs).toISOString().slice(0, 10);
  const subject = commonName(`CommuCat local CA (${machineName} ${day})`);
  const certificate = makeCertificate({
    serialNumber: randomBytes(SERIAL_NUMBER_BYTES),
    issuer: subject,
    subject,
    notBeforeMs: nowMs - DAY_MS,
    notAfterMs: nowMs + CA_DAYS * DAY_MS,
    publicKey,
    signingKey: privateKey,
    use: { kind: 'ca', permitted: permittedFor(hosts) },
  });
  return pemOf(certificate, privateKey);
}

function signServer(ca: Identity, hosts: readonly string[], nowMs: number): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = makeCertificate({
    serialNumber: randomBytes(SERIAL_NUMBER_BYTES),
    issuer: commonNameOf(ca.certificate),
    subject: commonName(hosts[0] ?? 'localhost'),
    notBeforeMs: nowMs - DAY_MS,
    notAfterMs: nowMs + (SERVER_DAYS - 1) * DAY_MS,
    publicKey,
    signingKey: ca.privateKey,
    use: { kind: 'server', hosts },
  });
  return pemOf(certificate, privateKey);
}

/** RFC 5280 appendix A.1: at most 64 characters. */
function commonName(text: string): string {
  // Without what OpenSSL would escape when the name is read back.
  return text.replace(/[^A-Za-z0-9 .():-]/g, '-').slice(0, 64);
}

function commonNameOf(certificate: X509Certificate): string {
  return /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? '';
}

function pemOf(certificate: string, privateKey: KeyObject): string {
  return `${privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()}${certificate}`;
}

/** @returns null where there is no such file */
function readIdentity(file: string): Identity | null {
  let pem: Buffer;
  try {
    pem = readFileSync(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  try {
    const identity = { certificate: new X509Certificate(pem), privateKey: createPrivateKey(pem) };
    if (identity.certificate.checkPrivateKey(identity.privateKey)) return identity;
  } catch (cause) {
    throw damaged(file, cause);
  }
  throw damaged(file, undefined);
}

function damaged(file: string, cause: unknown): CertificateError {
  return new CertificateError(`${file} does not hold a certificate and its key; remove it to get new ones`, {
    cause,
  });
}

function daysLeft(certificate: X509Certificate, nowMs: number): number {
  return (certificate.validToDate.getTime() - nowMs) / DAY_MS;
}

/** Whether it is for these hosts, and no others. */
function isFor(certificate: X509Certificate, hosts: readonly string[]): boolean {
  const names = certificate.subjectAltName?.split(', ').length ?? 0;
  return (
    names === hosts.length &&
    hosts.every((host) =>
      isIP(host) === 0 ? certificate.checkHost(host) !== undefined : certificate.checkIP(host) !== undefined,
    )
  );
}

function describe(certificate: X509Certificate): CaCertificate {
  return {
    name: commonNameOf(certificate),
    pem: certificate.toString(),
    der: certificate.raw,
    fingerprint: certificate.fingerprint256,
  };
}
