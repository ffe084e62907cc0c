import type { prejoin as english } from '../en/prejoin.ts';
import type { Entry } from '../translate.ts';

export const prejoin: Readonly<Record<keyof typeof english, Entry>> = {
  'prejoin.title': 'Готовы войти?',
  'prejoin.name': 'Ваше имя',
  'prejoin.name-missing': 'Введите имя, чтобы другие знали, кто вы.',
  'prejoin.name-refused': 'Такое имя не подходит: в нём есть невидимые знаки. Введите его заново.',
  'prejoin.join': 'Войти',
  'prejoin.joining': 'Входим…',
  'prejoin.picture': 'Ваше изображение',
  'prejoin.camera-off': 'Камера выключена',
  'prejoin.camera-none': 'Нет изображения с камеры',
  'prejoin.camera-starting': 'Камера включается…',
  'prejoin.allow':
    'Браузер спрашивает, можно ли странице использовать камеру и микрофон. Нажмите «Разрешить».',
  'prejoin.devices': 'Устройства',
  'prejoin.connecting': 'Соединяемся с сервером…',
  'prejoin.lobby.nobody': 'Пока никого нет.',
  'prejoin.lobby.names': 'В звонке: {names}',
  'prejoin.lobby.more': 'В звонке: {names} и ещё {count}',
  'prejoin.lobby.full':
    'Мест нет: в звонке уже {count} участников. Вы сможете войти, когда кто-нибудь выйдет.',
};
