import type { Entry } from '../translate.ts';

export const details = {
  'details.stage': 'People in the call',
  'details.you': '{name} (you)',
  'details.screen-of': '{name}: screen',
  'details.screen-own': 'Your screen',
  'details.somebody': 'Somebody',

  'details.muted': 'Microphone off',
  'details.hand': 'Hand raised',
  'details.quality.good': 'Good connection',
  'details.quality.fair': 'Fair connection',
  'details.quality.poor': 'Poor connection',
  'details.quality.lost': 'Connection lost',
  'details.reconnecting': 'Reconnecting…',
  'details.unavailable': 'The picture cannot be shown',
  'details.screen-waiting': 'The screen is coming…',

  'details.pin': 'Keep {name} large',
  'details.unpin': 'Stop keeping {name} large',
  'details.full-screen': 'Show {name} in full screen',
  'details.full-screen.leave': 'Leave full screen',
  'details.show': 'Show details of {name}',
  'details.hide': 'Hide details of {name}',
  'details.of': 'Details of {name}',

  'details.page.before': 'Previous people',
  'details.page.next': 'More people',
  'details.page.now': '{page} of {pages}',

  'details.badge.forwarded': 'forwarded',
  'details.badge.transcoded': 'transcoded {from} → {to}',
  'details.badge.sending': 'sending {codec}',
  'details.badge.not-sending': 'not sending',
  'details.badge.unavailable': 'not available',
  'details.own.sending': 'your own picture, not sent back to you',
  'details.own.not-sending': 'nothing is sent',

  'details.path': 'Way here',
  'details.path.own': 'your own camera',
  'details.path.own-screen': 'your own screen',
  'details.reason': 'Why',
  'details.codec': 'Video',
  'details.codec.none': 'none',
  'details.layer': 'Layer',
  'details.layer.value': '{index} of {count}',
  'details.layer.unknown': 'one of {count}',
  'details.layer.unwatched': '{rid}: not watched',
  'details.size': 'Resolution',
  'details.rate': 'Frame rate',
  'details.bitrate': 'Bitrate',
  'details.loss': 'Loss',
  'details.loss.value': '{share} ({packets} in all)',
  'details.rtt': 'Round trip',
  'details.jitter': 'Jitter',
  'details.buffer': 'Jitter buffer',
  'details.freezes': 'Freezes',
  'details.freezes.value': '{count}, {seconds} s in all',
  'details.estimate': 'Estimate',
  'details.share': 'Share',
  'details.share.whole': 'as much as it needs',
  'details.held': 'Waiting for a better network',
  'details.limit': 'Held back by',
  'details.limit.none': 'nothing',
  'details.limit.cpu': 'this device’s processor',
  'details.limit.bandwidth': 'the network',
  'details.limit.other': 'something else',
  'details.network': 'Network',
  'details.network.direct': '{protocol}, direct',
  'details.network.relayed': '{protocol}, by a relay',
  'details.sound': 'Sound',
  'details.sound.value': '{codec}, {bitrate}, loss {loss}',

  'details.mbps': '{value} Mbit/s',
  'details.kbps': '{value} kbit/s',
  'details.ms': '{value} ms',
  'details.fps': '{value} per second',
  'details.fps.short': '{value} fps',
  'details.percent': '{value} %',

  'details.plots': 'The last minute',
  'details.plot.empty': '{what}: nothing measured in the last minute',
  'details.plot.text': '{what} in the last minute: from {lowest} to {highest}, now {last}',

  'details.pip.mute': 'Mute',
  'details.pip.unmute': 'Unmute',
  'details.pip.title': 'CommuCat call',

  'details.and': ' and ',
  'details.nothing': 'nothing',
  'details.kind.audio': 'audio',
  'details.kind.video': 'video',

  'details.why.forwarded': 'forwarded: sends {codec}, which you receive',
  'details.why.forwarded-until-switch':
    'forwarded: sends {codec}, which you receive, until the sender has switched to {next}',
  'details.why.transcoded-until-switch': 'transcoded {from} → {to} until the sender has switched to {next}',
  'details.why.transcoded-sender-limited':
    'transcoded {from} → {to}: you receive only {receives} and the sender can only send {sends}',
  'details.why.transcoded-suits-all':
    'transcoded {from} → {to}: you receive only {receives} and {from} suits the subscribers as a whole best',
  'details.why.transcoded-smaller':
    'transcoded {from} → {to} in a smaller size than for others: your network takes less than theirs',
  'details.why.transcoded-not-shown':
    'transcoded {from} → {to}: no picture in {from} appeared on your device',
  'details.why.transcoded-whole-not-shown':
    'transcoded {from} → {to} in a smaller size: no picture of the whole size appeared on your device',
  'details.why.shows-none': 'not delivered: no picture appeared on your device in {codec}',
  'details.why.stalled-key-frame': 'no picture in {codec} appears on your device: a key frame was asked for',
  'details.why.stalled-lower-layer': 'no picture in {codec} appears on your device: a smaller layer is tried',
  'details.why.stalled-other-codec': 'no picture in {codec} appears on your device: another codec is tried',
  'details.why.stalled-smaller': 'no picture in {codec} appears on your device: a smaller size is tried',
  'details.why.stalled-given-up': 'no picture in {codec} appears on your device: nothing is left to try',
  'details.why.not-live': 'not delivered: the sender is not publishing ({codec}) now',
  'details.why.receives-none': 'not delivered: sends {codec}, and you receive no {kind} at all',
  'details.why.switch-pending': 'waiting for the sender to switch {from} → {next}, which you receive',
  'details.why.switch-pending-transcoded':
    'waiting for the sender to switch {from} → {next}, which will be transcoded to {codec} for you',
  'details.why.transcoding-off':
    'not delivered: sends {codec}, you receive only {receives}, and this room does not transcode',
  'details.why.not-transcodable':
    'not delivered: sends {codec}, you receive only {receives}, and no media worker can transcode between them',
  'details.why.budget':
    'not delivered: transcoding {from} → {to} takes {cost} milli-cores, more than is left of this room’s {budget}',
  'details.why.share-whole': 'your network takes more than this picture needs',
  'details.why.share-limited':
    'your network takes {available} kbit/s, of which this picture gets {share} (pictures: {pictures})',
  'details.why.share-held':
    'your network takes {available} kbit/s: this picture waits, so that sound and what matters more go on (pictures: {pictures})',
  'details.why.transcoding-fails': 'transcoding this stream fails again and again',
} as const satisfies Readonly<Record<string, Entry>>;
