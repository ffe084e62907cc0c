import type { start as english } from '../en/start.ts';
import type { Entry } from '../translate.ts';

export const start: Readonly<Record<keyof typeof english, Entry>> = {
  'start.lead':
    'Видеозвонки между любыми устройствами. Начните звонок и отправьте ссылку: по ней можно сразу войти.',
  'start.new-call': 'Новый звонок',
  'start.making': 'Готовим звонок…',
  'start.or': 'или',
  'start.link': 'Ссылка на звонок',
  'start.open': 'Открыть',
  'start.not-a-link': 'Это не ссылка на звонок. Вставьте ссылку целиком.',
  'start.token': 'Токен доступа',
  'start.token-needed': 'Чтобы создавать звонки, введите токен, который сервер вывел при запуске.',
  'start.token-wrong': 'Неверный токен. Скопируйте его ещё раз из того, что сервер вывел при запуске.',
  'start.broken-link.title': 'Ссылка неполная',
  'start.broken-link':
    'Часть ссылки потерялась: так бывает при копировании вручную. Попросите прислать её ещё раз или начните новый звонок.',
  'start.ended.left': 'Вы вышли из звонка',
  'start.ended.ended': 'Звонок завершён',
  'start.ended.ended.text': 'Он завершён для всех участников.',
  'start.ended.taken-over': 'Вы вошли в звонок в другом месте',
  'start.ended.taken-over.text':
    'Этот звонок открыт в другой вкладке или другом окне, и участие продолжается там. Закройте эту вкладку или вернитесь в звонок здесь.',
  'start.ended.refused': 'Звонок прервался',
  'start.rejoin': 'Войти снова',
  'start.another': 'Начать другой звонок',
};
