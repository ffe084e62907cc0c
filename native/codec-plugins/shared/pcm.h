/* Sound in jobs: interleaved, 16-bit or 32-bit float (-1 to 1) by `settings.float_samples`. */
#ifndef COMMUCAT_PCM_H
#define COMMUCAT_PCM_H

#include "plugin.h"

#include <math.h>

/* Bytes of one sample of one channel. */
static inline size_t sample_bytes(const struct shim_settings *settings) {
  return settings->float_samples != 0 ? sizeof(float) : sizeof(int16_t);
}

/* Whether the job brings exactly so many samples for each channel. */
static inline bool pcm_has(const struct job *job, int32_t samples) {
  return job->in_size == (size_t)samples * (size_t)job->settings.channels * sample_bytes(&job->settings);
}

/* Room for so many samples for each channel in the job's result; NULL where there is no memory. */
static inline void *pcm_result(struct engine *engine, struct job *job, int32_t samples) {
  size_t bytes = (size_t)samples * (size_t)job->settings.channels * sample_bytes(&job->settings);
  job->out_bytes = block_take(engine, bytes);
  if (job->out_bytes == NULL) return NULL;
  job->out_size = bytes;
  job->samples = samples;
  return job->out_bytes->data;
}

/* Where a codec fails after room was taken: nothing comes out. */
static inline void pcm_drop(struct engine *engine, struct job *job) {
  block_release(engine, job->out_bytes);
  job->out_bytes = NULL;
  job->out_size = 0;
  job->samples = 0;
}

/* What is no number becomes silence; what is too loud is cut. */
static inline void pcm_to_s16(int16_t *out, const float *in, size_t values) {
  for (size_t i = 0; i < values; i++) {
    float scaled = in[i] * 32768.0f;
    if (!(scaled < 32767.0f)) scaled = scaled >= 32767.0f ? 32767.0f : 0.0f;
    if (scaled < -32768.0f) scaled = -32768.0f;
    out[i] = (int16_t)lrintf(scaled);
  }
}

static inline void pcm_to_float(float *out, const int16_t *in, size_t values) {
  for (size_t i = 0; i < values; i++) out[i] = (float)in[i] / 32768.0f;
}

#endif
