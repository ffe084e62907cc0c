/** The relay as configured: none, ours where coturn is installed, or ours or no start at all. */
import type { Logger } from '../observe/logger.ts';
import { CoturnError } from './coturnProcess.ts';
import { TurnRelay, type TurnRelayOptions, findCoturn } from './turnRelay.ts';

/**
 * @param mode `auto`: what goes wrong is logged, and there is no relay
 * @param searchPath folders separated as in `PATH`
 * @throws CoturnError where `mode` is `on` and it does not run
 */
export async function startTurn(
  mode: 'auto' | 'on' | 'off',
  searchPath: string,
  options: Omit<TurnRelayOptions, 'binaries'> & { readonly logger: Logger },
): Promise<TurnRelay | null> {
  if (mode === 'off') return null;
  const binaries = findCoturn(searchPath);
  if (binaries === null) {
    if (mode === 'on') {
      throw new CoturnError(
        'media.turn: coturn or setpriv is not installed (apt-get install coturn util-linux)',
      );
    }
    options.logger.info({}, 'no TURN relay: coturn is not installed');
    return null;
  }
  try {
    return await TurnRelay.start({ ...options, binaries });
  } catch (error) {
    if (mode === 'on' || !(error instanceof CoturnError)) throw error;
    options.logger.warn({ error: error.message }, 'no TURN relay');
    return null;
  }
}
