/** All words of the page, area by area: a key begins with the name of its area. */
import { call } from './call.ts';
import { check } from './check.ts';
import { common } from './common.ts';
import { details } from './details.ts';
import { people } from './people.ts';
import { prejoin } from './prejoin.ts';
import { start } from './start.ts';
import { devices } from './devices.ts';
import { problems } from './problems.ts';
import { settings } from './settings.ts';

export const ru = {
  ...common,
  ...start,
  ...prejoin,
  ...call,
  ...people,
  ...details,
  ...check,
  ...settings,
  ...problems,
  ...devices,
};
