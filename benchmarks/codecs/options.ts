/** What the codec bench can be asked, and what that means. */
import type { ParseArgsOptionsConfig } from 'node:util';
import { BenchUsageError, type OptionValues } from '../report/bench.ts';
import { CONTENT_NAMES } from './content/content.ts';

export const CODEC_OPTIONS = {
  input: { type: 'string', multiple: true },
  only: { type: 'string', multiple: true },
  quick: { type: 'boolean' },
  html: { type: 'string' },
  plots: { type: 'string' },
  show: { type: 'string' },
  baseline: { type: 'string' },
  compare: { type: 'string' },
  margin: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

export const CODEC_USAGE = `  --input FILE      a clip of your own (.y4m, .ivf, .h264) in place of the classes; may be repeated
  --only NAME,…     only these classes (${CONTENT_NAMES.join(', ')}), encoders (openh264, …) or codecs (VP8, …)
  --quick           two classes, three seconds each, one round
  --html FILE       where the page goes (codec-bench.html)
  --plots FOLDER    some of the charts as SVG files, for documents
  --baseline FILE   keeps the results
  --show FILE       tables, page and plots of results that were kept; nothing is measured
  --compare FILE    says what became better or worse since; exit code 1 where anything is worse
  --margin PERCENT  how much worse is none yet (3)`;

export interface CodecBenchOptions {
  readonly inputs: readonly string[];
  readonly contents: readonly string[];
  /** Of encoders: names or codecs; empty: all. */
  readonly encoders: readonly string[];
  readonly quick: boolean;
  readonly html: string;
  readonly plots: string | undefined;
  readonly baseline: string | undefined;
  readonly show: string | undefined;
  readonly compare: string | undefined;
  readonly marginPercent: number;
}

const QUICK_CONTENTS = ['camera', 'generated'];

/** @throws BenchUsageError for a margin that is none */
export function readOptions(values: OptionValues): CodecBenchOptions {
  const only = list(values['only']).flatMap((value) => value.split(',').filter(Boolean));
  const contents = only.filter((name) => CONTENT_NAMES.includes(name));
  const quick = values['quick'] === true;
  const margin = Number(text(values['margin']) ?? 3);
  if (!(margin >= 0)) throw new BenchUsageError('--margin is a number of per cent, at least 0');
  return {
    inputs: list(values['input']),
    contents: contents.length > 0 ? contents : quick ? QUICK_CONTENTS : CONTENT_NAMES,
    encoders: only.filter((name) => !CONTENT_NAMES.includes(name)),
    quick,
    html: text(values['html']) ?? 'codec-bench.html',
    plots: text(values['plots']),
    baseline: text(values['baseline']),
    show: text(values['show']),
    compare: text(values['compare']),
    marginPercent: margin,
  };
}

function list(value: OptionValues[string]): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

function text(value: OptionValues[string]): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
