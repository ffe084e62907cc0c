/** The latest message for a moment, while the chat is closed. A press opens the chat. */
import type { JSX } from 'preact';
import type { ChatMessage } from '../../../sdk/index.ts';
import { RoundButton } from '../../design/controls.tsx';
import { useWords } from '../../words/language.tsx';

export interface MessagePreviewProps {
  readonly message: ChatMessage | null;
  readonly onOpen: () => void;
  readonly onDismiss: () => void;
}

/** Longer ones are read in the chat. */
const SHOWN_SIGNS = 160;

export function MessagePreview({ message, onOpen, onDismiss }: MessagePreviewProps): JSX.Element {
  const t = useWords();
  const text = message === null ? '' : shortened(message.text);
  return (
    <div class="message-preview" data-empty={message === null}>
      <p class="only-read" aria-live="polite" data-testid="message-heard">
        {message === null ? '' : t('call.chat.said', { name: message.name, text })}
      </p>
      {message === null ? null : (
        <>
          <button type="button" class="message-preview-open" data-testid="message-preview" onClick={onOpen}>
            <span class="only-read">{t('call.chat.open')}: </span>
            <b>{message.name}</b>
            <span dir="auto">{text}</span>
          </button>
          <RoundButton icon="close" label={t('common.close')} onPress={onDismiss} />
        </>
      )}
    </div>
  );
}

function shortened(text: string): string {
  // Between two signs as people count them, never in the middle of one.
  let end = 0;
  let signs = 0;
  for (const { index, segment } of new Intl.Segmenter().segment(text)) {
    if (signs++ === SHOWN_SIGNS) return `${text.slice(0, end)}…`;
    end = index + segment.length;
  }
  return text;
}
