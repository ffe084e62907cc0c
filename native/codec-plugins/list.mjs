// @ts-check
// The codec plugins, in order of preference: where two can do the same, the first one here that is there does it.
//
// Plain JavaScript for Node 18: set-up reads it.

/**
 * @typedef {object} Plugin
 * @property {string} id its folder here, and the name of its shared library
 * @property {boolean} required whether set-up fails without its library
 * @property {string[]} pkgConfig names of what it is built with
 * @property {string[]} libraries what it is linked with
 * @property {string[]} packages Debian's names of what it is built with
 * @property {{ name: string, codec: string, direction: 'encode' | 'decode', library: string }[]} codecs what it brings
 */

/**
 * @param {string} name
 * @param {string} codec
 * @param {string} library
 */
const both = (name, codec, library) => [
  { name, codec, direction: /** @type {const} */ ('encode'), library },
  { name, codec, direction: /** @type {const} */ ('decode'), library },
];

/** @type {readonly Plugin[]} */
export const PLUGINS = [
  {
    id: 'libvpx',
    required: true,
    pkgConfig: ['vpx'],
    libraries: ['-lvpx'],
    packages: ['libvpx-dev'],
    codecs: both('libvpx-vp8', 'VP8', 'libvpx'),
  },
  {
    id: 'openh264',
    required: true,
    pkgConfig: ['openh264'],
    libraries: ['-lopenh264'],
    packages: ['libopenh264-dev'],
    codecs: both('openh264', 'H264', 'openh264'),
  },
  {
    id: 'avcodec',
    required: false,
    pkgConfig: ['libavcodec', 'libavutil'],
    libraries: ['-lavcodec', '-lavutil', '-lyuv'],
    packages: ['libavcodec-dev'],
    codecs: [{ name: 'avcodec-h264', codec: 'H264', direction: 'decode', library: 'libavcodec' }],
  },
  {
    id: 'dav1d',
    required: false,
    pkgConfig: ['dav1d'],
    libraries: ['-ldav1d'],
    packages: ['libdav1d-dev'],
    codecs: [{ name: 'dav1d', codec: 'AV1', direction: 'decode', library: 'dav1d' }],
  },
  {
    id: 'aom',
    required: false,
    pkgConfig: ['aom'],
    libraries: ['-laom'],
    packages: ['libaom-dev'],
    codecs: [{ name: 'libaom-av1', codec: 'AV1', direction: 'encode', library: 'libaom' }],
  },
];
