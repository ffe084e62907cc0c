/**
 * The field for a message. Enter sends, Shift and Enter begin a new line.
 *
 * What will surprise you: Enter that only ends a composition (Japanese, Chinese, Korean) sends nothing. While a message is on its
 * way, the field keeps it; it is emptied when the server has it.
 */
import type { JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Icon } from '../../design/icon.tsx';
import { useWords } from '../../words/language.tsx';

export interface ComposerProps {
  readonly draft: string;
  readonly onDraft: (text: string) => void;
  readonly send: (text: string) => Promise<void>;
  readonly problemWords: (error: unknown) => string;
}

/** The longest message that the server takes, UTF-16 code units. */
export const MAX_TEXT = 4_000;

export function Composer({ draft, onDraft, send, problemWords }: ComposerProps): JSX.Element {
  const t = useWords();
  const id = useId();
  const field = useRef<HTMLTextAreaElement | null>(null);
  const shown = useRef(true);
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const text = draft.trim();
  const excess = text.length - MAX_TEXT;

  useEffect(() => {
    shown.current = true;
    // A phone's keyboard would cover what others wrote: there, the person asks for it by a tap.
    if (!isTouchFirst()) field.current?.focus({ preventScroll: true });
    return () => {
      shown.current = false;
    };
  }, []);

  const submit = (): void => {
    if (text === '' || excess > 0 || sending) return;
    setSending(true);
    setFailure(null);
    send(text).then(
      () => {
        onDraft('');
        if (shown.current) setSending(false);
      },
      (error: unknown) => {
        if (!shown.current) return;
        setSending(false);
        setFailure(error);
      },
    );
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
        field.current?.focus();
      }}
    >
      <p class="composer-note" role="alert" data-testid="chat-failed">
        {excess > 0
          ? t('call.chat.too-long', { count: excess })
          : failure === null
            ? ''
            : t('call.chat.not-sent', { reason: problemWords(failure) })}
      </p>
      <label class="only-read" for={id}>
        {t('call.chat.field')}
      </label>
      <textarea
        ref={field}
        id={id}
        rows={1}
        value={draft}
        placeholder={t('call.chat.placeholder')}
        enterkeyhint="send"
        autoComplete="off"
        dir="auto"
        readOnly={sending}
        data-testid="chat-input"
        onInput={(event) => {
          setFailure(null);
          onDraft(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          submit();
        }}
      />
      <button
        type="submit"
        class="composer-send"
        aria-label={t(sending ? 'call.chat.sending' : 'call.chat.send')}
        title={t('call.chat.send')}
        disabled={text === '' || excess > 0 || sending}
        data-testid="chat-send"
      >
        <Icon name="send" />
      </button>
    </form>
  );
}

function isTouchFirst(): boolean {
  return window.matchMedia('(pointer: coarse)').matches;
}
