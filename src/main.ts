/** The command `commucat`: reads the configuration, runs a server until it is told to stop, says what went wrong. */
import process from 'node:process';
import { NotSetUpError } from '../native/paths.ts';
import { ListenError, ListenerUnavailableError } from '../signaling/listener/types.ts';
import { ConfigError, loadConfig } from './config/load.ts';
import { Server } from './server.ts';

/** What an orderly end may take; media workers have their own, shorter limits. */
const CLOSE_TIMEOUT_MS = 8000;

async function main(): Promise<void> {
  const config = loadConfig(process.argv.slice(2), process.env);
  if ('help' in config) {
    process.stdout.write(config.help);
    return;
  }
  const server = await Server.start(config);
  const { host, port } = server.address;
  const shown =
    host === '127.0.0.1' || host === '::1' || host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const creation = config.rooms.creation === 'token' ? `#create=${server.creationToken}` : '';
  process.stdout.write(`\nCommuCat is ready. Open http://${shown}:${port}/${creation}\n\n`);
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

main().catch((error: unknown) => {
  const expected =
    error instanceof ConfigError ||
    error instanceof NotSetUpError ||
    error instanceof ListenError ||
    error instanceof ListenerUnavailableError;
  process.stderr.write(
    `${expected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
});
