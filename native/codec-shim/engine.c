/* The life of an engine, and the reading of its completions. */
#define _GNU_SOURCE
#include "internal.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static pthread_mutex_t engines_lock = PTHREAD_MUTEX_INITIALIZER;
static struct handle_table engines;

struct engine *engine_enter(int64_t handle) {
  pthread_mutex_lock(&engines_lock);
  struct engine *engine = handle_find(&engines, handle, HANDLE_ENGINE);
  if (engine != NULL) pthread_mutex_lock(&engine->lock);
  pthread_mutex_unlock(&engines_lock);
  return engine;
}

void engine_leave(struct engine *engine) { pthread_mutex_unlock(&engine->lock); }

int32_t shim_abi_version(void) { return SHIM_ABI_VERSION; }

static void join_and_free(struct engine *engine) {
  for (int32_t i = 0; i < engine->thread_count; i++) pthread_join(engine->threads[i], NULL);
  while (engine->first_done != NULL) {
    struct job *job = engine->first_done;
    engine->first_done = job->next;
    job_free_results_locked(engine, job);
    free(job);
  }
  for (uint32_t i = 0; i < engine->handles.count; i++) {
    struct slot *slot = &engine->handles.slots[i];
    if (slot->kind == HANDLE_FRAME) frame_release_locked(engine, slot->object);
    if (slot->kind == HANDLE_OUTPUT) free(slot->object);
  }
  pthread_mutex_lock(&engine->lock);
  device_pictures_free(engine);
  pthread_mutex_unlock(&engine->lock);
  block_list_free(&engine->spare_blocks);
  free(engine->handles.slots);
  free(engine->end_job);
  if (engine->wake_fd >= 0) close(engine->wake_fd);
  pthread_cond_destroy(&engine->work);
  pthread_cond_destroy(&engine->unread);
  pthread_mutex_destroy(&engine->lock);
  free(engine);
}

static void stop_threads(struct engine *engine) {
  pthread_mutex_lock(&engine->lock);
  engine->closing = true;
  pthread_cond_broadcast(&engine->work);
  pthread_mutex_unlock(&engine->lock);
}

int64_t shim_engine_create(int32_t threads, int32_t *wake_fd) {
  if (threads < 1 || threads > SHIM_MAX_THREADS || wake_fd == NULL) return SHIM_E_PARAMETER;
  struct engine *engine = calloc(1, sizeof *engine);
  if (engine == NULL) return SHIM_E_MEMORY;
  engine->wake_fd = -1;
  engine->next_job_id = 1;
  pthread_mutex_init(&engine->lock, NULL);
  pthread_cond_init(&engine->work, NULL);
  pthread_cond_init(&engine->unread, NULL);
  engine->end_job = calloc(1, sizeof *engine->end_job);
  if (engine->end_job == NULL) {
    join_and_free(engine);
    return SHIM_E_MEMORY;
  }
  engine->end_job->out_flags = SHIM_ENGINE_ENDED;
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
    join_and_free(engine);
    return SHIM_E_SYSTEM;
  }
  engine->wake_fd = pair[0];
  int64_t handle = pool_start(engine, threads);
  if (handle == SHIM_OK) {
    pthread_mutex_lock(&engines_lock);
    handle = handle_add(&engines, HANDLE_ENGINE, engine);
    pthread_mutex_unlock(&engines_lock);
  }
  if (handle < 0) {
    stop_threads(engine);
    join_and_free(engine);
    close(pair[1]);
    return handle;
  }
  *wake_fd = pair[1];
  return handle;
}

int32_t shim_engine_close(int64_t handle) {
  struct engine *engine = engine_enter(handle);
  if (engine == NULL) return SHIM_E_STALE_HANDLE;
  for (uint32_t i = 0; i < engine->handles.count; i++) {
    struct slot *slot = &engine->handles.slots[i];
    if (slot->kind != HANDLE_CODEC) continue;
    struct job *job = calloc(1, sizeof *job);
    if (job == NULL) {
      engine_leave(engine);
      return SHIM_E_MEMORY;
    }
    job->kind = JOB_CLOSE;
    engine->live.jobs++;
    context_close_locked(engine, slot->object, job);
  }
  engine->closing = true;
  pthread_cond_broadcast(&engine->work);
  engine_leave(engine);
  return SHIM_OK;
}

