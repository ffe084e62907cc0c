/*
 * Shared by the shim's own files. One mutex per engine guards all of its lists, tables and reference counts: it is held
 * for well under a microsecond, while the jobs between take milliseconds, so finer locks would buy nothing.
 */
#ifndef COMMUCAT_CODEC_SHIM_INTERNAL_H
#define COMMUCAT_CODEC_SHIM_INTERNAL_H

#include "plugin.h"

enum handle_kind { HANDLE_FREE = 0, HANDLE_ENGINE, HANDLE_FRAME, HANDLE_OUTPUT, HANDLE_CODEC };

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

struct block_list {
  struct block *first;
  uint32_t count;
  size_t bytes;
};

/* A codec, or the one-shot context of a conversion, which has no implementation. */
struct core_context {
  struct context shared;
  int64_t handle;

  /* Guarded by the engine's lock. */
  struct shim_settings settings;
  struct job *first;
  struct job *last;
  int32_t job_count;
  bool ready_or_running;
  bool closed;
  struct core_context *next_ready;
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
  struct core_context *first_ready;
  struct core_context *last_ready;
  struct job *first_done;
  struct job *last_done;
  int64_t next_job_id;
  int32_t picture_jobs;
  struct handle_table handles;
  struct block_list spare_blocks;
  /* Pictures on devices that nobody needs any more: freeing them may take long, so the threads do it. */
  struct device_picture *dead_pictures;
  struct shim_live_objects live;
};

/* handles.c; all under the engine's lock. */
int64_t handle_add(struct handle_table *table, enum handle_kind kind, void *object);
void *handle_find(const struct handle_table *table, int64_t handle, enum handle_kind kind);
void handle_remove(struct handle_table *table, int64_t handle);

/* memory.c: take and release lock for themselves. */
struct block *block_take(struct engine *engine, size_t bytes);
void block_release(struct engine *engine, struct block *block);
struct frame *frame_create(struct engine *engine, int32_t width, int32_t height, int64_t timestamp_rtp90k);
void frame_lend(struct context *lender, struct frame *frame, uint8_t *const planes[3], int32_t stride_y,
                int32_t stride_uv);
void frame_take_back(struct core_context *lender);
/* Has the planes point into the frame's own block. */
void frame_use_own_planes(struct frame *frame);
size_t frame_bytes(int32_t width, int32_t height);
/* Both with the lock held. */
void frame_begin_read(struct frame *frame);
void frame_end_read(struct engine *engine, struct frame *frame);
void frame_release(struct engine *engine, struct frame *frame);
/* The same with the lock held. */
void frame_release_locked(struct engine *engine, struct frame *frame);
void block_release_locked(struct engine *engine, struct block *block);
void block_list_free(struct block_list *list);

/* device_pictures.c: the first two take and release the lock for themselves. */
struct frame *frame_on_device(struct engine *engine, int32_t width, int32_t height, int64_t timestamp_rtp90k,
                              struct device_picture *picture);
int32_t frame_planes(struct engine *engine, struct frame *frame);
/* Both with the lock held, which the second gives up meanwhile. */
void device_picture_release_locked(struct engine *engine, struct device_picture *picture);
void device_pictures_free(struct engine *engine);

/* pool.c */
int32_t pool_start(struct engine *engine, int32_t threads);
/* All below with the lock held. */
void pool_submit(struct engine *engine, struct core_context *context, struct job *job);
void pool_complete(struct engine *engine, struct job *job);
/* Cancels what is queued; `job` then frees the context after the one that runs. */
void context_close_locked(struct engine *engine, struct core_context *context, struct job *job);
void job_free_results_locked(struct engine *engine, struct job *job);
/* The count of live objects to which a codec belongs. */
int32_t *live_count(struct engine *engine, const struct core_context *context);

/* pictures.c: the work of the conversions. */
int32_t picture_transform(struct engine *engine, struct job *job);
int32_t picture_import(struct engine *engine, struct job *job);
int32_t picture_export(struct engine *engine, struct job *job);
/* Bytes of tightly packed pixels, or 0 for a format that is none. */
size_t raw_bytes(int32_t format, int32_t width, int32_t height);

/* engine.c: the engine with its lock taken, or NULL where the handle is stale. */
struct engine *engine_enter(int64_t handle);
void engine_leave(struct engine *engine);

/* plugins.c */
const struct codec_implementation *implementation_at(int32_t number);
/* On a pool thread, without the engine's lock, with a context for this. */
void implementation_probe(struct core_context *context, int32_t number);

#endif
