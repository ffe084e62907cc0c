/** Who is in the call: raised hands first, with what each one sends and how good the network is. */
import type { JSX } from 'preact';
import type { Participant } from '../../../sdk/index.ts';
import { Button } from '../../design/controls.tsx';
import { Icon, type IconName } from '../../design/icon.tsx';
import { Panel } from '../../design/surfaces.tsx';
import { useWords } from '../../words/language.tsx';
import { initialOf } from '../../view/initial.ts';
import { inOrder, marksOf } from './order.ts';

export interface PeoplePanelProps {
  readonly self: Participant | null;
  readonly others: readonly Participant[];
  readonly onCopyLink: () => void;
  readonly onShowQr: () => void;
  readonly onClose: () => void;
}

export function PeoplePanel({ self, others, onCopyLink, onShowQr, onClose }: PeoplePanelProps): JSX.Element {
  const t = useWords();
  const people = inOrder(self === null ? others : [self, ...others]);
  const hands = people.filter(({ hand_raised_at }) => hand_raised_at !== null).length;
  return (
    <Panel title={t('people.title')} testId="people" onClose={onClose}>
      <div class="panel-body people">
        <p class="people-count" data-testid="people-count">
          {t('people.count', { count: people.length })}
        </p>
        <ul class="people-list" data-testid="people-list">
          {people.map((person, index) => (
            <Person
              key={person.participant_id}
              person={person}
              own={person.participant_id === self?.participant_id}
              handPlace={person.hand_raised_at === null ? null : hands === 1 ? 0 : index + 1}
            />
          ))}
        </ul>
      </div>
      <footer class="people-invite">
        <p>{t('people.invite')}</p>
        <div>
          <Button icon="link" label={t('call.copy-link')} testId="people-copy-link" onPress={onCopyLink} />
          <Button icon="qr" label={t('call.show-qr')} testId="people-show-qr" onPress={onShowQr} />
        </div>
      </footer>
    </Panel>
  );
}

interface PersonProps {
  readonly person: Participant;
  readonly own: boolean;
  /** Place among the raised hands, from 1; 0: the only one; null: the hand is down. */
  readonly handPlace: number | null;
}

function Person({ person, own, handPlace }: PersonProps): JSX.Element {
  const t = useWords();
  const { speaks, shows, shares } = marksOf(person);
  const { name, quality } = person;
  return (
    <li
      class="person"
      data-testid="person"
      data-participant={name}
      data-self={own}
      data-hand={handPlace !== null}
      data-muted={!speaks}
      data-quality={quality}
    >
      <span class="person-initial" aria-hidden="true">
        {initialOf(name)}
      </span>
      <span class="person-words">
        <span class="person-name">
          <bdi>{name}</bdi>
          {own ? <span class="person-own"> ({t('people.you')})</span> : null}
        </span>
        {quality === 'good' ? null : (
          <span class="person-quality" data-quality={quality}>
            {t(`people.quality.${quality}`)}
          </span>
        )}
      </span>
      {handPlace === null ? null : (
        <Mark
          icon="hand"
          words={handPlace === 0 ? t('people.hand') : t('people.hand-place', { place: handPlace })}
          kind="hand"
          text={handPlace === 0 ? '' : String(handPlace)}
        />
      )}
      {shares ? <Mark icon="screen" words={t('people.sharing')} kind="on" /> : null}
      <Mark
        icon={shows ? 'camera' : 'camera-off'}
        words={t(shows ? 'people.camera-on' : 'people.camera-off')}
        kind={shows ? 'on' : 'off'}
      />
      <Mark
        icon={speaks ? 'microphone' : 'microphone-off'}
        words={t(speaks ? 'people.unmuted' : 'people.muted')}
        kind={speaks ? 'on' : 'off'}
      />
    </li>
  );
}

interface MarkProps {
  readonly icon: IconName;
  readonly words: string;
  readonly kind: 'on' | 'off' | 'hand';
  readonly text?: string;
}

function Mark({ icon, words, kind, text = '' }: MarkProps): JSX.Element {
  return (
    <span class="person-mark" data-kind={kind} title={words}>
      <Icon name={icon} />
      {text === '' ? null : <span aria-hidden="true">{text}</span>}
      <span class="only-read">{words}</span>
    </span>
  );
}
