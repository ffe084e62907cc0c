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
  'settings.codec.VP9': 'Только VP9',
  'settings.codec.H264': 'Только H.264',
  'settings.codec.AV1': 'Только AV1',
  'settings.codec.help':
    'Оставьте «Автоматически», если только не хотите проверить, как работает устройство с одним кодеком.',
  'settings.network': 'Проверить на плохой сети',
  'settings.network.choice': 'Пробная сеть',
  'settings.network.help':
    'Через неё идут ваши звук и изображение, туда и обратно: видно, что станет со звонком. У остальных сеть не меняется.',
  'network.none': 'Нет, обычная сеть',
  'network.narrow': 'Медленная линия, 300\u00a0кбит/с',
  'network.steps': 'Линия, которая падает и растёт',
  'network.mobile': 'Телефон в движении',
  'network.lossy': 'Потери пачками',
  'settings.push-to-talk': 'Говорить, удерживая пробел',
  'settings.push-to-talk.help': 'В остальное время микрофон выключен.',
  'settings.shortcuts': 'Сочетания клавиш',
};
