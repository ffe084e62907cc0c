/** The local CA's certificate, in the forms that devices take; public, since it is of no use without the key. */
import { createHash } from 'node:crypto';
import type { HttpResponse } from '../../signaling/listener/types.ts';
import type { CaCertificate } from '../reach/localCa.ts';

/** @returns null where the path is none of these files, or there is no local CA */
export function serveCa(path: string, ca: CaCertificate | null): HttpResponse | null {
  if (ca === null) return null;
  switch (path) {
    case '/ca.crt':
      return file('application/x-x509-ca-cert', ca.der);
    case '/ca.pem':
      return file('application/x-pem-file', ca.pem);
    case '/ca.mobileconfig':
      return file('application/x-apple-aspen-config', mobileConfig(ca));
    default:
      return null;
  }
}

function file(contentType: string, body: Uint8Array | string): HttpResponse {
  return {
    status: 200,
    headers: {
      'content-type': contentType,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
    body,
  };
}

/** A profile that installs the certificate on Apple's systems (Configuration Profile Reference, payload com.apple.security.root). */
export function mobileConfig(ca: CaCertificate): string {
  const name = ca.name.replace(/[&<>]/g, ' ');
  const id = (of: string): string => {
    const hex = createHash('sha256').update(of).update(ca.der).digest('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
      '-',
    );
  };
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>PayloadType</key><string>Configuration</string>
<key>PayloadVersion</key><integer>1</integer>
<key>PayloadIdentifier</key><string>commucat.local-ca.${id('profile')}</string>
<key>PayloadUUID</key><string>${id('profile')}</string>
<key>PayloadDisplayName</key><string>${name}</string>
<key>PayloadContent</key><array><dict>
<key>PayloadType</key><string>com.apple.security.root</string>
<key>PayloadVersion</key><integer>1</integer>
<key>PayloadIdentifier</key><string>commucat.local-ca.${id('certificate')}</string>
<key>PayloadUUID</key><string>${id('certificate')}</string>
<key>PayloadDisplayName</key><string>${name}</string>
<key>PayloadContent</key><data>${Buffer.from(ca.der).toString('base64')}</data>
</dict></array>
</dict></plist>
`;
}
