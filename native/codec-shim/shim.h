/*
 * The codec shim's ABI: what JavaScript may call. Nothing else is exported.
 *
 * What will surprise you:
 * - Work runs on the engine's own threads. A context (one encoder or decoder) runs at most one job at a time, in order of
 *   submission; different contexts run in parallel. Every submit returns at once with a job id; the result comes as one
 *   completion, read with shim_drain().
 * - Handles and job ids are integers below 2^51, so a JavaScript number holds them. A handle carries the generation of its
 *   slot: one that was closed is SHIM_E_STALE_HANDLE, never somebody else's object.
 * - All calls for one engine come from one thread (Node's); several engines, on several threads, may live in one process.
 * - Every function returns >= 0 on success and one of enum shim_status below zero on failure. None blocks for longer than
 *   a short critical section, with two exceptions: shim_engine_destroy() joins threads that have already ended, and
 *   shim_frame_to_i420() copies a picture, from a device if it lies there.
 */
#ifndef COMMUCAT_CODEC_SHIM_H
#define COMMUCAT_CODEC_SHIM_H

#include <stdint.h>

#define SHIM_ABI_VERSION 3
#define SHIM_EXPORT __attribute__((visibility("default")))

enum shim_status {
  SHIM_OK = 0,
  SHIM_E_PARAMETER = -1,
  SHIM_E_STALE_HANDLE = -2,
  SHIM_E_QUEUE_FULL = -3,
  SHIM_E_CLOSED = -4,
  SHIM_E_MEMORY = -5,
  /* The bitstream cannot be decoded; `detail` is the library's own code. */
  SHIM_E_BITSTREAM = -6,
  /* The library failed for a reason that is not the bitstream's; `detail` is its own code. */
  SHIM_E_LIBRARY = -7,
  /* The job was still queued when its codec was closed. */
  SHIM_E_CANCELLED = -8,
  SHIM_E_SYSTEM = -9,
  /* Hardware that no longer answers: whatever is opened on it fails the same way for now. */
  SHIM_E_DEVICE_LOST = -10,
  /* Hardware that has as many sessions as it takes. */
  SHIM_E_SESSION_LIMIT = -11,
};

/* With a submitted job. */
enum shim_submit_flags {
  SHIM_FORCE_KEY_FRAME = 1,
  /* VP8: what the picture must not be predicted from, and what it must not replace. */
  SHIM_NO_USE_LAST = 2,
  SHIM_NO_USE_GOLDEN = 4,
  SHIM_NO_USE_ALTREF = 8,
  SHIM_NO_UPDATE_LAST = 16,
  SHIM_NO_UPDATE_GOLDEN = 32,
  SHIM_NO_UPDATE_ALTREF = 64,
  /* Sound that did not come: `count` samples are made up; without data, or from the in-band copy in the data given. */
  SHIM_CONCEAL = 128,
  SHIM_FEC = 256,
};

enum shim_completion_flags {
  SHIM_KEY_FRAME = 1,
  SHIM_CORRUPT = 2,
  /* The last completion of an engine: its threads have ended. */
  SHIM_ENGINE_ENDED = 4,
  SHIM_LAYER_SYNC = 8,
  /* Encoded sound that need not be sent. */
  SHIM_SILENT = 16,
};

enum shim_raw_format { SHIM_I420 = 0, SHIM_NV12 = 1, SHIM_RGB24 = 2, SHIM_BGRA = 3 };
enum shim_filter { SHIM_POINT = 0, SHIM_LINEAR = 1, SHIM_BILINEAR = 2, SHIM_BOX = 3 };

/* Jobs that one context holds, the running one included. */
#define SHIM_MAX_QUEUED_JOBS 8
/* Conversions of pictures in hand in one engine: they have no context whose queue would bound them. */
#define SHIM_MAX_PICTURE_JOBS 64
#define SHIM_MAX_IMPLEMENTATIONS 128
#define SHIM_MAX_SPATIAL_LAYERS 3
/* Larger pictures are refused: a hostile key frame may otherwise ask for 16383 x 16383. */
#define SHIM_MAX_DIMENSION 4096
#define SHIM_MAX_THREADS 64
#define SHIM_MAX_ACCESS_UNIT_BYTES (8u << 20)

/* Every field is a double, so that JavaScript reads completions as one Float64Array; all values are integers < 2^53. */
struct shim_completion {
  double job;
  double status;
  double detail;
  double flags;
  /* Handle of a new frame that the reader now owns, or 0. */
  double frame;
  double width;
  double height;
  double timestamp_rtp90k;
  /* Handle of encoded bytes that shim_output_take() copies out and frees, or 0. */
  double output;
  double output_bytes;
  double quantiser;
  double work_us;
  double temporal_layer;
  /* Bytes of each spatial layer in the output, smallest first; all 0 where there is one layer. */
  double layer_bytes[SHIM_MAX_SPATIAL_LAYERS];
  /* Of sound, for each channel. */
  double samples;
};

#define SHIM_DEFAULT (-2147483647 - 1)

