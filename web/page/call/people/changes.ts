/** What changed among the others, in a sentence for who cannot see it. Pure. */
import type { Participant } from '../../../sdk/index.ts';
import type { Translate } from '../../words/translate.ts';

/** @returns Empty where nothing worth a word changed */
export function changeWords(
  t: Translate,
  before: readonly Participant[],
  after: readonly Participant[],
): string {
  const old = new Map(before.map((person) => [person.participant_id, person]));
  const present = new Set(after.map(({ participant_id }) => participant_id));
  const came = after.filter(({ participant_id }) => !old.has(participant_id));
  const went = before.filter(({ participant_id }) => !present.has(participant_id));
  const raised = after.filter(
    ({ participant_id, hand_raised_at }) =>
      hand_raised_at !== null && old.get(participant_id)?.hand_raised_at === null,
  );
  return [
    ...counted(came, 'people.joined', 'people.many-joined'),
    ...counted(went, 'people.left', 'people.many-left'),
    ...raised.map(({ name }) => t('people.raised', { name })),
  ].join(' ');

  function counted(
    people: readonly Participant[],
    one: 'people.joined' | 'people.left',
    many: 'people.many-joined' | 'people.many-left',
  ): readonly string[] {
    const [first] = people;
    if (first === undefined) return [];
    return [people.length === 1 ? t(one, { name: first.name }) : t(many, { count: people.length })];
  }
}
