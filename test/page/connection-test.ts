/** Puts the SDK's connection test where a test finds it, against the server that the page came from. */
import { webSocketPipe } from '../../web/sdk/socket.ts';
import { testConnection } from '../../web/sdk/probe.ts';
import './connection-test-api.ts';

globalThis.__testConnection = (pathTimeoutMs) =>
  testConnection({
    open: webSocketPipe(`${location.origin.replace(/^http/, 'ws')}/connect`),
    onResult: () => undefined,
    pathTimeoutMs,
  });
