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
 * @property {string[]} [optional] pkg-config's names of headers that are used where they are there
 * @property {string[]} [sources] what it shares with other plugins, as paths from here
 * @property {{ name: string, codec: string, direction: 'encode' | 'decode' | 'convert', library: string, device?: string }[]} codecs
 *   what it brings; `device`: of hardware
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

/**
 * @param {string} device
 * @param {readonly string[]} encode
 * @param {readonly string[]} decode
 */
const hardware = (device, encode, decode) => [
  ...encode.map((codec) => row(device, codec, /** @type {const} */ ('encode'))),
  ...decode.map((codec) => row(device, codec, /** @type {const} */ ('decode'))),
];

/**
 * @param {string} device
 * @param {string} codec
 * @param {'encode' | 'decode'} direction
 */
const row = (device, codec, direction) => ({
  name: `${device}-${codec.toLowerCase()}`,
  codec,
  direction,
  library: 'libavcodec',
  device,
});

const VIDEO = ['H264', 'VP8', 'VP9', 'AV1'];

/** @type {readonly Plugin[]} */
export const PLUGINS = [
  {
    id: 'libvpx',
    required: true,
    pkgConfig: ['vpx'],
    libraries: ['-lvpx'],
    packages: ['libvpx-dev'],
    codecs: [...both('libvpx-vp8', 'VP8', 'libvpx'), ...both('libvpx-vp9', 'VP9', 'libvpx')],
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
    id: 'opus',
    required: true,
    pkgConfig: ['opus'],
    libraries: ['-lopus'],
    packages: ['libopus-dev'],
    codecs: both('libopus', 'OPUS', 'libopus'),
  },
  {
    id: 'spandsp',
    required: false,
    pkgConfig: ['spandsp'],
    libraries: ['-lspandsp', '-lm'],
    packages: ['libspandsp-dev'],
    codecs: [
      ...both('spandsp-pcma', 'PCMA', 'spandsp'),
      ...both('spandsp-pcmu', 'PCMU', 'spandsp'),
      ...both('spandsp-g722', 'G722', 'spandsp'),
    ],
  },
  {
    id: 'speexdsp',
    required: true,
    pkgConfig: ['speexdsp'],
    libraries: ['-lspeexdsp', '-lm'],
    packages: ['libspeexdsp-dev'],
    codecs: [{ name: 'speexdsp', codec: 'RESAMPLE', direction: 'convert', library: 'libspeexdsp' }],
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
  {
    id: 'avdevice',
    required: false,
    pkgConfig: ['libavcodec', 'libavutil'],
    libraries: ['-lavcodec', '-lavutil', '-lyuv', '-ldl'],
    packages: ['libavcodec-dev'],
    optional: ['libavfilter'],
    sources: ['avcodec/convert.c', 'avcodec/frame_numbers.c'],
    codecs: [
      ...hardware('cuda', ['H264', 'AV1'], VIDEO),
      ...hardware('vaapi', VIDEO, VIDEO),
      ...hardware('qsv', ['H264', 'VP9', 'AV1'], VIDEO),
      ...hardware('v4l2', ['H264', 'VP8'], ['H264', 'VP8', 'VP9']),
    ],
  },
];
