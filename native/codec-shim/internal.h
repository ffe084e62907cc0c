/*
 * Shared by the shim's own files. One mutex per engine guards all of its lists, tables and reference counts: it is held
 * for well under a microsecond, while the jobs between take milliseconds, so finer locks would buy nothing.
 */
#ifndef COMMUCAT_CODEC_SHIM_INTERNAL_H
#define COMMUCAT_CODEC_SHIM_INTERNAL_H

#include "shim.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum handle_kind { HANDLE_FREE = 0, HANDLE_ENGINE, HANDLE_FRAME, HANDLE_OUTPUT, HANDLE_ENCODER, HANDLE_DECODER };

struct slot {
  void *object;
  uint32_t generation;
  uint32_t next_free;
  enum handle_kind kind;
};

struct handle_table {
  struct slot *slots;
  uint32_t count;
  uint32_t first_free;
};

/* Memory that goes back to a list when it is free: pictures of 1.4 MB would otherwise be page-faulted in for every frame. */
struct block {
  struct block *next;
  size_t capacity;
  /* Starts 64 bytes after the block itself, so it is aligned to 64. */
  uint8_t *data;
};

struct block_list {
  struct block *first;
  uint32_t count;
  size_t bytes;
};

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
};

enum job_kind { JOB_ENCODE, JOB_DECODE, JOB_SCALE, JOB_CLOSE };

struct job {
  struct job *next;
  enum job_kind kind;
  int64_t id;
  struct frame *in_frame;
  struct block *in_bytes;
  size_t in_size;
  int64_t timestamp_rtp90k;
  int32_t flags;
  int32_t scale_width;
  int32_t scale_height;

  int32_t status;
  int32_t detail;
  int32_t out_flags;
  struct frame *out_frame;
  struct block *out_bytes;
  size_t out_size;
  int32_t quantiser;
  int64_t work_us;
};

struct context;

/* What a codec library has to be able to do. All run on a pool thread, never two at a time for one context. */
struct codec_operations {
  /* Opens on first use, fills the job's results. Returns the job's status. */
  int32_t (*run)(struct context *context, struct job *job);
  void (*free)(struct context *context);
};

struct rates {
  int32_t target_bps;
  int32_t max_frame_rate_millihertz;
};

struct context {
  struct engine *engine;
  /* NULL for the one-shot context of a scaling. */
  const struct codec_operations *operations;
  enum handle_kind kind;
  int64_t handle;
  struct shim_encoder_config config;
  void *state;

  /* Guarded by the engine's lock. */
  struct job *first;
  struct job *last;
  int32_t job_count;
  bool ready_or_running;
  bool closed;
  struct rates wanted_rates;
  struct context *next_ready;
  /* The picture that shows this decoder's own memory. */
  struct frame *lent;
};

struct engine {
  pthread_mutex_t lock;
  pthread_cond_t work;
  /* Some frame has lost its last reader. */
  pthread_cond_t unread;
  int wake_fd;
  bool closing;
  bool ended;
  /* Its completion tells that the threads have ended; allocated at the start, so that the end cannot fail. */
  struct job *end_job;
  int32_t thread_count;
  int32_t threads_alive;
  pthread_t threads[SHIM_MAX_THREADS];
  struct context *first_ready;
  struct context *last_ready;
  struct job *first_done;
  struct job *last_done;
  int64_t next_job_id;
  int32_t scale_jobs;
  struct handle_table handles;
  struct block_list spare_blocks;
  struct shim_live_objects live;
};

/* handles.c; all under the engine's lock. */
int64_t handle_add(struct handle_table *table, enum handle_kind kind, void *object);
void *handle_find(const struct handle_table *table, int64_t handle, enum handle_kind kind);
/* The kind of a live handle, or HANDLE_FREE. */
enum handle_kind handle_kind_of(const struct handle_table *table, int64_t handle);
void handle_remove(struct handle_table *table, int64_t handle);

/* memory.c: take and release lock for themselves. */
struct block *block_take(struct engine *engine, size_t bytes);
void block_release(struct engine *engine, struct block *block);
struct frame *frame_create(struct engine *engine, int32_t width, int32_t height, int64_t timestamp_rtp90k);
/*
 * Most pictures are encoded and gone before their decoder runs again: they are lent, not copied. The planes stay the
 * decoder's until its next job; frame_take_back(), before that job, waits for readers and copies out what is still used.
 */
void frame_lend(struct context *lender, struct frame *frame, uint8_t *const planes[3], int32_t stride_y,
                int32_t stride_uv);
void frame_take_back(struct context *lender);
/* Both with the lock held. */
void frame_begin_read(struct frame *frame);
void frame_end_read(struct engine *engine, struct frame *frame);
void frame_release(struct engine *engine, struct frame *frame);
/* The same with the lock held. */
void frame_release_locked(struct engine *engine, struct frame *frame);
void block_release_locked(struct engine *engine, struct block *block);
void block_list_free(struct block_list *list);

/* pool.c */
int32_t pool_start(struct engine *engine, int32_t threads);
/* All below with the lock held. */
void pool_submit(struct engine *engine, struct context *context, struct job *job);
void pool_complete(struct engine *engine, struct job *job);
/* Cancels what is queued; `job` then frees the context after the one that runs. */
void context_close_locked(struct engine *engine, struct context *context, struct job *job);
void job_free_results_locked(struct engine *engine, struct job *job);

/* engine.c: the engine with its lock taken, or NULL where the handle is stale. */
struct engine *engine_enter(int64_t handle);
void engine_leave(struct engine *engine);

/* The rates wanted now; true where they differ from *current, which is then updated. */
bool context_take_rates(struct context *context, struct rates *current);

/*
 * The clock that rate control sees. Media timestamps may stand still, step back or leap by an hour (a muted camera); rate
 * control gets steps between 1 tick and 1 second instead.
 */
struct rate_clock {
  bool started;
  int64_t last_timestamp_rtp90k;
  int64_t now_rtp90k;
  int64_t window_start_rtp90k;
  int32_t window_pictures;
};
int64_t rate_clock_advance(struct rate_clock *clock, int64_t timestamp_rtp90k);
/* The frame rate of the window that ends now, or 0 while there is none yet. */
int32_t rate_clock_measured_millihertz(struct rate_clock *clock);

/* What a slice header cannot be read without, from the latest SPS and PPS. */
struct h264_headers {
  uint32_t frame_num_bits;
  uint32_t poc_type;
  uint32_t poc_lsb_bits;
  int32_t pic_init_qp;
};
/* The quantiser of the first slice of an Annex B access unit that openh264 has written, or -1. */
int32_t h264_slice_qp(struct h264_headers *headers, const uint8_t *data, size_t size);

extern const struct codec_operations vp8_encoder_operations;
extern const struct codec_operations vp8_decoder_operations;
extern const struct codec_operations h264_encoder_operations;
extern const struct codec_operations h264_decoder_operations;

#endif
