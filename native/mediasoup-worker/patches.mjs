// @ts-check
// Faults of mediasoup's sources that show only with a distribution's libraries, and how a build here mends them. The change is
// made on a copy inside the build folder; a text that is no longer there fails the build, so that a new version of mediasoup
// cannot silently go unmended.

/**
 * @typedef {object} Patch
 * @property {string} file relative to the package's `worker` folder
 * @property {string} find
 * @property {string} replace
 */

/** @type {readonly Patch[]} */
export const PATCHES = [
  {
    // The callback on the BIO towards the network answers 1 to every operation whose type is not exactly BIO_CB_RETURN, but
    // control operations come as BIO_CB_CTRL | BIO_CB_RETURN, and then OpenSSL takes the answer for the result. An
    // OpenSSL that was built with kernel TLS, as Debian's is, asks BIO_get_ktls_send() in this way, hears yes, allocates no
    // write buffer, and crashes in the first DTLS handshake (seen with 3.0.17, 3.0.20 and 3.0.22).
    file: 'src/RTC/DtlsTransport.cpp',
    find: '(operationType == BIO_CB_RETURN) ? static_cast<long>(ret) : 1',
    replace: '(operationType & BIO_CB_RETURN) ? static_cast<long>(ret) : 1',
  },
];

/**
 * @param {string} text of a source file
 * @param {readonly Patch[]} patches for that file
 * @returns {string}
 * @throws {Error} where a patch does not fit exactly once
 */
export function applyPatches(text, patches) {
  let patched = text;
  for (const { file, find, replace } of patches) {
    if (patched.split(find).length !== 2)
      throw new Error(`the patch of mediasoup's ${file} does not fit this version`);
    patched = patched.replace(find, replace);
  }
  return patched;
}
