/** What a bench answers, and how it is printed: a table for people, one JSON object for machines. */
import type { Claim } from './claims.ts';

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

export interface BenchReport {
  readonly bench: string;
  readonly tables: readonly Table[];
  readonly claims: readonly Claim[];
  /** What one must know to read the figures: versions, sizes, rounds. */
  readonly conditions: Readonly<Record<string, string | number>>;
  /** What could not be measured here, and why. */
  readonly skipped: readonly string[];
  /** Everything behind the tables, for machines. */
  readonly details?: unknown;
  /** What became worse since a baseline; where the bench was asked to compare, this decides the exit code. */
  readonly regressions?: readonly string[];
}

/** 0: all is as promised; against a baseline: nothing became worse. */
export function exitCodeOf({ claims, regressions }: BenchReport): number {
  const good = regressions === undefined ? claims.every(({ ok }) => ok) : regressions.length === 0;
  return good ? 0 : 1;
}

export function formatTable({ title, columns, rows }: Table): string {
  const cells = [columns, ...rows.map((row) => row.map(String))];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => (row[index] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) =>
        index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0),
      )
      .join('  ');
  const rule = widths.map((width) => '-'.repeat(width));
  return [title, '', ...[columns, rule, ...rows.map((row) => row.map(String))].map(line)].join('\n');
}

export function formatReport(report: BenchReport): string {
  const claims: Table = {
    title: 'Claims',
    columns: ['id', 'value', 'unit', 'target', 'kept'],
    rows: report.claims.map(({ id, value, unit, target, ok }) => [
      id,
      value,
      unit,
      target,
      ok ? 'yes' : 'NO',
    ]),
  };
  const conditions = Object.entries(report.conditions).map(([name, value]) => `${name}: ${value}`);
  return [
    ...report.tables.map(formatTable),
    ...(report.claims.length === 0 ? [] : [formatTable(claims)]),
    conditions.join('\n'),
    ...report.skipped.map((reason) => `skipped: ${reason}`),
    ...(report.regressions ?? []).map((regression) => `worse: ${regression}`),
  ].join('\n\n');
}
