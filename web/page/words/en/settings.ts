import type { Entry } from '../translate.ts';

export const settings = {
  'settings.title': 'Settings',
  'settings.devices': 'Sound and picture',
  'settings.page': 'Page',
  'settings.call': 'Call',
  'settings.codec': 'Video codec',
  'settings.codec.auto': 'Automatic',
  'settings.codec.VP8': 'VP8 only',
  'settings.codec.H264': 'H.264 only',
  'settings.codec.help':
    'Leave this automatic, unless you want to try how a device with one codec gets along.',
  'settings.push-to-talk': 'Speak while the space bar is held',
  'settings.push-to-talk.help': 'The microphone stays muted otherwise.',
  'settings.shortcuts': 'Keyboard shortcuts',
} as const satisfies Readonly<Record<string, Entry>>;
