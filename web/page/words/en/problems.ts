import type { Entry } from '../translate.ts';

export const problems = {
  'problem.misunderstanding': 'This page and the server do not understand each other. Load the page again.',
  'problem.interrupted': 'The connection broke off. Try again.',
  'problem.too-slow':
    'The connection is too slow for this call. Move closer to the network, or switch the camera off, and try again.',
  'problem.altered': 'Something between you and the server alters the connection. Try another network.',
  'problem.pairing': 'This device is not approved yet. Approve it from a device that is.',
  'problem.unauthorized': 'This server does not know the link or the token. Ask for it again.',
  'problem.forbidden':
    'This link does not work on this server. Ask for it again, and open it exactly as it was sent.',
  'problem.not-found': 'This call does not exist, or no longer. Ask for the link again.',
  'problem.too-many-connections':
    'There are too many connections from your network. Close other tabs with calls, then try again.',
  'problem.server-full': 'The server is full. Try again in some minutes.',
  'problem.too-large': 'That is too much at once. Send less.',
  'problem.timeout': 'The server did not answer in time. Check the network and try again.',
  'problem.invalid': 'The server did not accept this. Check what you entered.',
  'problem.rate-limited': 'That was too fast. Wait a moment, then try again.',
  'problem.room-full': 'The call is full. You can join as soon as somebody leaves.',
  'problem.too-many-rooms': 'The server cannot hold more calls just now. Try again later.',
  'problem.codec': 'This device and the server have no video codec in common for this. Try another browser.',
  'problem.media': 'The server is restarting a part of itself. Try again in some seconds.',
  'problem.emulation': 'There is no test network to be had just now. Try again later.',
  'problem.taken-over': 'This call goes on in another tab or window.',
  'problem.internal': 'Something went wrong on the server. Try again; tell its operator if it stays.',
  'problem.unreachable': 'The server cannot be reached. Check your network; the page keeps trying.',
  'problem.call-over': 'The call is over.',
  'problem.not-in-call': 'You are not in the call. Join first.',
  'problem.text': 'A message has 1 to 4000 signs.',
  'problem.track': 'The device gave no usable picture or sound. Choose another one.',
  'problem.layers': 'The browser did not change the quality of your picture. Nothing needs to be done.',
  'problem.path':
    'Picture and sound do not get through your network. Open the connection test, or try another network.',
  'problem.unexpected': 'Something unexpected happened. Try again, or load the page anew.',
  'problem.device-denied': 'The browser does not allow this device. Allow it beside the page’s address.',
  'problem.device-busy': 'Another program is using this device. Close it there, or choose another one.',
  'problem.device-missing': 'This device is no longer there. Choose another one.',
  'problem.device-insecure': 'Browsers give devices only to pages with https.',
} as const satisfies Readonly<Record<string, Entry>>;
