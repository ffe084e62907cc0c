export function buildWeb(options?: {
  /** Where results are kept. @default `${XDG_CACHE_HOME:-~/.cache}/commucat` */
  readonly cacheDir?: string;
  readonly log?: (line: string) => void;
}): Promise<string>;
