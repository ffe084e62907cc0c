import type { Entry } from '../translate.ts';

export const start = {
  'start.lead': 'Video calls for any mix of devices. Start a call, send its link: whoever opens it is in.',
  'start.new-call': 'New call',
  'start.making': 'Preparing the call…',
  'start.or': 'or',
  'start.link': 'Link to a call',
  'start.open': 'Open',
  'start.not-a-link': 'This is no link to a call. Paste the whole link, up to its end.',
  'start.token': 'Access token',
  'start.token-needed': 'To make calls here, enter the token that the server printed when it was started.',
  'start.token-wrong':
    'This token is not right. Copy it again from what the server printed when it was started.',
  'start.broken-link.title': 'This link is not complete',
  'start.broken-link':
    'A part of the link is missing, as happens when it is copied by hand. Ask for it again, or start a new call.',
  'start.ended.left': 'You left the call',
  'start.ended.ended': 'The call is over',
  'start.ended.ended.text': 'It was ended for everybody.',
  'start.ended.taken-over': 'You are in the call elsewhere',
  'start.ended.taken-over.text':
    'This call was opened in another tab or window, which has taken over. Close this one, or come back here.',
  'start.ended.refused': 'The call cannot go on',
  'start.rejoin': 'Join again',
  'start.another': 'Start another call',
} as const satisfies Readonly<Record<string, Entry>>;
