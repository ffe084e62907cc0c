/**
 * A certificate and its key as files: read and checked together before anything listens, so that a wrong file is a sentence at
 * the start and not a browser's error page later.
 */
import { X509Certificate, createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A certificate or key cannot be used; the message says which file and why. */
export class CertificateError extends Error {
  readonly code = 'CERTIFICATE_UNUSABLE';
  override readonly name = 'CertificateError';
}

export interface CertificateFiles {
  /** Absolute or relative paths of PEM files. */
  readonly certPath: string;
  readonly keyPath: string;
}

/**
 * @param nowMs milliseconds since 1970
 * @returns the server's own certificate, the first in the file
 * @throws CertificateError where a file cannot be read, is no PEM, does not belong to the other, or is out of its time
 */
export function checkCertificate({ certPath, keyPath }: CertificateFiles, nowMs: number): X509Certificate {
  const certificate = parsed('certificate', certPath, (pem) => new X509Certificate(pem));
  const key = parsed('private key', keyPath, (pem): KeyObject => createPrivateKey(pem));
  if (!certificate.checkPrivateKey(key)) {
    throw new CertificateError(`the private key ${keyPath} does not belong to the certificate ${certPath}`);
  }
  if (certificate.validToDate.getTime() <= nowMs) {
    throw new CertificateError(`the certificate ${certPath} ended on ${certificate.validTo}: renew it`);
  }
  if (certificate.validFromDate.getTime() > nowMs) {
    throw new CertificateError(
      `the certificate ${certPath} begins only on ${certificate.validFrom}: is this machine's clock right?`,
    );
  }
  return certificate;
}

function parsed<T>(what: string, file: string, parse: (pem: Buffer) => T): T {
  let pem: Buffer;
  try {
    pem = readFileSync(file);
  } catch (cause) {
    throw new CertificateError(`cannot read the ${what} ${file}: ${messageOf(cause)}`, { cause });
  }
  try {
    return parse(pem);
  } catch (cause) {
    throw new CertificateError(`${file} holds no ${what} in PEM without a passphrase: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
