/** What came while the chat was closed: how many, and the latest for a moment. Owns its listener and its timer. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Call, ChatMessage } from '../../../sdk/index.ts';

export type UnreadCall = Pick<Call, 'on' | 'participantId'>;

export interface Unread {
  readonly count: number;
  /** Shown for some seconds beside the closed chat. */
  readonly latest: ChatMessage | null;
  readonly dismiss: () => void;
}

const SHOWN_MS = 6_000;

/** @param open Whether the chat is seen: then nothing is unread */
export function useUnread(call: UnreadCall, open: boolean): Unread {
  const [count, setCount] = useState(0);
  const [latest, setLatest] = useState<ChatMessage | null>(null);
  const isOpen = useRef(open);
  isOpen.current = open;
  const timer = useRef(0);

  useEffect(() => {
    const off = call.on('message', (message) => {
      if (isOpen.current || message.participant_id === call.participantId) return;
      setCount((before) => before + 1);
      setLatest(message);
      window.clearTimeout(timer.current);
      timer.current = window.setTimeout(() => setLatest(null), SHOWN_MS);
    });
    return () => {
      off();
      window.clearTimeout(timer.current);
    };
  }, [call]);
  useEffect(() => {
    if (!open) return;
    setCount(0);
    setLatest(null);
  }, [open]);

  return { count: open ? 0 : count, latest: open ? null : latest, dismiss: () => setLatest(null) };
}
