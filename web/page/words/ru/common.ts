import type { common as english } from '../en/common.ts';
import type { Entry } from '../translate.ts';

export const common: Readonly<Record<keyof typeof english, Entry>> = {
  'common.close': 'Закрыть',
  'common.cancel': 'Отмена',
  'common.copy': 'Скопировать',
  'common.copied': 'Скопировано',
  'common.retry': 'Повторить',
  'common.language': 'Язык',
  'common.theme': 'Оформление',
  'common.theme.system': 'Как в системе',
  'common.theme.light': 'Светлое',
  'common.theme.dark': 'Тёмное',
  'common.settings': 'Настройки',
  'common.home': 'CommuCat, главная страница',
  'common.loading': 'Загрузка…',
  'common.load-failed': 'Не удалось загрузить часть страницы. Проверьте сеть и попробуйте ещё раз.',
  'common.test-connection': 'Проверить соединение',
};
