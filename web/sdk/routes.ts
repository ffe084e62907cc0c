/** Which part of a call each word of the server is for. */
import type { Notification } from '../../signaling/messages/notifications.ts';
import type { CallTalk } from './call-talk.ts';
import type { Connection } from './connection.ts';
import type { Lobby } from './lobby.ts';
import type { Publisher } from './publisher.ts';
import type { Receiver } from './receiver.ts';

export interface Parts {
  readonly publisher: Publisher;
  readonly receiver: Receiver;
  readonly talk: CallTalk;
  readonly lobby: Lobby;
  /** The server ended the call. */
  ended(reason: string): void;
  network(figures: Notification<'CALL_STATS'>): void;
}

/** Routes what comes over a connection, until it closes. */
export function route(connection: Connection, parts: Parts): void {
  const { publisher, receiver, talk, lobby } = parts;
  connection.on('CALL_OFFER', (offer) => {
    if (offer.op === 'switch') publisher.handleSwitch(offer);
    else if (offer.op === 'send') publisher.handleSend(offer);
    else if (offer.op === 'rate') publisher.handleRate(offer);
    else receiver.handleOffer(offer);
  });
  connection.on('CALL_END', (event) => {
    if (event.op === 'call') parts.ended(event.reason);
    else if (event.op === 'producer') publisher.handleRetired(event.producer_id);
    else receiver.handleEnd(event);
  });
  connection.on('PRESENCE', (event) => {
    if (event.op === 'lobby') lobby.handle(event.participants);
    else talk.handlePresence(event);
  });
  connection.on('MSG', (message) => talk.handleMessage(message));
  connection.on('CALL_STATS', (figures) => parts.network(figures));
}
