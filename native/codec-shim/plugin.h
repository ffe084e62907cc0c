/*
 * What a codec plugin and the shim's core agree on. A plugin is a shared library of its own, so that a codec library that is missing
 * on a machine costs just its codecs.
 *
 * What will surprise you:
 * - `run`, `free` and `probe` are called on a pool thread, the first two never two at a time for one context; `check` and `version` on
 *   the thread that loads the plugin.
 * - Settings travel with each job: a change counts from the job on that was submitted after it. A plugin keeps those it runs with
 *   in its own state and compares.
 * - A codec opens on its first job, in `run`, and leaves `context->state` NULL where it could not.
 */
#ifndef COMMUCAT_CODEC_PLUGIN_H
#define COMMUCAT_CODEC_PLUGIN_H

#include "shim.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define CODEC_PLUGIN_ABI_VERSION 3

struct engine;
struct context;

/* Memory that goes back to a list when it is free: pictures of 1.4 MB would otherwise be page-faulted in for every frame. */
struct block {
  struct block *next;
  size_t capacity;
  /* Starts 64 bytes after the block itself, so it is aligned to 64. */
  uint8_t *data;
};

struct frame;
struct device_picture;

/* What a plugin does with its pictures in a device's memory. Called on pool threads, also two at a time for one picture. */
struct device_picture_operations {
  /* Copies it into the planes of `into`, which are of its size. Returns a status. */
  int32_t (*download)(struct device_picture *picture, const struct frame *into);
  /* A scaled picture on the same device; NULL where that cannot be done: the core then scales in memory. `filter`: shim_filter. */
  struct device_picture *(*scale)(struct device_picture *picture, int32_t width, int32_t height, int32_t filter);
  void (*free)(struct device_picture *picture);
};

/* The beginning of what a plugin keeps for such a picture. It lives as long as its frame, longer than the codec that made it. */
struct device_picture {
  const struct device_picture_operations *operations;
  /* In the core's list of those whose frames are gone. */
  struct device_picture *next;
};

/* An I420 picture, 8 bits. On a device it has no planes (and no block) until somebody needs them. */
struct frame {
  /* Guarded by the engine's lock; the planes of a frame with more than one owner are only read. */
  int32_t references;
  int32_t width;
  int32_t height;
  int32_t stride_y;
  int32_t stride_uv;
  uint8_t *y;
  uint8_t *u;
  uint8_t *v;
  int64_t timestamp_rtp90k;
  struct block *block;
  /* Jobs that read the planes now. */
  int32_t readers;
  /* The decoder whose memory the planes point to, or NULL where they are the block's own. */
  struct context *lender;
  /* NULL for a picture in memory. */
  struct device_picture *device;
  /* Some thread copies it from the device now. */
  bool downloading;
};

enum job_kind { JOB_CODEC, JOB_TRANSFORM, JOB_IMPORT, JOB_EXPORT, JOB_PROBE, JOB_CLOSE };

struct job {
  struct job *next;
  enum job_kind kind;
  int64_t id;
  /* What a codec works on: a picture, or bytes with 64 zero bytes behind them, or neither (SHIM_CONCEAL). */
  struct frame *in_frame;
  struct block *in_bytes;
  size_t in_size;
  int64_t timestamp_rtp90k;
  int32_t flags;
  int32_t count;
  struct shim_settings settings;
  /* Of a conversion: left, top, width, height of the part, then width, height, filter or format of the result. */
  int32_t picture[7];

  /* Results; a plugin fills them. `out_frame` and `out_bytes` then belong to the job. */
  int32_t status;
  int32_t detail;
  int32_t out_flags;
  struct frame *out_frame;
  struct block *out_bytes;
  size_t out_size;
  int32_t quantiser;
  int32_t temporal_layer;
  int32_t layer_bytes[SHIM_MAX_SPATIAL_LAYERS];
  int32_t samples;
  int64_t work_us;
};

/* What a codec library has to be able to do. */
struct codec_operations {
  /* Opens on first use, fills the job's results. Returns the job's status. */
  int32_t (*run)(struct context *context, struct job *job);
  void (*free)(struct context *context);
};

enum codec_direction { CODEC_ENCODE = 0, CODEC_DECODE = 1, CODEC_CONVERT = 2 };

