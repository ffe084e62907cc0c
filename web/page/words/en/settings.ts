import type { Entry } from '../translate.ts';

export const settings = {
  'settings.title': 'Settings',
  'settings.devices': 'Sound and picture',
  'settings.page': 'Page',
  'settings.call': 'Call',
  'settings.codec': 'Video codec',
  'settings.codec.auto': 'Automatic',
  'settings.codec.VP8': 'VP8 only',
  'settings.codec.VP9': 'VP9 only',
  'settings.codec.H264': 'H.264 only',
  'settings.codec.AV1': 'AV1 only',
  'settings.codec.help':
    'Leave this automatic, unless you want to try how a device with one codec gets along.',
  'settings.network': 'Try out a bad network',
  'settings.network.choice': 'Test network',
  'settings.network.help':
    'Your own sound and pictures, both ways, go through it, so that you see what becomes of the call. The others keep their networks.',
  'network.none': 'None, the real one',
  'network.narrow': 'Slow line, 300 kbit/s',
  'network.steps': 'Line that falls and rises',
  'network.mobile': 'Phone on the move',
  'network.lossy': 'Loss in bursts',
  'settings.push-to-talk': 'Speak while the space bar is held',
  'settings.push-to-talk.help': 'The microphone stays muted otherwise.',
  'settings.shortcuts': 'Keyboard shortcuts',
} as const satisfies Readonly<Record<string, Entry>>;
