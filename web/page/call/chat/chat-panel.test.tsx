// @vitest-environment happy-dom
import { useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ChatMessage } from '../../../sdk/index.ts';
import { message } from '../testing/doubles.ts';
import { type Shown, show } from '../../view/testing/show.tsx';
import { ChatPanel } from './chat-panel.tsx';

let shown: Shown;
afterEach(async () => {
  await shown.close();
  expect(document.body.childElementCount).toBe(0);
});

interface ChatProps {
  readonly messages?: readonly ChatMessage[];
  readonly send?: (text: string) => Promise<void>;
}

function Chat({ messages = [], send = () => Promise.resolve() }: ChatProps): JSX.Element {
  const [draft, setDraft] = useState('');
  return (
    <ChatPanel
      messages={messages}
      ownId="me"
      draft={draft}
      onDraft={setDraft}
      send={send}
      problemWords={(error) => (error instanceof Error ? error.message : '?')}
      onClose={() => undefined}
    />
  );
}

const input = (): HTMLTextAreaElement => {
  const field = shown.find('chat-input');
  if (!(field instanceof HTMLTextAreaElement)) throw new Error('no field');
  return field;
};

describe('the list', () => {
  it('shows who wrote what as text, marks the own, and makes links that give nothing away', async () => {
    shown = await show(
      <Chat
        messages={[message('1', 'ada', '<b>bold</b> https://a.example/x'), message('2', 'me', 'two\nlines')]}
      />,
    );
    const [first, second] = shown.all('chat-message');
    expect(first?.textContent).toBe('<b>bold</b> https://a.example/x');
    expect(first?.querySelector('b')).toBeNull();
    const link = first?.querySelector('a');
    expect([link?.getAttribute('href'), link?.target, link?.rel]).toEqual([
      'https://a.example/x',
      '_blank',
      'noopener noreferrer',
    ]);
    expect(first?.dataset['own']).toBe('false');
    expect(second?.dataset['own']).toBe('true');
    expect(second?.textContent).toBe('two\nlines');
    expect([...shown.root.querySelectorAll('.chat-head b')].map((name) => name.textContent)).toEqual([
      'ada',
      'You',
    ]);
  });

  it('stays at its end, unless somebody scrolled up: then a button leads to the new ones', async () => {
    const before = [message('1', 'ada', 'a')];
    shown = await show(<Chat messages={before} />);
    const log = shown.find('chat-log');
    Object.defineProperty(log, 'scrollHeight', { value: 1_000 });
    Object.defineProperty(log, 'clientHeight', { value: 300 });
    const two = [...before, message('2', 'ada', 'b')];
    await shown.again(<Chat messages={two} />);
    expect(log.scrollTop).toBe(1_000);

    await shown.act(() => {
      log.scrollTop = 200;
      log.dispatchEvent(new Event('scroll'));
    });
    const three = [...two, message('3', 'ada', 'c')];
    await shown.again(<Chat messages={three} />);
    const four = [...three, message('4', 'ben', 'd')];
    await shown.again(<Chat messages={four} />);
    expect(log.scrollTop).toBe(200);
    expect(shown.text('chat-new')).toBe('2 new messages');
    await shown.press('chat-new');
    expect(log.scrollTop).toBe(1_000);
    expect(shown.maybe('chat-new')).toBeNull();

    await shown.act(() => {
      log.scrollTop = 200;
      log.dispatchEvent(new Event('scroll'));
    });
    await shown.again(<Chat messages={[...four, message('5', 'me', 'e')]} />);
    expect(log.scrollTop).toBe(1_000);
  });
});

describe('the field', () => {
  it('sends with Enter, is empty afterwards, and begins a line with Shift and Enter', async () => {
    const send = vi.fn(() => Promise.resolve());
    shown = await show(<Chat send={send} />);
    await shown.type('chat-input', '  hello\nthere ');
    const line = await shown.key(input(), 'keydown', { key: 'Enter', shiftKey: true });
    expect(line.defaultPrevented).toBe(false);
    expect(send).not.toHaveBeenCalled();
    const enter = await shown.key(input(), 'keydown', { key: 'Enter' });
    expect(enter.defaultPrevented).toBe(true);
    expect(send).toHaveBeenCalledExactlyOnceWith('hello\nthere');
    expect(input().value).toBe('');
  });

  it('sends nothing that is empty, too long, or still being composed', async () => {
    const send = vi.fn(() => Promise.resolve());
    shown = await show(<Chat send={send} />);
    await shown.type('chat-input', ' \n ');
    await shown.key(input(), 'keydown', { key: 'Enter' });
    await shown.type('chat-input', 'か');
    await shown.key(input(), 'keydown', { key: 'Enter', isComposing: true });
    await shown.type('chat-input', 'x'.repeat(4_003));
    expect(shown.text('chat-failed')).toBe('3 signs too long');
    await shown.key(input(), 'keydown', { key: 'Enter' });
    expect(send).not.toHaveBeenCalled();
  });

  it('keeps what could not be sent, says so, and sends it again', async () => {
    const failing = Promise.withResolvers<undefined>();
    const send = vi
      .fn<(text: string) => Promise<void>>()
      .mockReturnValueOnce(failing.promise)
      .mockResolvedValue();
    shown = await show(<Chat send={send} />);
    await shown.type('chat-input', 'hello');
    await shown.press('chat-send');
    // On its way: not sent twice.
    expect(input().readOnly).toBe(true);
    await shown.key(input(), 'keydown', { key: 'Enter' });
    expect(send).toHaveBeenCalledTimes(1);
    await shown.act(() => failing.reject(new Error('the network is gone')));
    expect(shown.text('chat-failed')).toBe('Not sent: the network is gone');
    expect(input().value).toBe('hello');
    expect(input().readOnly).toBe(false);
    await shown.press('chat-send');
    expect(send).toHaveBeenLastCalledWith('hello');
    expect(input().value).toBe('');
    expect(shown.text('chat-failed')).toBe('');
  });
});