struct codec_implementation {
  /* As `VideoEncoderConfig.implementation` names it. */
  const char *name;
  /* VP8, VP9, H264, AV1, OPUS, PCMA, PCMU, G722; a converter's own name. */
  const char *codec;
  enum codec_direction direction;
  bool hardware;
  /* What it runs on, where that is not the processor: implementations of one device are lost together. */
  const char *device;
  /* Whether `run` takes pictures that have no planes; it asks for them by frame_planes() where it needs them. */
  bool takes_device_pictures;
  const char *library;
  int32_t spatial_layers;
  int32_t temporal_layers;
  void (*version)(char *text, size_t capacity);
  /* Whether it can be used on this machine; false with the reason in words. NULL: always. */
  bool (*check)(char *reason, size_t capacity);
  /*
   * The same by really doing it, once for each process and only on request: for what takes long to know. It may run `operations` with the
   * context, which the core frees afterwards. NULL: `check` says it.
   */
  bool (*probe)(struct context *context, char *reason, size_t capacity);
  /* Whether it can meet the settings, before anything is opened. NULL: always. */
  bool (*accepts)(const struct shim_settings *settings);
  const struct codec_operations *operations;
  /* The plugin's own. */
  const void *data;
};

/* The public part of a context; the core keeps more behind it. */
struct context {
  struct engine *engine;
  const struct codec_implementation *implementation;
  void *state;
};

/* What the core does for plugins. */
struct codec_core {
  struct block *(*block_take)(struct engine *engine, size_t bytes);
  void (*block_release)(struct engine *engine, struct block *block);
  struct frame *(*frame_create)(struct engine *engine, int32_t width, int32_t height, int64_t timestamp_rtp90k);
  void (*frame_release)(struct engine *engine, struct frame *frame);
  /*
   * Most pictures are encoded and gone before their decoder runs again: they are lent, not copied. The planes stay the
   * decoder's until its next job; before that job the core waits for readers and copies out what is still used.
   */
  void (*frame_lend)(struct context *lender, struct frame *frame, uint8_t *const planes[3], int32_t stride_y,
                     int32_t stride_uv);
  /* A frame without planes that takes the picture over; NULL: no memory, and the picture is still the caller's. */
  struct frame *(*frame_on_device)(struct engine *engine, int32_t width, int32_t height, int64_t timestamp_rtp90k,
                                   struct device_picture *picture);
  /* Sees to it that the frame has planes: copies it from its device, once for everybody who asks. Returns a status. */
  int32_t (*frame_planes)(struct engine *engine, struct frame *frame);
};

struct codec_plugin {
  int32_t abi_version;
  int32_t implementation_count;
  const struct codec_implementation *implementations;
};

/* What a plugin exports under the name `codec_plugin_entry`; `core` lives as long as the process. */
typedef const struct codec_plugin *codec_plugin_entry_function(const struct codec_core *core);
SHIM_EXPORT codec_plugin_entry_function codec_plugin_entry;

/* For plugins: what the core is called by. One file of the plugin says CODEC_PLUGIN(implementations). */
#ifdef CODEC_PLUGIN_SOURCE
extern const struct codec_core *codec_core;
#define CODEC_PLUGIN(list)                                                                                               \
  const struct codec_core *codec_core;                                                                                   \
  static const struct codec_plugin this_plugin = {                                                                       \
      .abi_version = CODEC_PLUGIN_ABI_VERSION,                                                                           \
      .implementation_count = sizeof(list) / sizeof((list)[0]),                                                          \
      .implementations = list,                                                                                           \
  };                                                                                                                     \
  const struct codec_plugin *codec_plugin_entry(const struct codec_core *core) {                                         \
    codec_core = core;                                                                                                   \
    return &this_plugin;                                                                                                 \
  }

static inline struct block *block_take(struct engine *engine, size_t bytes) { return codec_core->block_take(engine, bytes); }
static inline void block_release(struct engine *engine, struct block *block) { codec_core->block_release(engine, block); }
static inline struct frame *frame_create(struct engine *engine, int32_t width, int32_t height, int64_t timestamp_rtp90k) {
  return codec_core->frame_create(engine, width, height, timestamp_rtp90k);
}
static inline void frame_release(struct engine *engine, struct frame *frame) { codec_core->frame_release(engine, frame); }
static inline void frame_lend(struct context *lender, struct frame *frame, uint8_t *const planes[3], int32_t stride_y,
                              int32_t stride_uv) {
  codec_core->frame_lend(lender, frame, planes, stride_y, stride_uv);
}
static inline struct frame *frame_on_device(struct engine *engine, int32_t width, int32_t height, int64_t timestamp_rtp90k,
                                            struct device_picture *picture) {
  return codec_core->frame_on_device(engine, width, height, timestamp_rtp90k, picture);
}
static inline int32_t frame_planes(struct engine *engine, struct frame *frame) {
  return codec_core->frame_planes(engine, frame);
}
#endif

#endif
