import type { Entry } from '../translate.ts';

export const prejoin = {
  'prejoin.title': 'Ready to join?',
  'prejoin.name': 'Your name',
  'prejoin.name-missing': 'Enter your name, so that the others know who you are.',
  'prejoin.name-refused': 'This name cannot be used: it has invisible signs. Type it anew.',
  'prejoin.join': 'Join',
  'prejoin.joining': 'Joining…',
  'prejoin.picture': 'Your picture',
  'prejoin.camera-off': 'The camera is off',
  'prejoin.camera-none': 'No camera picture',
  'prejoin.camera-starting': 'The camera is starting…',
  'prejoin.allow': 'Your browser asks whether this page may use camera and microphone. Choose “Allow”.',
  'prejoin.devices': 'Devices',
  'prejoin.connecting': 'Connecting to the server…',
  'prejoin.lobby.nobody': 'Nobody is here yet.',
  'prejoin.lobby.names': 'In the call: {names}',
  'prejoin.lobby.more': 'In the call: {names} and {count} more',
  'prejoin.lobby.full':
    'The call is full: {count} people are in it. You can join as soon as somebody leaves.',
} as const satisfies Readonly<Record<string, Entry>>;
