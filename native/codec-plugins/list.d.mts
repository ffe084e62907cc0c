/** Types of list.mjs for TypeScript, which does not read JSDoc here. */
export interface Plugin {
  readonly id: string;
  readonly required: boolean;
  readonly pkgConfig: readonly string[];
  readonly libraries: readonly string[];
  readonly packages: readonly string[];
  readonly optional?: readonly string[];
  readonly sources?: readonly string[];
  readonly codecs: readonly {
    readonly name: string;
    readonly codec: string;
    readonly direction: 'encode' | 'decode' | 'convert';
    readonly library: string;
    readonly device?: string;
  }[];
}

export declare const PLUGINS: readonly Plugin[];
