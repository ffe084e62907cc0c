/* Creating, feeding and closing codecs: everything that JavaScript submits. */
#include "internal.h"

#include <libyuv.h>
#include <stdlib.h>
#include <string.h>

static bool valid_size(int32_t width, int32_t height) {
  return width >= 1 && height >= 1 && width <= SHIM_MAX_DIMENSION && height <= SHIM_MAX_DIMENSION;
}

static struct job *job_create(enum job_kind kind) {
  struct job *job = calloc(1, sizeof *job);
  if (job != NULL) job->kind = kind;
  return job;
}

/* With the lock held. */
static int64_t submit_locked(struct engine *engine, struct core_context *context, struct job *job) {
  job->id = engine->next_job_id++;
  engine->live.jobs++;
  int64_t id = job->id;
  pool_submit(engine, context, job);
  return id;
}

int64_t shim_frame_from_i420(int64_t handle, const uint8_t *data, int64_t bytes, int32_t width, int32_t height,
                             int64_t timestamp_rtp90k) {
  if (!valid_size(width, height) || bytes != (int64_t)raw_bytes(SHIM_I420, width, height)) return SHIM_E_PARAMETER;
  struct engine *engine = engine_enter(handle);
  if (engine == NULL) return SHIM_E_STALE_HANDLE;
  bool closing = engine->closing;
  engine_leave(engine);
  if (closing) return SHIM_E_CLOSED;
  struct frame *frame = frame_create(engine, width, height, timestamp_rtp90k);
  if (frame == NULL) return SHIM_E_MEMORY;
  int32_t chroma_width = (width + 1) / 2;
  const uint8_t *u = data + (size_t)width * (size_t)height;
  const uint8_t *v = u + (size_t)chroma_width * (((size_t)height + 1) / 2);
  I420Copy(data, width, u, chroma_width, v, chroma_width, frame->y, frame->stride_y, frame->u, frame->stride_uv, frame->v,
           frame->stride_uv, width, height);
  pthread_mutex_lock(&engine->lock);
  int64_t frame_handle = handle_add(&engine->handles, HANDLE_FRAME, frame);
  if (frame_handle < 0) frame_release_locked(engine, frame);
  engine_leave(engine);
  return frame_handle;
}

int32_t shim_frame_to_i420(int64_t handle, int64_t frame_handle, uint8_t *data, int64_t capacity) {
  struct engine *engine = engine_enter(handle);
  if (engine == NULL) return SHIM_E_STALE_HANDLE;
  struct frame *frame = handle_find(&engine->handles, frame_handle, HANDLE_FRAME);
  if (frame == NULL) {
    engine_leave(engine);
    return SHIM_E_STALE_HANDLE;
  }
  frame->references++;
  frame_begin_read(frame);
  engine_leave(engine);
  int32_t status = frame_planes(engine, frame);
  if (status == SHIM_OK) status = SHIM_E_PARAMETER;
  if (status == SHIM_E_PARAMETER && capacity >= (int64_t)raw_bytes(SHIM_I420, frame->width, frame->height)) {
    int32_t chroma_width = (frame->width + 1) / 2;
    uint8_t *u = data + (size_t)frame->width * (size_t)frame->height;
    uint8_t *v = u + (size_t)chroma_width * (((size_t)frame->height + 1) / 2);
    I420Copy(frame->y, frame->stride_y, frame->u, frame->stride_uv, frame->v, frame->stride_uv, data, frame->width, u,
             chroma_width, v, chroma_width, frame->width, frame->height);
    status = SHIM_OK;
  }
  pthread_mutex_lock(&engine->lock);
  frame_end_read(engine, frame);
  frame_release_locked(engine, frame);
  engine_leave(engine);
  return status;
}