int32_t shim_engine_destroy(int64_t handle) {
  pthread_mutex_lock(&engines_lock);
  struct engine *engine = handle_find(&engines, handle, HANDLE_ENGINE);
  bool ended = false;
  if (engine != NULL) {
    pthread_mutex_lock(&engine->lock);
    ended = engine->ended;
    pthread_mutex_unlock(&engine->lock);
    if (ended) handle_remove(&engines, handle);
  }
  pthread_mutex_unlock(&engines_lock);
  if (engine == NULL) return SHIM_E_STALE_HANDLE;
  if (!ended) return SHIM_E_PARAMETER;
  join_and_free(engine);
  return SHIM_OK;
}

int32_t shim_engine_live_objects(int64_t handle, struct shim_live_objects *live) {
  struct engine *engine = engine_enter(handle);
  if (engine == NULL) return SHIM_E_STALE_HANDLE;
  *live = engine->live;
  engine_leave(engine);
  return SHIM_OK;
}

/* Bytes that wait for shim_output_take(). */
struct output {
  struct block *block;
  size_t size;
};

static int64_t publish_output(struct engine *engine, struct job *job) {
  struct output *output = malloc(sizeof *output);
  if (output == NULL) return SHIM_E_MEMORY;
  *output = (struct output){.block = job->out_bytes, .size = job->out_size};
  int64_t handle = handle_add(&engine->handles, HANDLE_OUTPUT, output);
  if (handle < 0) {
    free(output);
    return handle;
  }
  job->out_bytes = NULL;
  engine->live.outputs++;
  return handle;
}

static void publish(struct engine *engine, struct job *job, struct shim_completion *completion) {
  *completion = (struct shim_completion){
      .job = (double)job->id,
      .detail = job->detail,
      .flags = job->out_flags,
      .quantiser = job->quantiser,
      .work_us = (double)job->work_us,
      .temporal_layer = job->temporal_layer,
      .layer_bytes = {job->layer_bytes[0], job->layer_bytes[1], job->layer_bytes[2]},
      .samples = job->samples,
      .width = job->settings.width,
      .height = job->settings.height,
      .timestamp_rtp90k = (double)job->timestamp_rtp90k,
  };
  int64_t handle = 0;
  if (job->out_frame != NULL) {
    handle = handle_add(&engine->handles, HANDLE_FRAME, job->out_frame);
    if (handle > 0) {
      completion->frame = (double)handle;
      completion->width = job->out_frame->width;
      completion->height = job->out_frame->height;
      completion->timestamp_rtp90k = (double)job->out_frame->timestamp_rtp90k;
      job->out_frame = NULL;
    }
  }
  if (job->out_bytes != NULL && handle >= 0) {
    completion->output_bytes = (double)job->out_size;
    handle = publish_output(engine, job);
    if (handle > 0) completion->output = (double)handle;
  }
  completion->status = handle < 0 ? (double)handle : job->status;
  job_free_results_locked(engine, job);
}

int32_t shim_drain(int64_t handle, struct shim_completion *completions, int32_t capacity) {
  struct engine *engine = engine_enter(handle);
  if (engine == NULL) return SHIM_E_STALE_HANDLE;
  int32_t count = 0;
  while (count < capacity && engine->first_done != NULL) {
    struct job *job = engine->first_done;
    engine->first_done = job->next;
    if (engine->first_done == NULL) engine->last_done = NULL;
    publish(engine, job, &completions[count++]);
    engine->live.jobs--;
    free(job);
  }
  engine_leave(engine);
  return count;
}

int32_t shim_output_take(int64_t handle, int64_t output_handle, uint8_t *data, int64_t capacity) {
  struct engine *engine = engine_enter(handle);
  if (engine == NULL) return SHIM_E_STALE_HANDLE;
  struct output *output = handle_find(&engine->handles, output_handle, HANDLE_OUTPUT);
  if (output == NULL || capacity < (int64_t)output->size) {
    engine_leave(engine);
    return output == NULL ? SHIM_E_STALE_HANDLE : SHIM_E_PARAMETER;
  }
  handle_remove(&engine->handles, output_handle);
  engine->live.outputs--;
  engine_leave(engine);
  /* Nobody else knows the block now: a key frame is copied without holding up the threads. */
  __builtin_memcpy(data, output->block->data, output->size);
  block_release(engine, output->block);
  free(output);
  return SHIM_OK;
}
