/*
 * The threads. A context waits in the ready list while it has jobs and none of them runs; a thread takes the context, runs
 * one job, and puts it back behind the others, so that a context with a long queue does not starve the rest.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

static int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void make_ready(struct engine *engine, struct core_context *context) {
  context->ready_or_running = true;
  context->next_ready = NULL;
  if (engine->last_ready != NULL) {
    engine->last_ready->next_ready = context;
  } else {
    engine->first_ready = context;
  }
  engine->last_ready = context;
  pthread_cond_signal(&engine->work);
}

void pool_submit(struct engine *engine, struct core_context *context, struct job *job) {
  job->next = NULL;
  if (context->last != NULL) {
    context->last->next = job;
  } else {
    context->first = job;
  }
  context->last = job;
  context->job_count++;
  if (!context->ready_or_running) make_ready(engine, context);
}

void pool_complete(struct engine *engine, struct job *job) {
  bool was_empty = engine->first_done == NULL;
  job->next = NULL;
  if (was_empty) {
    engine->first_done = job;
  } else {
    engine->last_done->next = job;
  }
  engine->last_done = job;
  if (was_empty) {
    /* The reader drains everything for one byte; where the buffer is full it has bytes to wake for. */
    (void)!send(engine->wake_fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
}

static void cancel_queued(struct engine *engine, struct core_context *context) {
  while (context->first != NULL) {
    struct job *job = context->first;
    context->first = job->next;
    context->job_count--;
    job->status = SHIM_E_CANCELLED;
    frame_release_locked(engine, job->in_frame);
    block_release_locked(engine, job->in_bytes);
    job->in_frame = NULL;
    job->in_bytes = NULL;
    pool_complete(engine, job);
  }
  context->last = NULL;
}

void context_close_locked(struct engine *engine, struct core_context *context, struct job *job) {
  cancel_queued(engine, context);
  context->closed = true;
  handle_remove(&engine->handles, context->handle);
  pool_submit(engine, context, job);
}

int32_t *live_count(struct engine *engine, const struct core_context *context) {
  switch (context->shared.implementation->direction) {
    case CODEC_ENCODE:
      return &engine->live.encoders;
    case CODEC_DECODE:
      return &engine->live.decoders;
    default:
      return &engine->live.converters;
  }
}

void job_free_results_locked(struct engine *engine, struct job *job) {
  frame_release_locked(engine, job->out_frame);
  block_release_locked(engine, job->out_bytes);
  job->out_frame = NULL;
  job->out_bytes = NULL;
}

/* What works in memory gets pictures of a device copied from there first. */
static int32_t run_codec(struct engine *engine, struct core_context *context, struct job *job) {
  frame_take_back(context);
  const struct codec_implementation *implementation = context->shared.implementation;
  if (job->in_frame != NULL && !implementation->takes_device_pictures) {
    int32_t status = frame_planes(engine, job->in_frame);
    if (status != SHIM_OK) return status;
  }
  return implementation->operations->run(&context->shared, job);
}

static void run_job(struct engine *engine, struct core_context *context, struct job *job) {
  int64_t started_us = now_us();
  switch (job->kind) {
    case JOB_CODEC:
      job->status = run_codec(engine, context, job);
      break;
    case JOB_TRANSFORM:
      job->status = picture_transform(engine, job);
      break;
    case JOB_IMPORT:
      job->status = picture_import(engine, job);
      break;
    case JOB_EXPORT:
      job->status = picture_export(engine, job);
      break;
    case JOB_PROBE:
      implementation_probe(context, job->picture[0]);
      break;
    case JOB_CLOSE:
      frame_take_back(context);
      context->shared.implementation->operations->free(&context->shared);
      break;
  }
  job->work_us = now_us() - started_us;
}

/* After its job, with the lock held: give back inputs, complete, and put the context where it belongs now. */
static void finish_job(struct engine *engine, struct core_context *context, struct job *job) {
  if (job->in_frame != NULL) frame_end_read(engine, job->in_frame);
  frame_release_locked(engine, job->in_frame);
  block_release_locked(engine, job->in_bytes);
  job->in_frame = NULL;
  job->in_bytes = NULL;
  enum job_kind kind = job->kind;
  context->job_count--;
  pool_complete(engine, job);
  if (kind != JOB_CODEC) {
    if (kind == JOB_CLOSE) {
      (*live_count(engine, context))--;
    } else {
      engine->picture_jobs--;
    }
    free(context);
  } else if (context->first != NULL) {
    make_ready(engine, context);
  } else {
    context->ready_or_running = false;
  }
}

static void *thread_main(void *argument) {
  struct engine *engine = argument;
  pthread_mutex_lock(&engine->lock);
  for (;;) {
    if (engine->dead_pictures != NULL) {
      device_pictures_free(engine);
      continue;
    }
    struct core_context *context = engine->first_ready;
    if (context == NULL) {
      /* Closing has put a last job into every context, so an empty list then means that no work can come any more. */
      if (engine->closing) break;
      pthread_cond_wait(&engine->work, &engine->lock);
      continue;
    }
    engine->first_ready = context->next_ready;
    if (engine->first_ready == NULL) engine->last_ready = NULL;
    struct job *job = context->first;
    context->first = job->next;
    if (context->first == NULL) context->last = NULL;
    if (job->in_frame != NULL) frame_begin_read(job->in_frame);
    pthread_mutex_unlock(&engine->lock);
    run_job(engine, context, job);
    pthread_mutex_lock(&engine->lock);
    finish_job(engine, context, job);
  }
  engine->threads_alive--;
  if (engine->threads_alive == 0) {
    engine->ended = true;
    engine->live.jobs++;
    pool_complete(engine, engine->end_job);
    engine->end_job = NULL;
  }
  pthread_mutex_unlock(&engine->lock);
  return NULL;
}

int32_t pool_start(struct engine *engine, int32_t threads) {
  int32_t status = SHIM_OK;
  pthread_mutex_lock(&engine->lock);
  for (int32_t i = 0; i < threads; i++) {
    if (pthread_create(&engine->threads[i], NULL, thread_main, engine) != 0) {
      status = SHIM_E_SYSTEM;
      break;
    }
    char name[16];
    snprintf(name, sizeof name, "codec-%u", (unsigned)i % 100);
    pthread_setname_np(engine->threads[i], name);
    engine->thread_count++;
    engine->threads_alive++;
  }
  pthread_mutex_unlock(&engine->lock);
  return status;
}
