import type { Entry } from '../translate.ts';

export const devices = {
  'devices.microphone': 'Microphone',
  'devices.camera': 'Camera',
  'devices.speaker': 'Speaker',
  'devices.microphone.number': 'Microphone {number}',
  'devices.camera.number': 'Camera {number}',
  'devices.speaker.number': 'Speaker {number}',
  'devices.system-default': 'As the system',
  'devices.blocked': 'Not allowed',
  'devices.none': 'None found',
  'devices.microphone.mute': 'Mute the microphone',
  'devices.microphone.unmute': 'Switch the microphone on',
  'devices.camera.on': 'Switch the camera on',
  'devices.camera.off': 'Switch the camera off',
  'devices.level': 'Microphone level',
  'devices.silence': 'Nothing is heard from this microphone. Speak up, or choose another one.',
  'devices.blur': 'Blur the background',
  'devices.blur.starting': 'Getting the blur ready…',
  'devices.blur.unavailable': 'The blur does not work on this device.',
  'devices.blur.held':
    'The blur does not work on this device, so the camera is off. Switched on again, it shows your background.',
  'devices.test-sound': 'Play a test sound',
  'devices.test-sound.playing': 'A sound is playing…',
  'devices.test-sound.failed': 'The sound could not be played. Choose another speaker.',
  'devices.problem.microphone.denied':
    'The microphone is blocked. Click the icon beside the page’s address and allow the microphone. Until then nobody hears you.',
  'devices.problem.microphone.busy':
    'Another program is using the microphone. Close it there, then try again.',
  'devices.problem.microphone.missing': 'No microphone was found. Plug one in: it will be used at once.',
  'devices.problem.microphone.ended': 'The microphone is gone. Plug it in again, or choose another one.',
  'devices.problem.camera.denied':
    'The camera is blocked. Click the icon beside the page’s address and allow the camera. Until then nobody sees you.',
  'devices.problem.camera.busy': 'Another program is using the camera. Close it there, then try again.',
  'devices.problem.camera.missing': 'No camera was found. Plug one in: it will be used at once.',
  'devices.problem.camera.ended': 'The camera is gone. Plug it in again, or choose another one.',
  'devices.problem.insecure':
    'Browsers give camera and microphone only to pages with https. Open the https address of this server. You can join and listen as it is.',
  'devices.problem.both-denied':
    'Camera and microphone are blocked. Click the icon beside the page’s address and allow them. You can join without.',
  'devices.problem.both-missing':
    'No camera and no microphone were found. Plug them in: they will be used at once. You can join without.',
} as const satisfies Readonly<Record<string, Entry>>;
