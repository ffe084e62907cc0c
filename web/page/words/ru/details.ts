import type { details as english } from '../en/details.ts';
import type { Entry } from '../translate.ts';

export const details: Readonly<Record<keyof typeof english, Entry>> = {
  'details.stage': 'Участники звонка',
  'details.you': '{name} (вы)',
  'details.screen-of': '{name}: экран',
  'details.screen-own': 'Ваш экран',
  'details.somebody': 'Участник',

  'details.muted': 'Микрофон выключен',
  'details.hand': 'Рука поднята',
  'details.quality.good': 'Хорошая связь',
  'details.quality.fair': 'Средняя связь',
  'details.quality.poor': 'Плохая связь',
  'details.quality.lost': 'Связь потеряна',
  'details.reconnecting': 'Подключается снова…',
  'details.unavailable': 'Изображение нельзя показать',
  'details.screen-waiting': 'Экран сейчас появится…',

  'details.pin': 'Закрепить крупно: {name}',
  'details.unpin': 'Открепить: {name}',
  'details.full-screen': 'Во весь экран: {name}',
  'details.full-screen.leave': 'Выйти из полноэкранного режима',
  'details.show': 'Показать подробности: {name}',
  'details.hide': 'Скрыть подробности: {name}',
  'details.of': 'Подробности: {name}',

  'details.page.before': 'Предыдущие участники',
  'details.page.next': 'Следующие участники',
  'details.page.now': '{page} из {pages}',

  'details.badge.forwarded': 'без перекодирования',
  'details.badge.transcoded': 'перекодировано {from} → {to}',
  'details.badge.sending': 'отправляется {codec}',
  'details.badge.not-sending': 'не отправляется',
  'details.badge.unavailable': 'недоступно',
  'details.own.sending': 'ваше изображение, к вам обратно не отправляется',
  'details.own.not-sending': 'ничего не отправляется',

  'details.path': 'Как доходит',
  'details.path.own': 'ваша камера',
  'details.path.own-screen': 'ваш экран',
  'details.reason': 'Почему',
  'details.codec': 'Видео',
  'details.codec.none': 'нет',
  'details.layer': 'Слой',
  'details.layer.value': '{index} из {count}',
  'details.layer.unknown': 'один из {count}',
  'details.layer.unwatched': '{rid}: никто не смотрит',
  'details.size': 'Размер кадра',
  'details.rate': 'Частота кадров',
  'details.bitrate': 'Битрейт',
  'details.loss': 'Потери',
  'details.loss.value': '{share} (всего {packets})',
  'details.rtt': 'Туда и обратно',
  'details.jitter': 'Джиттер',
  'details.buffer': 'Буфер джиттера',
  'details.freezes': 'Замирания',
  'details.freezes.value': '{count}, всего {seconds} с',
  'details.estimate': 'Оценка канала',
  'details.share': 'Доля',
  'details.share.whole': 'сколько нужно',
  'details.held': 'Ждёт, пока сеть станет лучше',
  'details.limit': 'Сдерживает',
  'details.limit.none': 'ничего',
  'details.limit.cpu': 'процессор этого устройства',
  'details.limit.bandwidth': 'сеть',
  'details.limit.other': 'другая причина',
  'details.network': 'Сеть',
  'details.network.direct': '{protocol}, напрямую',
  'details.network.relayed': '{protocol}, через ретранслятор',
  'details.sound': 'Звук',
  'details.sound.value': '{codec}, {bitrate}, потери {loss}',

  'details.mbps': '{value} Мбит/с',
  'details.kbps': '{value} кбит/с',
  'details.ms': '{value} мс',
  'details.fps': '{value} в секунду',
  'details.fps.short': '{value} к/с',
  'details.percent': '{value} %',

  'details.plots': 'Последняя минута',
  'details.plot.empty': '{what}: за последнюю минуту измерений нет',
  'details.plot.text': '{what} за последнюю минуту: от {lowest} до {highest}, сейчас {last}',

  'details.pip.mute': 'Выключить микрофон',
  'details.pip.unmute': 'Включить микрофон',
  'details.pip.title': 'Звонок CommuCat',

  'details.and': ' и ',
  'details.nothing': 'ничего',
  'details.kind.audio': 'звук',
  'details.kind.video': 'видео',

  'details.why.forwarded': 'передаётся как есть: отправляется {codec}, вы его принимаете',
  'details.why.forwarded-until-switch':
    'передаётся как есть: отправляется {codec}, вы его принимаете; скоро отправитель перейдёт на {next}',
  'details.why.transcoded-until-switch':
    'перекодируется {from} → {to}, пока отправитель не перейдёт на {next}',
  'details.why.transcoded-sender-limited':
    'перекодируется {from} → {to}: вы принимаете только {receives}, а отправитель может отправлять только {sends}',
  'details.why.transcoded-suits-all':
    'перекодируется {from} → {to}: вы принимаете только {receives}, а {from} лучше всего подходит остальным',
  'details.why.transcoded-smaller':
    'перекодируется {from} → {to} в меньшем размере, чем для других: ваша сеть пропускает меньше',
  'details.why.transcoded-not-shown':
    'перекодируется {from} → {to}: изображение в {from} на вашем устройстве не появилось',
  'details.why.transcoded-whole-not-shown':
    'перекодируется {from} → {to} в меньшем размере: изображение в полном размере на вашем устройстве не появилось',
  'details.why.shows-none': 'не доставляется: изображение на вашем устройстве не появилось, кодеки: {codec}',
  'details.why.stalled-key-frame':
    'изображение в {codec} на вашем устройстве не появляется: запрошен ключевой кадр',
  'details.why.stalled-lower-layer':
    'изображение в {codec} на вашем устройстве не появляется: пробуем меньший слой',
  'details.why.stalled-other-codec':
    'изображение в {codec} на вашем устройстве не появляется: пробуем другой кодек',
  'details.why.stalled-smaller':
    'изображение в {codec} на вашем устройстве не появляется: пробуем меньший размер',
  'details.why.stalled-given-up':
    'изображение в {codec} на вашем устройстве не появляется: пробовать больше нечего',
  'details.why.not-live': 'не доставляется: отправитель сейчас не передаёт {codec}',
  'details.why.receives-none': 'не доставляется: отправляется {codec}, а вы совсем не принимаете {kind}',
  'details.why.switch-pending': 'ждём, пока отправитель перейдёт с {from} на {next}, который вы принимаете',
  'details.why.switch-pending-transcoded':
    'ждём, пока отправитель перейдёт с {from} на {next}; для вас это будет перекодироваться в {codec}',
  'details.why.transcoding-off':
    'не доставляется: отправляется {codec}, вы принимаете только {receives}, а в этой комнате перекодирования нет',
  'details.why.not-transcodable':
    'не доставляется: отправляется {codec}, вы принимаете только {receives}, и перекодировать одно в другое нечем',
  'details.why.budget':
    'не доставляется: перекодирование {from} → {to} требует {cost} тысячных долей ядра, больше, чем осталось у этой комнаты из {budget}',
  'details.why.share-whole': 'ваша сеть пропускает больше, чем нужно этому видео',
  'details.why.share-limited':
    'ваша сеть пропускает {available} кбит/с, из них этому видео — {share} (всего видео: {pictures})',
  'details.why.share-held':
    'ваша сеть пропускает {available} кбит/с: это видео ждёт, чтобы шли звук и более важное (всего видео: {pictures})',
  'details.why.transcoding-fails': 'перекодирование этого потока раз за разом не удаётся',
};
