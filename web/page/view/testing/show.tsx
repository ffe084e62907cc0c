/** Puts a view on the page of a test, in a language, and takes it off again. */
import { type ComponentChildren, type JSX, render } from 'preact';
import { act } from 'preact/test-utils';
import { LanguageProvider } from '../../words/language.tsx';
import type { Language } from '../../words/translate.ts';

export interface Shown {
  readonly root: HTMLElement;
  /** The element with this test id. @throws Error where there is none, or more than one */
  find(testId: string): HTMLElement;
  maybe(testId: string): HTMLElement | null;
  all(testId: string): readonly HTMLElement[];
  text(testId: string): string;
  press(testId: string): Promise<void>;
  /** Types into a field. */
  type(testId: string, text: string): Promise<void>;
  key(target: EventTarget, type: 'keydown' | 'keyup', key: KeyboardEventInit): Promise<KeyboardEvent>;
  /** Runs what changes something, and waits until it is drawn. */
  act(change: () => void | Promise<void>): Promise<void>;
  again(view: JSX.Element): Promise<void>;
  close(): Promise<void>;
}

/** Promises that are settled already lead to what hangs on them, some steps deep. */
async function settle(): Promise<void> {
  for (let step = 0; step < 10; step++) await Promise.resolve();
}

export async function show(view: ComponentChildren, language: Language = 'en'): Promise<Shown> {
  const root = document.createElement('div');
  document.body.append(root);
  const draw = async (children: ComponentChildren): Promise<void> => {
    await act(() => render(<LanguageProvider language={language}>{children}</LanguageProvider>, root));
  };
  await draw(view);
  const all = (testId: string): readonly HTMLElement[] => [
    ...root.querySelectorAll<HTMLElement>(`[data-testid="${testId}"]`),
  ];
  const find = (testId: string): HTMLElement => {
    const found = all(testId);
    const [first] = found;
    if (first === undefined || found.length > 1) throw new Error(`${found.length} elements are ${testId}`);
    return first;
  };
  return {
    root,
    find,
    all,
    maybe: (testId) => (all(testId).length === 0 ? null : find(testId)),
    text: (testId) => find(testId).textContent,
    press: async (testId) => {
      await act(async () => {
        find(testId).click();
        await settle();
      });
    },
    type: async (testId, text) => {
      const field = find(testId);
      if (!(field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement)) {
        throw new Error(`${testId} is no field`);
      }
      await act(() => {
        field.value = text;
        field.dispatchEvent(new Event('input', { bubbles: true }));
      });
    },
    key: async (target, type, init) => {
      const event = new KeyboardEvent(type, { bubbles: true, cancelable: true, ...init });
      await act(() => {
        target.dispatchEvent(event);
      });
      return event;
    },
    act: async (change) => {
      await act(async () => {
        await change();
        await settle();
      });
    },
    again: draw,
    close: async () => {
      await act(() => render(null, root));
      root.remove();
    },
  };
}
