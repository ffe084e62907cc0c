/**
 * What the browser remembers for the page: a name, a choice of codec, and for this tab the token for making calls.
 *
 * What will surprise you: storage may be forbidden; then nothing is remembered, and nothing fails.
 */

function read(storage: () => Storage, key: string): string | null {
  try {
    return storage().getItem(key);
  } catch {
    return null;
  }
}

function write(storage: () => Storage, key: string, value: string): void {
  try {
    storage().setItem(key, value);
  } catch {
    // Forbidden or full: the person types it again next time.
  }
}

const forever = (): Storage => window.localStorage;
const thisTab = (): Storage => window.sessionStorage;

export const memory = {
  get name(): string {
    return read(forever, 'commucat.name') ?? '';
  },
  set name(value: string) {
    write(forever, 'commucat.name', value);
  },
  /** `auto`, `VP8` or `H264`. */
  get codec(): string {
    return read(forever, 'commucat.codec') ?? 'auto';
  },
  set codec(value: string) {
    write(forever, 'commucat.codec', value);
  },
  get token(): string | null {
    return read(thisTab, 'commucat.create-token');
  },
  set token(value: string | null) {
    write(thisTab, 'commucat.create-token', value ?? '');
  },
};
