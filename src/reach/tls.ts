/** TLS as configured: the operator's files, the local CA, or none; checked before anything listens. */
import path from 'node:path';
import { checkCertificate, type CertificateFiles } from './certificate.ts';
import { type CaCertificate, ensureLocalCertificate } from './localCa.ts';
import type { Logger } from '../observe/logger.ts';

export interface Tls {
  readonly files: CertificateFiles;
  /** The local CA; null: the operator's files, trusted by other means. */
  readonly ca: CaCertificate | null;
}

export interface TlsSetting {
  readonly tls: 'off' | 'local' | { readonly cert: string; readonly key: string };
  readonly publicHost?: string | undefined;
}

export interface Machine {
  readonly hostName: string;
  /** Every address, loopback included. */
  readonly addresses: readonly string[];
}

/** What DNS allows in a name, and a certificate with it (RFC 1123 section 2.1). */
const HOST_NAME = /^[a-z0-9-]+(\.[a-z0-9-]+)*$/;

/**
 * @param nowMs milliseconds since 1970
 * @returns null: no TLS
 * @throws CertificateError
 */
export function setUpTls(
  setting: TlsSetting,
  machine: Machine,
  dataDir: string,
  nowMs: number,
  logger: Logger,
): Tls | null {
  const { tls, publicHost } = setting;
  if (tls === 'off') return null;
  if (tls !== 'local') {
    const files = { certPath: tls.cert, keyPath: tls.key };
    checkCertificate(files, nowMs);
    return { files, ca: null };
  }
  const local = ensureLocalCertificate({
    folder: path.join(dataDir, 'tls'),
    machineName: machine.hostName,
    hosts: hostsOf(machine, publicHost),
    requiredHosts: publicHost === undefined ? [] : [publicHost.toLowerCase()],
    nowMs,
  });
  checkCertificate(local, nowMs);
  if (local.isNewCa) {
    logger.warn(
      { ca: local.ca.name, fingerprint: local.ca.fingerprint },
      'new local CA: trust it on each device',
    );
  }
  if (local.leftOut.length > 0) {
    logger.warn({ hosts: local.leftOut }, 'not in the certificate, since the local CA may not sign for them');
  }
  return { files: { certPath: local.certPath, keyPath: local.keyPath }, ca: local.ca };
}

/** Every name and address by which this machine may be reached, the most telling first. */
export function hostsOf({ hostName, addresses }: Machine, publicHost: string | undefined): readonly string[] {
  const name = hostName.toLowerCase();
  return [
    ...new Set([
      ...(publicHost === undefined ? [] : [publicHost.toLowerCase()]),
      ...(HOST_NAME.test(name) ? [name, ...(name.includes('.') ? [] : [`${name}.local`])] : []),
      'localhost',
      ...addresses,
    ]),
  ];
}