int64_t shim_frame_share(int64_t handle, int64_t frame_handle) {
  struct engine *engine = engine_enter(handle);
  if (engine == NULL) return SHIM_E_STALE_HANDLE;
  struct frame *frame = handle_find(&engine->handles, frame_handle, HANDLE_FRAME);
  int64_t shared = frame == NULL ? SHIM_E_STALE_HANDLE : handle_add(&engine->handles, HANDLE_FRAME, frame);
  if (shared > 0) frame->references++;
  engine_leave(engine);
  return shared;
}

int32_t shim_frame_release(int64_t handle, int64_t frame_handle) {
  struct engine *engine = engine_enter(handle);
  if (engine == NULL) return SHIM_E_STALE_HANDLE;
  struct frame *frame = handle_find(&engine->handles, frame_handle, HANDLE_FRAME);
  if (frame != NULL) {
    handle_remove(&engine->handles, frame_handle);
    frame_release_locked(engine, frame);
  }
  engine_leave(engine);
  return frame != NULL ? SHIM_OK : SHIM_E_STALE_HANDLE;
}

static bool valid_settings(const struct codec_implementation *implementation, const struct shim_settings *settings) {
  if (settings->spatial_layers < 1 || settings->spatial_layers > implementation->spatial_layers) return false;
  if (settings->temporal_layers < 1 || settings->temporal_layers > implementation->temporal_layers) return false;
  return implementation->accepts == NULL || implementation->accepts(settings);
}

int64_t shim_codec_create(int64_t handle, int32_t number, const struct shim_settings *settings) {
  const struct codec_implementation *implementation = implementation_at(number);
  if (implementation == NULL || settings == NULL || !valid_settings(implementation, settings)) return SHIM_E_PARAMETER;
  struct core_context *context = calloc(1, sizeof *context);
  if (context == NULL) return SHIM_E_MEMORY;
  struct engine *engine = engine_enter(handle);
  if (engine == NULL || engine->closing) {
    if (engine != NULL) engine_leave(engine);
    free(context);
    return engine == NULL ? SHIM_E_STALE_HANDLE : SHIM_E_CLOSED;
  }
  context->shared = (struct context){.engine = engine, .implementation = implementation};
  context->settings = *settings;
  context->handle = handle_add(&engine->handles, HANDLE_CODEC, context);
  int64_t result = context->handle;
  if (result < 0) {
    free(context);
  } else {
    (*live_count(engine, context))++;
  }
  engine_leave(engine);
  return result;
}

int32_t shim_codec_update(int64_t handle, int64_t codec, const struct shim_settings *settings) {
  if (settings == NULL) return SHIM_E_PARAMETER;
  struct engine *engine = engine_enter(handle);
  if (engine == NULL) return SHIM_E_STALE_HANDLE;
  struct core_context *context = handle_find(&engine->handles, codec, HANDLE_CODEC);
  int32_t status = SHIM_OK;
  if (context == NULL) {
    status = SHIM_E_STALE_HANDLE;
  } else if (!valid_settings(context->shared.implementation, settings)) {
    status = SHIM_E_PARAMETER;
  } else {
    context->settings = *settings;
  }
  engine_leave(engine);
  return status;
}

int64_t shim_encode(int64_t handle, int64_t encoder, int64_t frame_handle, int32_t flags) {
  struct job *job = job_create(JOB_CODEC);
  if (job == NULL) return SHIM_E_MEMORY;
  struct engine *engine = engine_enter(handle);
  int64_t result = SHIM_E_STALE_HANDLE;
  if (engine != NULL) {
    struct core_context *context = handle_find(&engine->handles, encoder, HANDLE_CODEC);
    struct frame *frame = handle_find(&engine->handles, frame_handle, HANDLE_FRAME);
    if (context == NULL || frame == NULL) {
      result = SHIM_E_STALE_HANDLE;
    } else if (context->shared.implementation->direction != CODEC_ENCODE || frame->width != context->settings.width ||
               frame->height != context->settings.height) {
      result = SHIM_E_PARAMETER;
    } else if (context->job_count >= SHIM_MAX_QUEUED_JOBS) {
      result = SHIM_E_QUEUE_FULL;
    } else {
      frame->references++;
      job->in_frame = frame;
      job->flags = flags;
      job->settings = context->settings;
      job->timestamp_rtp90k = frame->timestamp_rtp90k;
      result = submit_locked(engine, context, job);
    }
    engine_leave(engine);
  }
  if (result < 0) free(job);
  return result;
}

