import type { people as english } from '../en/people.ts';
import type { Entry } from '../translate.ts';

export const people: Readonly<Record<keyof typeof english, Entry>> = {
  'people.title': 'Участники',
  'people.count': {
    one: '{count} участник',
    few: '{count} участника',
    many: '{count} участников',
    other: '{count} участника',
  },
  'people.you': 'вы',
  'people.hand': 'Рука поднята',
  'people.hand-place': 'Рука поднята, очередь {place}',
  'people.muted': 'Микрофон выключен',
  'people.unmuted': 'Микрофон включён',
  'people.camera-off': 'Камера выключена',
  'people.camera-on': 'Камера включена',
  'people.sharing': 'Показывает экран',
  'people.quality.fair': 'Сеть с потерями',
  'people.quality.poor': 'Слабая сеть',
  'people.quality.lost': 'Связь потеряна, возвращается',
  'people.invite': 'Войти может любой, у кого есть ссылка.',
  // Without the past tense, which would need to know whether a man or a woman came.
  'people.joined': '{name} теперь в звонке.',
  'people.left': '{name} больше не в звонке.',
  'people.raised': '{name}: рука поднята.',
  'people.many-joined': {
    one: 'Пришёл {count} участник.',
    few: 'Пришли {count} участника.',
    many: 'Пришли {count} участников.',
    other: 'Пришли {count} участника.',
  },
  'people.many-left': {
    one: 'Вышел {count} участник.',
    few: 'Вышли {count} участника.',
    many: 'Вышли {count} участников.',
    other: 'Вышли {count} участника.',
  },
};
