import type { settings as english } from '../en/settings.ts';
import type { Entry } from '../translate.ts';

export const settings: Readonly<Record<keyof typeof english, Entry>> = {
  'settings.title': 'Настройки',
  'settings.devices': 'Звук и изображение',
  'settings.page': 'Страница',
  'settings.call': 'Звонок',
  'settings.codec': 'Видеокодек',
  'settings.codec.auto': 'Автоматически',
  'settings.codec.VP8': 'Только VP8',
  'settings.codec.H264': 'Только H.264',
  'settings.codec.help':
    'Оставьте «Автоматически», если только не хотите проверить, как работает устройство с одним кодеком.',
  'settings.push-to-talk': 'Говорить, удерживая пробел',
  'settings.push-to-talk.help': 'В остальное время микрофон выключен.',
  'settings.shortcuts': 'Сочетания клавиш',
};