/* A copy of the caller's bytes for a job; decoders read whole words, so some bytes past the end exist, and are zero. */
static struct block *copy_in(struct engine *engine, const uint8_t *data, int64_t bytes) {
  struct block *block = block_take(engine, (size_t)bytes + 64);
  if (block == NULL) return NULL;
  memcpy(block->data, data, (size_t)bytes);
  memset(block->data + bytes, 0, 64);
  return block;
}

int64_t shim_submit(int64_t handle, int64_t codec, const uint8_t *data, int64_t bytes, int64_t timestamp_rtp90k, int32_t flags,
                    int32_t count) {
  bool without_data = (flags & SHIM_CONCEAL) != 0;
  if (count < 0 || bytes > SHIM_MAX_ACCESS_UNIT_BYTES) return SHIM_E_PARAMETER;
  if (without_data ? bytes != 0 : data == NULL || bytes < 1) return SHIM_E_PARAMETER;
  struct engine *engine = engine_enter(handle);
  if (engine == NULL) return SHIM_E_STALE_HANDLE;
  struct core_context *context = handle_find(&engine->handles, codec, HANDLE_CODEC);
  int64_t result = context == NULL                             ? SHIM_E_STALE_HANDLE
                   : context->job_count >= SHIM_MAX_QUEUED_JOBS ? SHIM_E_QUEUE_FULL
                                                                : SHIM_OK;
  engine_leave(engine);
  if (result < 0) return result;

  struct job *job = job_create(JOB_CODEC);
  struct block *block = without_data ? NULL : copy_in(engine, data, bytes);
  if (job == NULL || (block == NULL && !without_data)) {
    free(job);
    if (block != NULL) block_release(engine, block);
    return SHIM_E_MEMORY;
  }
  job->in_bytes = block;
  job->in_size = (size_t)bytes;
  job->timestamp_rtp90k = timestamp_rtp90k;
  job->flags = flags;
  job->count = count;
  /* Only the thread that submits closes contexts, so the context still is what was found above. */
  pthread_mutex_lock(&engine->lock);
  job->settings = context->settings;
  result = submit_locked(engine, context, job);
  engine_leave(engine);
  return result;
}

/* A job without a codec: of a picture, or where the handle is 0 of the bytes in the job, or of neither. Frees the job where it is refused. */
static int64_t submit_picture_job(int64_t handle, struct job *job, int64_t frame_handle) {
  struct core_context *context = calloc(1, sizeof *context);
  struct engine *engine = engine_enter(handle);
  int64_t result = SHIM_E_STALE_HANDLE;
  if (engine != NULL) {
    struct frame *frame = handle_find(&engine->handles, frame_handle, HANDLE_FRAME);
    const int32_t *part = job->picture;
    if (context == NULL) {
      result = SHIM_E_MEMORY;
    } else if (frame == NULL && job->in_bytes == NULL && job->kind != JOB_PROBE) {
      result = SHIM_E_STALE_HANDLE;
    } else if (engine->closing) {
      result = SHIM_E_CLOSED;
    } else if (engine->picture_jobs >= SHIM_MAX_PICTURE_JOBS) {
      result = SHIM_E_QUEUE_FULL;
    } else if (job->kind == JOB_TRANSFORM && (part[0] + part[2] > frame->width || part[1] + part[3] > frame->height)) {
      result = SHIM_E_PARAMETER;
    } else {
      engine->picture_jobs++;
      context->shared.engine = engine;
      job->in_frame = frame;
      if (frame != NULL) {
        frame->references++;
        job->timestamp_rtp90k = frame->timestamp_rtp90k;
      }
      result = submit_locked(engine, context, job);
    }
    if (result < 0) block_release_locked(engine, job->in_bytes);
    engine_leave(engine);
  }
  if (result < 0) {
    free(job);
    free(context);
  }
  return result;
}

