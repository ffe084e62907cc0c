/** Errors as HTTP responses: RFC 9457 problem documents. */
import type { ProtocolError } from '../errors.ts';
import type { HttpResponse } from './types.ts';

/**
 * The response that tells an error. Never cached: an error of a moment ago may be over.
 * @param headers more of them, for example `retry-after` or `allow`
 */
export function problemResponse(
  error: ProtocolError,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status: error.status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(error.toProblem()),
  };
}
