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
 *   a short critical section, with the exception of shim_engine_destroy(), which joins threads that have already ended.
 */
#ifndef COMMUCAT_CODEC_SHIM_H
#define COMMUCAT_CODEC_SHIM_H

#include <stdint.h>

#define SHIM_ABI_VERSION 1
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
};

enum shim_codec { SHIM_VP8 = 0, SHIM_H264 = 1 };

enum shim_encode_flags { SHIM_FORCE_KEY_FRAME = 1 };

enum shim_completion_flags {
  SHIM_KEY_FRAME = 1,
  SHIM_CORRUPT = 2,
  /* The last completion of an engine: its threads have ended. */
  SHIM_ENGINE_ENDED = 4,
};

/* Jobs that one context holds, the running one included. */
#define SHIM_MAX_QUEUED_JOBS 8
/* Scalings in hand in one engine: they have no context whose queue would bound them. */
#define SHIM_MAX_SCALE_JOBS 64
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
};

struct shim_encoder_config {
  int32_t codec;
  int32_t width;
  int32_t height;
  int32_t target_bps;
  int32_t max_frame_rate_millihertz;
  int32_t threads;
  /* H.264: 0 is one slice a picture. */
  int32_t max_nal_bytes;
};

struct shim_live_objects {
  int32_t frames;
  int32_t encoders;
  int32_t decoders;
  int32_t jobs;
  int32_t outputs;
};

SHIM_EXPORT int32_t shim_abi_version(void);
/* Writes "name version" of the library behind a codec. */
SHIM_EXPORT int32_t shim_codec_version(int32_t codec, char *text, int32_t capacity);

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
SHIM_EXPORT int32_t shim_frame_to_i420(int64_t engine, int64_t frame, uint8_t *data, int64_t capacity);
SHIM_EXPORT int32_t shim_frame_release(int64_t engine, int64_t frame);
SHIM_EXPORT int32_t shim_output_take(int64_t engine, int64_t output, uint8_t *data, int64_t capacity);

SHIM_EXPORT int64_t shim_encoder_create(int64_t engine, const struct shim_encoder_config *config);
SHIM_EXPORT int64_t shim_decoder_create(int64_t engine, int32_t codec);
/* Used from the next picture on; 0 keeps a value. */
SHIM_EXPORT int32_t shim_encoder_set_rates(int64_t engine, int64_t encoder, int32_t target_bps,
                                           int32_t max_frame_rate_millihertz);
SHIM_EXPORT int64_t shim_encode(int64_t engine, int64_t encoder, int64_t frame, int32_t flags);
SHIM_EXPORT int64_t shim_decode(int64_t engine, int64_t decoder, const uint8_t *data, int64_t bytes,
                                int64_t timestamp_rtp90k);
SHIM_EXPORT int64_t shim_scale(int64_t engine, int64_t frame, int32_t width, int32_t height);
/* The handle is stale at once; queued jobs complete as cancelled; the returned job completes when all is freed. */
SHIM_EXPORT int64_t shim_codec_close(int64_t engine, int64_t codec);

/*
 * The calling process is killed when the thread that created it ends (for a child of Node's main thread: when Node ends,
 * in whatever way). SHIM_E_CLOSED: the parent has gone already.
 */
SHIM_EXPORT int32_t shim_set_parent_death_signal(int32_t expected_parent_pid);

#endif