int64_t shim_transform(int64_t engine, int64_t frame, int32_t left, int32_t top, int32_t crop_width, int32_t crop_height,
                       int32_t width, int32_t height, int32_t filter) {
  if (!valid_size(width, height) || !valid_size(crop_width, crop_height)) return SHIM_E_PARAMETER;
  /* Chroma has half of the places. */
  if (left < 0 || top < 0 || left > SHIM_MAX_DIMENSION || top > SHIM_MAX_DIMENSION || left % 2 != 0 || top % 2 != 0) {
    return SHIM_E_PARAMETER;
  }
  if (filter < SHIM_POINT || filter > SHIM_BOX) return SHIM_E_PARAMETER;
  struct job *job = job_create(JOB_TRANSFORM);
  if (job == NULL) return SHIM_E_MEMORY;
  const int32_t values[7] = {left, top, crop_width, crop_height, width, height, filter};
  memcpy(job->picture, values, sizeof values);
  return submit_picture_job(engine, job, frame);
}

int64_t shim_import(int64_t handle, int32_t format, const uint8_t *data, int64_t bytes, int32_t width, int32_t height,
                    int64_t timestamp_rtp90k) {
  if (data == NULL || !valid_size(width, height)) return SHIM_E_PARAMETER;
  size_t wanted = raw_bytes(format, width, height);
  if (wanted == 0 || bytes != (int64_t)wanted) return SHIM_E_PARAMETER;
  struct engine *engine = engine_enter(handle);
  if (engine == NULL) return SHIM_E_STALE_HANDLE;
  engine_leave(engine);
  struct job *job = job_create(JOB_IMPORT);
  if (job == NULL) return SHIM_E_MEMORY;
  job->in_bytes = copy_in(engine, data, bytes);
  if (job->in_bytes == NULL) {
    free(job);
    return SHIM_E_MEMORY;
  }
  const int32_t values[7] = {0, 0, 0, 0, width, height, format};
  memcpy(job->picture, values, sizeof values);
  job->timestamp_rtp90k = timestamp_rtp90k;
  return submit_picture_job(handle, job, 0);
}

int64_t shim_export(int64_t engine, int64_t frame, int32_t format) {
  if (raw_bytes(format, 2, 2) == 0) return SHIM_E_PARAMETER;
  struct job *job = job_create(JOB_EXPORT);
  if (job == NULL) return SHIM_E_MEMORY;
  job->picture[6] = format;
  return submit_picture_job(engine, job, frame);
}

int64_t shim_probe(int64_t handle, int32_t implementation) {
  if (implementation_at(implementation) == NULL) return SHIM_E_PARAMETER;
  struct job *job = job_create(JOB_PROBE);
  if (job == NULL) return SHIM_E_MEMORY;
  job->picture[0] = implementation;
  return submit_picture_job(handle, job, 0);
}

int64_t shim_codec_close(int64_t handle, int64_t codec) {
  struct job *job = job_create(JOB_CLOSE);
  if (job == NULL) return SHIM_E_MEMORY;
  struct engine *engine = engine_enter(handle);
  int64_t result = SHIM_E_STALE_HANDLE;
  if (engine != NULL) {
    struct core_context *context = handle_find(&engine->handles, codec, HANDLE_CODEC);
    if (context != NULL) {
      job->id = engine->next_job_id++;
      result = job->id;
      engine->live.jobs++;
      context_close_locked(engine, context, job);
    }
    engine_leave(engine);
  }
  if (result < 0) free(job);
  return result;
}
