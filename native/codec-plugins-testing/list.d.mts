/** Types of list.mjs for TypeScript, which does not read JSDoc here. */
import type { Plugin } from '../codec-plugins/list.mjs';

export declare const STAND_INS: readonly Plugin[];
