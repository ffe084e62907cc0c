/** The connection test as a test's process calls it; on the page's global object. */
import type { CheckResult } from '../../web/sdk/probe-types.ts';

declare global {
  /** Present where the script of connection-test.ts was added to the page. */
  var __testConnection: (pathTimeoutMs: number) => Promise<readonly CheckResult[]>;
}

export type { CheckResult };
