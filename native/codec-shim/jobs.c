/* Creating, feeding and closing codecs: everything that JavaScript submits. */
#include "internal.h"

#include <libyuv.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static bool valid_size(int32_t width, int32_t height) {
  return width >= 1 && height >= 1 && width <= SHIM_MAX_DIMENSION && height <= SHIM_MAX_DIMENSION;
}

static size_t packed_bytes(int32_t width, int32_t height) {
  size_t chroma = (((size_t)width + 1) / 2) * (((size_t)height + 1) / 2);
  return (size_t)width * (size_t)height + 2 * chroma;
}

static struct job *job_create(enum job_kind kind) {
  struct job *job = calloc(1, sizeof *job);
  if (job != NULL) job->kind = kind;
  return job;
}

/* With the lock held. */
static int64_t submit_locked(struct engine *engine, struct context *context, struct job *job) {
  job->id = engine->next_job_id++;
  engine->live.jobs++;
  int64_t id = job->id;
  pool_submit(engine, context, job);
  return id;
}

int64_t shim_frame_from_i420(int64_t handle, const uint8_t *data, int64_t bytes, int32_t width, int32_t height,
                             int64_t timestamp_rtp90k) {
  if (!valid_size(width, height) || bytes != (int64_t)packed_bytes(width, height)) return SHIM_E_PARAMETER;
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
  int32_t status = SHIM_E_PARAMETER;
  if (capacity >= (int64_t)packed_bytes(frame->width, frame->height)) {
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

static int64_t context_create(int64_t handle, enum handle_kind kind, const struct codec_operations *operations,
                              const struct shim_encoder_config *config) {
  struct context *context = calloc(1, sizeof *context);
  if (context == NULL) return SHIM_E_MEMORY;
  struct engine *engine = engine_enter(handle);
  if (engine == NULL || engine->closing) {
    if (engine != NULL) engine_leave(engine);
    free(context);
    return engine == NULL ? SHIM_E_STALE_HANDLE : SHIM_E_CLOSED;
  }
  context->engine = engine;
  context->operations = operations;
  context->kind = kind;
  if (config != NULL) {
    context->config = *config;
    context->wanted_rates.target_bps = config->target_bps;
    context->wanted_rates.max_frame_rate_millihertz = config->max_frame_rate_millihertz;
  }
  context->handle = handle_add(&engine->handles, kind, context);
  int64_t result = context->handle;
  if (result < 0) {
    free(context);
  } else if (kind == HANDLE_ENCODER) {
    engine->live.encoders++;
  } else {
    engine->live.decoders++;
  }
  engine_leave(engine);
  return result;
}

int64_t shim_encoder_create(int64_t engine, const struct shim_encoder_config *config) {
  if (config == NULL || !valid_size(config->width, config->height)) return SHIM_E_PARAMETER;
  if (config->width % 2 != 0 || config->height % 2 != 0) return SHIM_E_PARAMETER;
  if (config->target_bps < 1000 || config->max_frame_rate_millihertz < 1000) return SHIM_E_PARAMETER;
  if (config->threads < 1 || config->threads > SHIM_MAX_THREADS || config->max_nal_bytes < 0) return SHIM_E_PARAMETER;
  switch (config->codec) {
    case SHIM_VP8:
      return context_create(engine, HANDLE_ENCODER, &vp8_encoder_operations, config);
    case SHIM_H264:
      return context_create(engine, HANDLE_ENCODER, &h264_encoder_operations, config);
    default:
      return SHIM_E_PARAMETER;
  }
}

int64_t shim_decoder_create(int64_t engine, int32_t codec) {
  switch (codec) {
    case SHIM_VP8:
      return context_create(engine, HANDLE_DECODER, &vp8_decoder_operations, NULL);
    case SHIM_H264:
      return context_create(engine, HANDLE_DECODER, &h264_decoder_operations, NULL);
    default:
      return SHIM_E_PARAMETER;
  }
}

int32_t shim_encoder_set_rates(int64_t handle, int64_t encoder, int32_t target_bps, int32_t max_frame_rate_millihertz) {
  if ((target_bps != 0 && target_bps < 1000) || (max_frame_rate_millihertz != 0 && max_frame_rate_millihertz < 1000)) {
    return SHIM_E_PARAMETER;
  }
  struct engine *engine = engine_enter(handle);
  if (engine == NULL) return SHIM_E_STALE_HANDLE;
  struct context *context = handle_find(&engine->handles, encoder, HANDLE_ENCODER);
  if (context != NULL) {
    if (target_bps != 0) context->wanted_rates.target_bps = target_bps;
    if (max_frame_rate_millihertz != 0) context->wanted_rates.max_frame_rate_millihertz = max_frame_rate_millihertz;
  }
  engine_leave(engine);
  return context != NULL ? SHIM_OK : SHIM_E_STALE_HANDLE;
}

bool context_take_rates(struct context *context, struct rates *current) {
  pthread_mutex_lock(&context->engine->lock);
  struct rates wanted = context->wanted_rates;
  pthread_mutex_unlock(&context->engine->lock);
  bool changed = wanted.target_bps != current->target_bps ||
                 wanted.max_frame_rate_millihertz != current->max_frame_rate_millihertz;
  *current = wanted;
  return changed;
}

int64_t shim_encode(int64_t handle, int64_t encoder, int64_t frame_handle, int32_t flags) {
  struct job *job = job_create(JOB_ENCODE);
  if (job == NULL) return SHIM_E_MEMORY;
  struct engine *engine = engine_enter(handle);
  int64_t result = SHIM_E_STALE_HANDLE;
  if (engine != NULL) {
    struct context *context = handle_find(&engine->handles, encoder, HANDLE_ENCODER);
    struct frame *frame = handle_find(&engine->handles, frame_handle, HANDLE_FRAME);
    if (context == NULL || frame == NULL) {
      result = SHIM_E_STALE_HANDLE;
    } else if (frame->width != context->config.width || frame->height != context->config.height) {
      result = SHIM_E_PARAMETER;
    } else if (context->job_count >= SHIM_MAX_QUEUED_JOBS) {
      result = SHIM_E_QUEUE_FULL;
    } else {
      frame->references++;
      job->in_frame = frame;
      job->flags = flags;
      job->timestamp_rtp90k = frame->timestamp_rtp90k;
      result = submit_locked(engine, context, job);
    }
    engine_leave(engine);
  }
  if (result < 0) free(job);
  return result;
}

int64_t shim_decode(int64_t handle, int64_t decoder, const uint8_t *data, int64_t bytes, int64_t timestamp_rtp90k) {
  if (data == NULL || bytes < 1 || bytes > SHIM_MAX_ACCESS_UNIT_BYTES) return SHIM_E_PARAMETER;
  struct engine *engine = engine_enter(handle);
  if (engine == NULL) return SHIM_E_STALE_HANDLE;
  struct context *context = handle_find(&engine->handles, decoder, HANDLE_DECODER);
  int64_t result = context == NULL                                 ? SHIM_E_STALE_HANDLE
                   : context->job_count >= SHIM_MAX_QUEUED_JOBS ? SHIM_E_QUEUE_FULL
                                                                   : SHIM_OK;
  engine_leave(engine);
  if (result < 0) return result;

  struct job *job = job_create(JOB_DECODE);
  /* Decoders read whole words: some bytes past the end must exist, and be zero, as in the libraries' own buffers. */
  struct block *block = block_take(engine, (size_t)bytes + 64);
  if (job == NULL || block == NULL) {
    free(job);
    if (block != NULL) block_release(engine, block);
    return SHIM_E_MEMORY;
  }
  memcpy(block->data, data, (size_t)bytes);
  memset(block->data + bytes, 0, 64);
  job->in_bytes = block;
  job->in_size = (size_t)bytes;
  job->timestamp_rtp90k = timestamp_rtp90k;
  /* Only the thread that submits closes contexts, so the context still is what was found above. */
  pthread_mutex_lock(&engine->lock);
  result = submit_locked(engine, context, job);
  engine_leave(engine);
  return result;
}

int64_t shim_scale(int64_t handle, int64_t frame_handle, int32_t width, int32_t height) {
  if (!valid_size(width, height)) return SHIM_E_PARAMETER;
  struct job *job = job_create(JOB_SCALE);
  struct context *context = calloc(1, sizeof *context);
  if (job == NULL || context == NULL) {
    free(job);
    free(context);
    return SHIM_E_MEMORY;
  }
  struct engine *engine = engine_enter(handle);
  int64_t result = SHIM_E_STALE_HANDLE;
  if (engine != NULL) {
    struct frame *frame = handle_find(&engine->handles, frame_handle, HANDLE_FRAME);
    if (frame == NULL) {
      result = SHIM_E_STALE_HANDLE;
    } else if (engine->closing) {
      result = SHIM_E_CLOSED;
    } else if (engine->scale_jobs >= SHIM_MAX_SCALE_JOBS) {
      result = SHIM_E_QUEUE_FULL;
    } else {
      frame->references++;
      engine->scale_jobs++;
      context->engine = engine;
      job->in_frame = frame;
      job->scale_width = width;
      job->scale_height = height;
      job->timestamp_rtp90k = frame->timestamp_rtp90k;
      result = submit_locked(engine, context, job);
    }
    engine_leave(engine);
  }
  if (result < 0) {
    free(job);
    free(context);
  }
  return result;
}

int64_t shim_codec_close(int64_t handle, int64_t codec) {
  struct job *job = job_create(JOB_CLOSE);
  if (job == NULL) return SHIM_E_MEMORY;
  struct engine *engine = engine_enter(handle);
  int64_t result = SHIM_E_STALE_HANDLE;
  if (engine != NULL) {
    enum handle_kind kind = handle_kind_of(&engine->handles, codec);
    if (kind == HANDLE_ENCODER || kind == HANDLE_DECODER) {
      job->id = engine->next_job_id++;
      result = job->id;
      engine->live.jobs++;
      context_close_locked(engine, handle_find(&engine->handles, codec, kind), job);
    }
    engine_leave(engine);
  }
  if (result < 0) free(job);
  return result;
}
