import type { devices as english } from '../en/devices.ts';
import type { Entry } from '../translate.ts';

export const devices: Readonly<Record<keyof typeof english, Entry>> = {
  'devices.microphone': 'Микрофон',
  'devices.camera': 'Камера',
  'devices.speaker': 'Динамик',
  'devices.microphone.number': 'Микрофон {number}',
  'devices.camera.number': 'Камера {number}',
  'devices.speaker.number': 'Динамик {number}',
  'devices.system-default': 'Как в системе',
  'devices.blocked': 'Не разрешено',
  'devices.none': 'Не найдено',
  'devices.microphone.mute': 'Выключить микрофон',
  'devices.microphone.unmute': 'Включить микрофон',
  'devices.camera.on': 'Включить камеру',
  'devices.camera.off': 'Выключить камеру',
  'devices.level': 'Уровень микрофона',
  'devices.silence': 'Этот микрофон ничего не слышит. Скажите что-нибудь или выберите другой.',
  'devices.blur': 'Размыть фон',
  'devices.blur.starting': 'Готовим размытие…',
  'devices.blur.unavailable': 'На этом устройстве размытие не работает.',
  'devices.blur.held':
    'На этом устройстве размытие не работает, поэтому камера выключена. Если включить её снова, фон будет виден.',
  'devices.test-sound': 'Проверить звук',
  'devices.test-sound.playing': 'Звук играет…',
  'devices.test-sound.failed': 'Не удалось воспроизвести звук. Выберите другой динамик.',
  'devices.problem.microphone.denied':
    'Доступ к микрофону закрыт. Нажмите на значок рядом с адресом страницы и разрешите микрофон. Пока вас никто не слышит.',
  'devices.problem.microphone.busy': 'Микрофон занят другой программой. Закройте её и повторите.',
  'devices.problem.microphone.missing': 'Микрофон не найден. Подключите его: он заработает сразу.',
  'devices.problem.microphone.ended': 'Микрофон отключён. Подключите его снова или выберите другой.',
  'devices.problem.camera.denied':
    'Доступ к камере закрыт. Нажмите на значок рядом с адресом страницы и разрешите камеру. Пока вас никто не видит.',
  'devices.problem.camera.busy': 'Камера занята другой программой. Закройте её и повторите.',
  'devices.problem.camera.missing': 'Камера не найдена. Подключите её: она заработает сразу.',
  'devices.problem.camera.ended': 'Камера отключена. Подключите её снова или выберите другую.',
  'devices.problem.insecure':
    'Браузер даёт камеру и микрофон только страницам по https. Откройте https-адрес этого сервера. Войти и слушать можно и так.',
  'devices.problem.both-denied':
    'Доступ к камере и микрофону закрыт. Нажмите на значок рядом с адресом страницы и разрешите его. Войти можно и без них.',
  'devices.problem.both-missing':
    'Камера и микрофон не найдены. Подключите их: они заработают сразу. Войти можно и без них.',
};
