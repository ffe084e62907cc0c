// @ts-check
// Plugins that only tests build and load: libavcodec's software codecs in the place of hardware, which can be told to fail.
//
// Plain JavaScript for Node 18, as the list of the real ones (native/codec-plugins/list.mjs).

/** Everything of the hardware plugin but its table. */
const DEVICE_SOURCES = [
  'decoder',
  'device',
  'encoder',
  'log',
  'probe',
  'scaler',
  'status',
  'surface',
  'version',
];

/** @type {readonly import('../codec-plugins/list.mjs').Plugin[]} */
export const STAND_INS = [
  {
    id: 'stand-ins',
    required: false,
    pkgConfig: ['libavcodec', 'libavutil'],
    libraries: ['-lavcodec', '-lavutil', '-lyuv', '-ldl'],
    packages: ['libavcodec-dev'],
    optional: ['libavfilter'],
    sources: [
      'avcodec/convert.c',
      'avcodec/frame_numbers.c',
      ...DEVICE_SOURCES.map((name) => `avdevice/${name}.c`),
    ],
    codecs: [],
  },
];
