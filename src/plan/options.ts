/**
 * What could be done for one source, seen alone: every codec that its owner could send, with every set of transcodes of it.
 *
 * What will surprise you: all sets are tried. A kind has at most four codecs, so there are at most four codecs to send and
 * eight sets of transcodes for each, and an exhaustive search is both the simplest and the exact one.
 */
import { placeOf } from './codecs.ts';
import { transcodeCost } from './cost.ts';
import type { CodecName, ParticipantId, SourceSnapshot } from './types.ts';

/** Subscribers of one source who receive the same codecs in the same order. */
interface Demand {
  readonly receives: readonly CodecName[];
  readonly count: number;
}

export interface Watcher {
  readonly id: ParticipantId;
  /** Of the source's kind only, and without those that did not appear, best first. */
  readonly receives: readonly CodecName[];
  /** Those that he receives, and that came and did not appear. */
  readonly unshown: readonly CodecName[];
}

/** One source that is live and watched, with all that matters for the choice of its codec. */
export interface SourceCase {
  readonly source: SourceSnapshot;
  /** Sorted by id, at least one. */
  readonly watchers: readonly Watcher[];
  /** What this codec may and can be transcoded to. */
  readonly targetsOf: (from: CodecName) => readonly CodecName[];
  /** Targets of transcodes that run now, take what is sent now, and may go on. */
  readonly running: readonly CodecName[];
  /** The codec that the owner has been asked for and does not send yet, or has just begun to send. */
  readonly askedFor: CodecName | undefined;
  /** Targets that run now or were promised for after the switch: preferred among equals. */
  readonly familiar: ReadonlySet<CodecName>;
  /** Milli-cores that this source holds already: of its running transcodes, or those promised for after its switch. */
  readonly heldCost: number;
}

export interface Option {
  readonly sends: CodecName;
  readonly transcodes: readonly CodecName[];
  /** Subscribers that get the source. */
  readonly served: number;
  readonly cost: number;
}

/**
 * The options worth having: each serves more subscribers than the one before it and costs more, the first costs nothing,
 * the last serves everybody who can be served and is the cheapest that does.
 */
export function worthwhileOptions(about: SourceCase): readonly [Option, ...Option[]] {
  const { source } = about;
  const sendable = source.canSend.length > 0 ? source.canSend : [source.sends];
  const demands = demandsOf(about.watchers);
  const ranked = [...new Set(sendable)]
    .flatMap((sends) => optionsOf(source, demands, sends, about.targetsOf(sends)))
    .map((option) => ({ option, ties: tieBreakers(option, about, demands) }))
    .sort(
      (a, b) =>
        a.option.cost - b.option.cost || b.option.served - a.option.served || compareLists(a.ties, b.ties),
    )
    .map(({ option }) => option);
  return improving(ranked);
}

/**
 * What goes on while the owner has not switched yet: of the transcodes that run, the cheapest ones that serve as many as
 * all of them do. Nothing is started for so short a time.
 */
export function whileSwitching(about: SourceCase): Option {
  const options = optionsOf(about.source, demandsOf(about.watchers), about.source.sends, about.running);
  options.sort((a, b) => b.served - a.served || a.cost - b.cost);
  return first(options);
}

/** Which codec a subscriber gets under an option: what is sent if it takes that, else the transcode it likes best. */
export function codecFor(receives: readonly CodecName[], option: Option): CodecName | undefined {
  if (receives.includes(option.sends)) return option.sends;
  return receives.find((codec) => option.transcodes.includes(codec));
}

function demandsOf(watchers: readonly Watcher[]): readonly Demand[] {
  const groups = new Map<string, { receives: readonly CodecName[]; count: number }>();
  for (const { receives } of watchers) {
    const key = receives.join();
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { receives, count: 1 });
    else group.count += 1;
  }
  return [...groups.values()];
}

function optionsOf(
  source: SourceSnapshot,
  demands: readonly Demand[],
  sends: CodecName,
  targets: readonly CodecName[],
): Option[] {
  const unserved = demands.filter(({ receives }) => !receives.includes(sends));
  const wanted = targets.filter((target) => unserved.some(({ receives }) => receives.includes(target)));
  return subsetsOf(wanted).map((transcodes) => {
    const cost = transcodes.reduce((sum, to) => sum + transcodeCost(source, sends, to), 0);
    const option = { sends, transcodes, served: 0, cost };
    const served = demands.filter(({ receives }) => codecFor(receives, option) !== undefined);
    return { ...option, served: served.reduce((sum, { count }) => sum + count, 0) };
  });
}

function subsetsOf(codecs: readonly CodecName[]): readonly (readonly CodecName[])[] {
  return [...codecs]
    .sort((a, b) => placeOf(a) - placeOf(b))
    .reduce<(readonly CodecName[])[]>(
      (sets, codec) => [...sets, ...sets.map((set) => [...set, codec])],
      [[]],
    );
}

/**
 * Between options of equal cost and use, the lower number wins, the first difference deciding. Where all are equal, the
 * options stay in the order in which they were made: the owner's own, then that of the codecs.
 */
function tieBreakers(option: Option, about: SourceCase, demands: readonly Demand[]): readonly number[] {
  const { source, askedFor, familiar } = about;
  const likedLess = demands.reduce((sum, { receives, count }) => {
    const codec = codecFor(receives, option);
    return codec === undefined ? sum : sum + receives.indexOf(codec) * count;
  }, 0);
  return [
    option.sends === source.sends ? 0 : 1,
    option.sends === askedFor ? 0 : 1,
    option.transcodes.filter((codec) => !familiar.has(codec)).length,
    likedLess,
  ];
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? value);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Of options sorted by cost, those that serve more than every cheaper one. */
function improving(sorted: readonly Option[]): readonly [Option, ...Option[]] {
  const cheapest = first(sorted);
  const kept: [Option, ...Option[]] = [cheapest];
  let served = cheapest.served;
  for (const option of sorted) {
    if (option.served <= served) continue;
    kept.push(option);
    served = option.served;
  }
  return kept;
}

/** The empty set of transcodes is always an option, so there is a first one. */
function first(options: readonly Option[]): Option {
  const [option] = options;
  if (option === undefined) throw new Error('A source has no option, not even to do nothing.');
  return option;
}
