import type { Entry } from '../translate.ts';

export const people = {
  'people.title': 'People',
  'people.count': { one: '{count} person', other: '{count} people' },
  'people.you': 'you',
  'people.hand': 'Hand raised',
  'people.hand-place': 'Hand raised, number {place}',
  'people.muted': 'Microphone off',
  'people.unmuted': 'Microphone on',
  'people.camera-off': 'Camera off',
  'people.camera-on': 'Camera on',
  'people.sharing': 'Shares the screen',
  'people.quality.fair': 'Network with losses',
  'people.quality.poor': 'Weak network',
  'people.quality.lost': 'Connection lost, coming back',
  'people.invite': 'Who has the link can come in.',
  'people.joined': '{name} is here.',
  'people.left': '{name} has left.',
  'people.raised': '{name} raised a hand.',
  'people.many-joined': { one: '{count} person came.', other: '{count} people came.' },
  'people.many-left': { one: '{count} person left.', other: '{count} people left.' },
} as const satisfies Readonly<Record<string, Entry>>;
