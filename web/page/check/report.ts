/** The results of the connection test as text, for whoever runs the server. In codes, not in words: it is read far away. Pure. */
import type { CheckResult } from '../../sdk/probe.ts';

export interface ReportFrame {
  readonly origin: string;
  /** `navigator.userAgent` */
  readonly browser: string;
  readonly at: Date;
}

export function reportOf(results: readonly CheckResult[], { origin, browser, at }: ReportFrame): string {
  const rows = results.map(({ id, state, detail, rttMs }) => {
    const rtt = rttMs === null ? '' : `  ${rttMs.toFixed(1)} ms`;
    return `${id.padEnd(16)}${state.padEnd(9)}${detail}${rtt}`;
  });
  return ['CommuCat connection test', at.toISOString(), origin, browser, '', ...rows, ''].join('\n');
}
