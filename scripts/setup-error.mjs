// @ts-check
// Why set-up stopped, as a code for programs and a text for people.

/** Exit codes of set-up, by error code. What it starts (server, tests) exits with codes of its own. */
export const EXIT_CODES = /** @type {const} */ ({
  USAGE: 2,
  SYSTEM_PACKAGES_MISSING: 3,
  SYSTEM_PACKAGES_FAILED: 4,
  NPM_FAILED: 5,
  WORKER_UNUSABLE: 6,
});

export class SetupError extends Error {
  /**
   * @param {keyof typeof EXIT_CODES} code
   * @param {string} message what is wrong and what to do about it
   */
  constructor(code, message) {
    super(message);
    this.name = 'SetupError';
    this.code = code;
  }

  get exitCode() {
    return EXIT_CODES[this.code];
  }
}
