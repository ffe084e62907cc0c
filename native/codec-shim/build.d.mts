/** Types of build.mjs for TypeScript, which does not read JSDoc here. */
export interface BuildOptions {
  readonly cacheDir?: string;
  readonly sanitize?: string;
  readonly standIns?: boolean;
  readonly log?: (line: string) => void;
}

export declare class ShimBuildError extends Error {
  readonly code: 'SHIM_BUILD_FAILED';
}

export declare function buildCodecShim(options?: BuildOptions): Promise<string>;
