/**
 * The command `commucat`: reads the configuration, runs a server until it is told to stop, says what went wrong. `commucat codecs`
 * lists the codecs instead.
 */
import process from 'node:process';
import { CodecLibraryMissingError } from '../codecs/errors.ts';
import { NotSetUpError } from '../native/paths.ts';
import { ListenError, ListenerUnavailableError } from '../signaling/listener/types.ts';
import { listCodecs } from './cli/codecs.ts';
import { ConfigError, loadConfig } from './config/load.ts';
import { CertificateError } from './reach/certificate.ts';
import { CoturnError } from './reach/coturnProcess.ts';
import { Server } from './server.ts';

/** What an orderly end may take; media workers have their own, shorter limits. */
const CLOSE_TIMEOUT_MS = 8000;

async function main(): Promise<void> {
  const [command, ...rest] = process.argv.slice(2);
  if (command === 'codecs') {
    process.stdout.write(await listCodecs(rest));
    return;
  }
  const config = loadConfig(process.argv.slice(2), process.env);
  if ('help' in config) {
    process.stdout.write(config.help);
    return;
  }
  const server = await Server.start(config);
  process.stdout.write(
    welcome(server, config.rooms.creation === 'token' ? `#create=${server.creationToken}` : ''),
  );
  // A terminal that closes sends this, too, and means the end.
  if (!process.stdout.isTTY) process.on('SIGHUP', () => process.stderr.write(`${reload(server)}\n`));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      setTimeout(() => process.exit(1), CLOSE_TIMEOUT_MS).unref();
      server.close().then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(`closing failed: ${String(error)}\n`);
          process.exit(1);
        },
      );
    });
  }
}

/** @param fragment of the page's address: the token for creating rooms */
function welcome(server: Server, fragment: string): string {
  const [first = '', ...others] = server.origins;
  const { host, tls } = server.address;
  const lines = [`CommuCat is ready. Open ${first}/${fragment}`];
  if (others.length > 0) lines.push('Also at:', ...others.map((origin) => `  ${origin}/${fragment}`));
  if (server.ca !== null) {
    const httpHosts =
      server.httpPort === null ? [] : server.origins.map((origin) => new URL(origin).hostname);
    const place = httpHosts.at(-1);
    const where = place === undefined ? `${first}/ca.crt` : `http://${place}:${server.httpPort}/ca.crt`;
    lines.push(
      `Devices trust it once they have ${where} (docs/operating.md). SHA-256:`,
      `  ${server.ca.fingerprint}`,
    );
  }
  if (!tls && !['127.0.0.1', '::1', 'localhost'].includes(host)) {
    lines.push(
      'Browsers give cameras to https pages only, localhost aside: --https, or a proxy with TLS in front.',
    );
  }
  return `\n${lines.join('\n')}\n\n`;
}

function reload(server: Server): string {
  try {
    return server.reloadCertificate()
      ? 'the certificate was read again'
      : 'the certificate was read again for TURN; this listener takes a restart (or --listener node)';
  } catch (error) {
    return `the certificate stays as it is: ${error instanceof Error ? error.message : String(error)}`;
  }
}

main().catch((error: unknown) => {
  const expected =
    error instanceof CertificateError ||
    error instanceof CodecLibraryMissingError ||
    error instanceof ConfigError ||
    error instanceof CoturnError ||
    error instanceof NotSetUpError ||
    error instanceof ListenError ||
    error instanceof ListenerUnavailableError;
  process.stderr.write(
    `${expected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
});
