/**
 * What the people of a call tell each other besides media: who is there, raised hands, reactions, chat.
 *
 * What will surprise you: a hand that was up before the connection was lost is raised again where the server does not know of it
 * any more. What is told without a connection is refused and not kept: a reaction or an answer that arrives a minute late would
 * mean something else. Owns the roster; `close()` is idempotent.
 */
import * as v from 'valibot';
import type { CodecRestriction } from '../../signaling/messages/media.ts';
import type { Notification } from '../../signaling/messages/notifications.ts';
import {
  type ChatMessage,
  ChatText,
  type Participant,
  PlainAck,
  type Reaction,
  type RequestInput,
} from '../../signaling/messages/requests.ts';
import type { ReactionEvent } from './call-types.ts';
import { ChatLog } from './chat-log.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import { InvalidText, NotJoined } from './errors.ts';
import { Roster } from './roster.ts';
import type { Joined } from './session.ts';

export interface TalkActions {
  /** The connection over which the call is joined; null while there is none. */
  connection(): Connection | null;
  /** Somebody came, changed or left. */
  changed(): void;
  /** What somebody else publishes now. */
  sources(participantId: string, sources: Participant['sources']): void;
  speaker(participantId: string | null): void;
  reaction(event: ReactionEvent): void;
  message(message: ChatMessage): void;
}

export class CallTalk {
  readonly roster: Roster;
  readonly #actions: TalkActions;
  readonly #log = new ChatLog();

  constructor(clock: Clock, actions: TalkActions) {
    this.#actions = actions;
    this.roster = new Roster(clock, (participantId) => this.#left(participantId));
  }

  get messages(): readonly ChatMessage[] {
    return this.#log.messages;
  }

  /** @throws InvalidText, NotJoined, ClientError */
  async sendMessage(text: string): Promise<void> {
    const parsed = v.safeParse(ChatText, text);
    if (!parsed.success) throw new InvalidText(v.summarize(parsed.issues));
    await this.#connection().request('MSG', { text: parsed.output }, PlainAck);
  }

  /** @throws NotJoined, ClientError */
  async setHand(raised: boolean): Promise<void> {
    await this.#tell({ op: 'hand', raised });
  }

  /** @throws NotJoined, ClientError */
  async react(reaction: Reaction): Promise<void> {
    await this.#tell({ op: 'reaction', reaction });
  }

  /** Without a connection nothing is told: the next join says it. @throws ClientError */
  async tellRestriction(restriction: CodecRestriction): Promise<void> {
    await this.#actions.connection()?.request('CALL_OFFER', { op: 'restrict', restriction }, PlainAck);
  }

  /** The call was entered, or entered again. Nobody is told of `changed`: the caller does more first. */
  entered(joined: Joined, isReturn: boolean): void {
    const handWasUp = this.roster.isHandUp();
    this.roster.entered(joined);
    const fresh = this.#log.add(joined.messages);
    if (!isReturn) return;
    for (const message of fresh) this.#actions.message(message);
    // Vain only where the connection is lost again, and then this comes again.
    if (handWasUp && !this.roster.isHandUp()) this.setHand(true).catch(() => undefined);
  }

  handlePresence(event: Exclude<Notification<'PRESENCE'>, { op: 'lobby' }>): void {
    if (event.op === 'speaker') this.#actions.speaker(event.participant_id);
    else if (event.op === 'reaction') {
      this.#actions.reaction({ participantId: event.participant_id, reaction: event.reaction });
    } else if (event.op === 'left') this.#left(event.participant_id);
    else {
      if (!this.roster.apply(event)) return;
      if (event.op !== 'quality' && event.participant.participant_id !== this.roster.self?.participant_id) {
        this.#actions.sources(event.participant.participant_id, event.participant.sources);
      }
      this.#actions.changed();
    }
  }

  handleMessage(message: ChatMessage): void {
    for (const fresh of this.#log.add([message])) this.#actions.message(fresh);
  }

  /** Idempotent. */
  close(): void {
    this.roster.close();
  }

  #left(participantId: string): void {
    this.roster.remove(participantId);
    this.#actions.sources(participantId, []);
    this.#actions.changed();
  }

  async #tell(request: RequestInput<'PRESENCE'>): Promise<void> {
    await this.#connection().request('PRESENCE', request, PlainAck);
  }

  #connection(): Connection {
    const connection = this.#actions.connection();
    if (connection === null) throw new NotJoined('there is no joined call with a connection');
    return connection;
  }
}
