/** What a codec is told, as native code reads it: `struct shim_settings` in native/codec-shim/shim.h. */

/** The fields in order; a test holds them against the header. */
export const SETTING_FIELDS = [
  'width',
  'height',
  'targetBps',
  'maxFrameRateMillihertz',
  'threads',
  'maxNalBytes',
  'spatialLayers',
  'temporalLayers',
  'screenContent',
  'profile',
  'errorResilient',
  'speed',
  'sampleRate',
  'channels',
  'frameSamples',
  'application',
  'variableBitrate',
  'inBandFec',
  'dtx',
  'complexity',
  'expectedLossPercent',
  'floatSamples',
  'toSampleRate',
] as const;

export type NativeSettings = Readonly<Partial<Record<(typeof SETTING_FIELDS)[number], number>>>;

/** The implementation's own choice. */
export const DEFAULT_SETTING = -2_147_483_648;

const DEFAULTS: NativeSettings = {
  threads: 1,
  spatialLayers: 1,
  temporalLayers: 1,
  speed: DEFAULT_SETTING,
  complexity: DEFAULT_SETTING,
};

/** Fields that are not given are 0, or what stands for the usual. */
export function packSettings(settings: NativeSettings): Int32Array {
  return Int32Array.from(SETTING_FIELDS, (name) => settings[name] ?? DEFAULTS[name] ?? 0);
}
