import type { Entry } from '../translate.ts';

export const common = {
  'common.close': 'Close',
  'common.cancel': 'Cancel',
  'common.copy': 'Copy',
  'common.copied': 'Copied',
  'common.retry': 'Try again',
  'common.language': 'Language',
  'common.theme': 'Appearance',
  'common.theme.system': 'As the system',
  'common.theme.light': 'Light',
  'common.theme.dark': 'Dark',
  'common.settings': 'Settings',
  'common.home': 'CommuCat, start page',
  'common.loading': 'Loading…',
  'common.load-failed': 'A part of the page could not be loaded. Check the network and try again.',
  'common.test-connection': 'Test the connection',
} as const satisfies Readonly<Record<string, Entry>>;
