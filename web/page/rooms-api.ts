/** The one thing that the page asks over plain HTTP: a new room. */
import * as v from 'valibot';
import { Problem, RoomKey } from '../../signaling/messages/requests.ts';
import { ConnectionLost, InvalidServerMessage, RequestRefused } from '../sdk/errors.ts';

const Created = v.object({ room: RoomKey });

/**
 * @param token Proof that one may make calls, where the server wants it; null: none
 * @returns the new room's key
 * @throws RequestRefused (`problem.code` says why; `Unauthorized`: a token is needed), ConnectionLost, InvalidServerMessage
 */
export async function createRoom(token: string | null): Promise<string> {
  let response: Response;
  try {
    response = await fetch('/api/rooms', {
      method: 'POST',
      headers: token === null || token === '' ? {} : { authorization: `Bearer ${token}` },
    });
  } catch (error) {
    throw new ConnectionLost('the server cannot be reached', { cause: error });
  }
  const body: unknown = await response.json().catch(() => null);
  const created = v.safeParse(Created, body);
  if (response.ok && created.success) return created.output.room;
  const problem = v.safeParse(Problem, body);
  if (problem.success) throw new RequestRefused('POST /api/rooms', problem.output);
  throw new InvalidServerMessage(`the server answered ${response.status}`);
}
