/** What the address says in place of a remembered setting. Pure. */
import type { Looks, Switches } from '../address.ts';
import type { SettingsValue } from './settings.ts';

export function overridesOf(switches: Switches, looks: Looks): Partial<SettingsValue> {
  const { name, codecs, layout, blur } = switches;
  return {
    ...looks,
    ...(name === undefined ? {} : { name }),
    ...(codecs === undefined ? {} : { codec: codecs ?? 'auto' }),
    ...(layout === undefined ? {} : { layout }),
    ...(blur === undefined ? {} : { blur }),
  };
}
