/** The one thing that the page asks over plain HTTP: a new room. */
import * as v from 'valibot';
import { Problem, RoomKey } from '../../signaling/messages/requests.ts';

const Created = v.object({ room: RoomKey });
const ProblemWithAdvice = v.object({ ...Problem.entries, advice: v.optional(v.string()) });

export type Creation =
  | { readonly room: string }
  /** Why not, in words; and whether a token would help. */
  | { readonly refusal: string; readonly needsToken: boolean };

/** Never throws: what goes wrong is said in words. */
export async function createRoom(token: string | null): Promise<Creation> {
  let response: Response;
  let body: unknown;
  try {
    response = await fetch('/api/rooms', {
      method: 'POST',
      headers: token === null || token === '' ? {} : { authorization: `Bearer ${token}` },
    });
    body = await response.json();
  } catch {
    return { refusal: 'The server could not be reached.', needsToken: false };
  }
  const created = v.safeParse(Created, body);
  if (response.ok && created.success) return { room: created.output.room };
  const problem = v.safeParse(ProblemWithAdvice, body);
  return {
    refusal: problem.success
      ? sentences(problem.output.detail ?? problem.output.title, problem.output.advice)
      : `The server answered ${response.status}.`,
    needsToken: response.status === 401 || response.status === 403,
  };
}

/** Joins what the server says into sentences with a capital and a full stop. */
export function sentences(...parts: readonly (string | undefined)[]): string {
  return parts
    .flatMap((part) => (part === undefined || part === '' ? [] : [part]))
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .map((part) => (/[.!?]$/.test(part) ? part : `${part}.`))
    .join(' ');
}
