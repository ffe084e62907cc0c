/**
 * What people write to each other during a call.
 *
 * What will surprise you: the list stays at its end while it is there, and stays where it is once somebody scrolls up: new messages
 * then wait behind a button. What could not be sent stays in the field. What people write is only ever text, never markup.
 */
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ChatMessage } from '../../../sdk/index.ts';
import { Button } from '../../design/controls.tsx';
import { Panel } from '../../design/surfaces.tsx';
import { useWords } from '../../words/language.tsx';
import { Composer } from './composer.tsx';
import { type MessageGroup, groupsOf } from './groups.ts';
import { partsOf } from './links.ts';

export interface ChatPanelProps {
  /** Oldest first; another list whenever there is one more. */
  readonly messages: readonly ChatMessage[];
  readonly ownId: string | null;
  /** What is written and not sent yet; it outlives the panel. */
  readonly draft: string;
  readonly onDraft: (text: string) => void;
  /** Rejects where the message did not get through. */
  readonly send: (text: string) => Promise<void>;
  readonly problemWords: (error: unknown) => string;
  readonly onClose: () => void;
}

/** This near to its end, the list counts as being at its end, CSS pixels. */
const AT_END_PX = 32;

export function ChatPanel(props: ChatPanelProps): JSX.Element {
  const { messages, ownId, draft, onDraft, send, problemWords, onClose } = props;
  const t = useWords();
  const list = useRef<HTMLDivElement | null>(null);
  const atEnd = useRef(true);
  const seen = useRef(messages.length);
  const [waiting, setWaiting] = useState(0);
  const latest = messages.at(-1);

  const toEnd = (): void => {
    const element = list.current;
    if (element !== null) element.scrollTop = element.scrollHeight;
    atEnd.current = true;
    setWaiting(0);
  };
  useLayoutEffect(() => {
    const news = messages.slice(seen.current);
    seen.current = messages.length;
    // Who writes wants to see it.
    if (atEnd.current || news.some(({ participant_id }) => participant_id === ownId)) toEnd();
    else setWaiting((before) => before + news.length);
  }, [latest?.message_id]);
  useEffect(() => {
    // The keyboard of a phone takes half of the list away.
    const element = list.current;
    if (element === null || typeof ResizeObserver === 'undefined') return undefined;
    const observer = new ResizeObserver(() => {
      if (atEnd.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  return (
    <Panel title={t('call.chat')} testId="chat" onClose={onClose}>
      <div class="chat">
        <div
          ref={list}
          class="chat-log"
          role="log"
          aria-label={t('call.chat.log')}
          aria-live="polite"
          tabIndex={0}
          data-testid="chat-log"
          onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
            atEnd.current = scrollHeight - scrollTop - clientHeight <= AT_END_PX;
            if (atEnd.current) setWaiting(0);
          }}
        >
          {messages.length === 0 ? <p class="chat-empty">{t('call.chat.empty')}</p> : null}
          {groupsOf(messages).map((group) => (
            <Group key={group.id} group={group} own={group.writerId === ownId} />
          ))}
        </div>
        {waiting === 0 ? null : (
          <div class="chat-waiting">
            <Button
              kind="primary"
              label={t('call.chat.new', { count: waiting })}
              testId="chat-new"
              onPress={toEnd}
            />
          </div>
        )}
        <Composer draft={draft} onDraft={onDraft} send={send} problemWords={problemWords} />
      </div>
    </Panel>
  );
}

function Group({ group, own }: { readonly group: MessageGroup; readonly own: boolean }): JSX.Element {
  const t = useWords();
  return (
    <div class="chat-group" data-own={own}>
      <p class="chat-head">
        <b>{own ? t('call.chat.you') : group.name}</b>{' '}
        <time dateTime={new Date(group.sentAtMs).toISOString()}>{t.time(group.sentAtMs)}</time>
      </p>
      {group.messages.map(({ message_id, text }) => (
        <Message key={message_id} text={text} own={own} />
      ))}
    </div>
  );
}

function Message({ text, own }: { readonly text: string; readonly own: boolean }): JSX.Element {
  const parts = useMemo(() => partsOf(text), [text]);
  return (
    <p class="chat-message" dir="auto" data-testid="chat-message" data-own={own}>
      {parts.map((part) =>
        part.href === null ? (
          part.text
        ) : (
          <a href={part.href} target="_blank" rel="noopener noreferrer">
            {part.text}
          </a>
        ),
      )}
    </p>
  );
}
