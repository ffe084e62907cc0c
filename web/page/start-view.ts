/** The first page: make a new call. */
import { h, setText } from './dom.ts';
import { icon } from './icon.ts';
import { memory } from './memory.ts';
import { createRoom } from './rooms-api.ts';

/** @param message What to say at once, for example that a link was broken; empty for nothing. */
export function startView(message: string): HTMLElement {
  const status = h('p', { role: 'status', class: 'notice', 'data-testid': 'start-status' }, message);
  const token = h('input', {
    type: 'password',
    name: 'token',
    autocomplete: 'off',
    'data-testid': 'create-token',
  });
  const tokenField = h(
    'label',
    { class: 'field', hidden: true },
    h('span', {}, 'Token, as the server printed it'),
    token,
  );
  const button = h(
    'button',
    { type: 'submit', class: 'primary', 'data-testid': 'new-call' },
    icon('plus'),
    'New call',
  );
  const form = h('form', { class: 'card start' }, tokenField, button, status);

  const create = async (): Promise<void> => {
    button.disabled = true;
    setText(status, 'Making a room…');
    if (token.value !== '') memory.token = token.value.trim();
    const made = await createRoom(memory.token);
    if ('room' in made) {
      location.assign(`/call#${made.room}`);
      return;
    }
    button.disabled = false;
    setText(status, made.refusal);
    if (made.needsToken) {
      tokenField.hidden = false;
      token.focus();
    }
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void create();
  });
  return h(
    'main',
    { class: 'page' },
    header(),
    h(
      'p',
      { class: 'lead' },
      'Calls between devices that share no codec. Make a call, send its link, and everybody who opens it is in.',
    ),
    form,
  );
}

/** Name and mark above a page. */
export function header(): HTMLElement {
  return h(
    'header',
    { class: 'brand' },
    h('span', { class: 'mark', 'aria-hidden': 'true' }),
    h('h1', {}, 'CommuCat'),
  );
}

/** What is left when a call is over. */
export function endedView(reason: string, again: () => void): HTMLElement {
  const button = h('button', { type: 'button', class: 'primary', 'data-testid': 'rejoin' }, 'Join again');
  button.addEventListener('click', again);
  return h(
    'main',
    { class: 'page', 'data-testid': 'ended' },
    header(),
    h(
      'section',
      { class: 'card' },
      h('p', { role: 'status', 'data-testid': 'end-reason' }, reason),
      button,
      h('a', { class: 'quiet', href: '/' }, 'Make a new call'),
    ),
  );
}