/* All that a codec is told; int32 throughout, in this order, so that JavaScript hands over one Int32Array. */
struct shim_settings {
  int32_t width;
  int32_t height;
  int32_t target_bps;
  int32_t max_frame_rate_millihertz;
  int32_t threads;
  /* H.264: 0 is one slice a picture. */
  int32_t max_nal_bytes;
  int32_t spatial_layers;
  int32_t temporal_layers;
  int32_t screen_content;
  /* H.264: 0 constrained baseline, 1 main. */
  int32_t profile;
  int32_t error_resilient;
  /* SHIM_DEFAULT: the implementation's own choice. */
  int32_t speed;
  /* Sound. */
  int32_t sample_rate;
  int32_t channels;
  int32_t frame_samples;
  /* Opus: 0 voip, 1 audio, 2 low delay. */
  int32_t application;
  int32_t variable_bitrate;
  int32_t in_band_fec;
  int32_t dtx;
  int32_t complexity;
  int32_t expected_loss_percent;
  int32_t float_samples;
  /* A resampler's second rate. */
  int32_t to_sample_rate;
};

struct shim_live_objects {
  int32_t frames;
  int32_t encoders;
  int32_t decoders;
  int32_t jobs;
  int32_t outputs;
  int32_t converters;
};

SHIM_EXPORT int32_t shim_abi_version(void);
/*
 * Loads a codec plugin (plugin.h), once for each process; its implementations get the next numbers. On failure `reason` says why.
 * Not thread-safe against itself: called while the first engine is made.
 */
SHIM_EXPORT int32_t shim_plugin_load(const char *path, char *reason, int32_t capacity);
/* How many implementations are loaded. */
SHIM_EXPORT int32_t shim_implementation_count(void);
/*
 * What one is, as fields separated by tabs: name, codec, direction (encode, decode, convert), hardware (0, 1), library, version,
 * spatial layers, temporal layers, why it cannot be used (empty: it can), the device (empty: the processor).
 */
SHIM_EXPORT int32_t shim_implementation_describe(int32_t implementation, char *text, int32_t capacity);
/*
 * Tries an implementation whose usefulness only trying can tell (hardware), once for each process; before that it counts as one that
 * cannot be used. The answer is in its description once the returned job has completed; for all others that is so from the start.
 */
SHIM_EXPORT int64_t shim_probe(int64_t engine, int32_t implementation);

/*
 * Starts the threads. *wake_fd is one end of a socket pair that gets one byte whenever the list of completions goes from
 * empty to not empty; the caller owns it and closes it after shim_engine_destroy().
 */
SHIM_EXPORT int64_t shim_engine_create(int32_t threads, int32_t *wake_fd);
/* Refuses new work, closes every codec; the completion with SHIM_ENGINE_ENDED comes last. */
SHIM_EXPORT int32_t shim_engine_close(int64_t engine);
/* Frees everything; only after SHIM_ENGINE_ENDED was read. */
SHIM_EXPORT int32_t shim_engine_destroy(int64_t engine);
SHIM_EXPORT int32_t shim_engine_live_objects(int64_t engine, struct shim_live_objects *live);
/* Moves up to `capacity` completions out, oldest first; returns their number. */
SHIM_EXPORT int32_t shim_drain(int64_t engine, struct shim_completion *completions, int32_t capacity);

SHIM_EXPORT int64_t shim_frame_from_i420(int64_t engine, const uint8_t *data, int64_t bytes, int32_t width, int32_t height,
                                         int64_t timestamp_rtp90k);
/* Of a picture on a device this waits until it has been copied from there. */
SHIM_EXPORT int32_t shim_frame_to_i420(int64_t engine, int64_t frame, uint8_t *data, int64_t capacity);
/* A second handle of the same picture. */
SHIM_EXPORT int64_t shim_frame_share(int64_t engine, int64_t frame);
SHIM_EXPORT int32_t shim_frame_release(int64_t engine, int64_t frame);
SHIM_EXPORT int32_t shim_output_take(int64_t engine, int64_t output, uint8_t *data, int64_t capacity);

SHIM_EXPORT int64_t shim_codec_create(int64_t engine, int32_t implementation, const struct shim_settings *settings);
/* Counts for jobs that are submitted from now on. */
SHIM_EXPORT int32_t shim_codec_update(int64_t engine, int64_t codec, const struct shim_settings *settings);
/* A picture into an encoder. */
SHIM_EXPORT int64_t shim_encode(int64_t engine, int64_t encoder, int64_t frame, int32_t flags);
/* Bytes into any codec: an access unit, a packet, PCM; none with SHIM_CONCEAL. */
SHIM_EXPORT int64_t shim_submit(int64_t engine, int64_t codec, const uint8_t *data, int64_t bytes, int64_t timestamp_rtp90k,
                                int32_t flags, int32_t count);
/* The part of a picture at left, top, scaled to width x height. */
SHIM_EXPORT int64_t shim_transform(int64_t engine, int64_t frame, int32_t left, int32_t top, int32_t crop_width,
                                   int32_t crop_height, int32_t width, int32_t height, int32_t filter);
/* Packed pixels to a picture, and back. */
SHIM_EXPORT int64_t shim_import(int64_t engine, int32_t format, const uint8_t *data, int64_t bytes, int32_t width,
                                int32_t height, int64_t timestamp_rtp90k);
SHIM_EXPORT int64_t shim_export(int64_t engine, int64_t frame, int32_t format);
/* The handle is stale at once; queued jobs complete as cancelled; the returned job completes when all is freed. */
SHIM_EXPORT int64_t shim_codec_close(int64_t engine, int64_t codec);

/*
 * The calling process is killed when the thread that created it ends (for a child of Node's main thread: when Node ends,
 * in whatever way). SHIM_E_CLOSED: the parent has gone already.
 */
SHIM_EXPORT int32_t shim_set_parent_death_signal(int32_t expected_parent_pid);

#endif
