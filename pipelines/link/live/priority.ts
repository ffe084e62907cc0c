/** Whoever measures time comes before what is measured. */
import { constants, getPriority, setPriority } from 'node:os';

/**
 * Of this thread alone, as Linux has it. Without the right to it (root has it) all stays as it is: then packets are later where the
 * machine is busy, and the report says how late.
 * @returns puts back what was before
 */
export function comeFirst(): () => void {
  const before = getPriority(0);
  try {
    setPriority(0, constants.priority.PRIORITY_HIGH);
  } catch {
    return () => undefined;
  }
  return () => setPriority(0, before);
}
