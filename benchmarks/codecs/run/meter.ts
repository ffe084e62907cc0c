/** What this process uses from now on: processor time, and memory over what it has now (Linux's proc(5)). */
import { readFileSync, writeFileSync } from 'node:fs';

export interface Usage {
  readonly cpuUs: number;
  readonly peakKib: number;
}

/** @returns what ends the measurement */
export function startMeter(): () => Usage {
  // "5" sets the peak of the resident size back to its present value.
  writeFileSync('/proc/self/clear_refs', '5');
  const beforeKib = statusKib('VmRSS');
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { cpuUs: user + system, peakKib: Math.max(0, statusKib('VmHWM') - beforeKib) };
  };
}

function statusKib(field: string): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(new RegExp(`^${field}:\\s*(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN);
}
