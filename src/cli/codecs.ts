/**
 * `commucat codecs`: every codec, with library, version, hardware, speed on this machine, and why one is missing.
 *
 * What will surprise you: hardware is tried for this, which takes a moment where there is some. Where all that is missing of a device is
 * missing for one reason, the table has one line for it; `--json` has all.
 */
import { parseArgs } from 'node:util';
import { createCodecEngine } from '../../codecs/engine.ts';
import { type CodecSpeed, measureSpeeds } from '../../codecs/speed.ts';
import type { CodecInfo } from '../../codecs/types.ts';

const COLUMNS = ['codec', '', 'name', 'library', 'version', 'where', 'pictures/s', 'layers', ''] as const;

/**
 * @param args `--json`: an array of objects instead of a table
 * @returns what goes to standard output
 * @throws CodecLibraryMissingError where set-up has not run; TypeError for an unknown flag
 */
export async function listCodecs(args: readonly string[]): Promise<string> {
  const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } } });
  // One thread: two codecs at once would measure each other.
  const engine = createCodecEngine({ threads: 1 });
  try {
    await engine.probeHardware();
    const speeds = await measureSpeeds(engine);
    return values.json ? `${JSON.stringify(speeds.map(toJson), undefined, 2)}\n` : table(toRows(speeds));
  } finally {
    await engine.close();
  }
}

function toJson({ info, framesPerSecond }: CodecSpeed): object {
  return { ...info, framesPerSecond: framesPerSecond === null ? null : Math.round(framesPerSecond) };
}

/** Software and what works, then each device with what is missing of it. */
function toRows(speeds: readonly CodecSpeed[]): string[][] {
  const isGrouped = ({ info }: CodecSpeed): boolean => info.device !== null && info.missing !== null;
  const groups = Map.groupBy(
    speeds.filter(isGrouped),
    ({ info }) => `${info.device ?? ''}\t${info.missing ?? ''}`,
  );
  return [
    ...speeds.filter((speed) => !isGrouped(speed)).map(toRow),
    ...[...groups.values()].map((group) => groupRow(group.map(({ info }) => info))),
  ];
}

function groupRow(infos: readonly CodecInfo[]): string[] {
  const all = (of: (info: CodecInfo) => string): string => [...new Set(infos.map(of))].join(' ');
  const names = infos.length === 1 ? all(({ name }) => name) : all(({ device }) => `${device ?? ''}-*`);
  return [
    all(({ codec }) => codec),
    all(({ direction }) => direction),
    names,
    all(({ library }) => library),
    all(({ version }) => version),
    'GPU',
    '–',
    '–',
    `missing: ${all(({ missing }) => missing ?? '')}`,
  ];
}

function toRow({ info, framesPerSecond }: CodecSpeed): string[] {
  const { codec, direction, name, library, version, hardware, spatialLayers, temporalLayers, missing } = info;
  return [
    codec,
    direction,
    name,
    library,
    version,
    hardware ? 'GPU' : 'CPU',
    framesPerSecond === null ? '–' : framesPerSecond.toFixed(0),
    spatialLayers * temporalLayers > 1 ? `L${spatialLayers}T${temporalLayers}` : '–',
    missing === null ? '' : `missing: ${missing}`,
  ];
}

function table(rows: readonly (readonly string[])[]): string {
  const all = [COLUMNS, ...rows];
  const widths = COLUMNS.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
