/*
 * Conversion between sampling rates with speexdsp.
 *
 * What will surprise you: nothing is held back. N samples in have given exactly N x to / from out, rounded up; what the filter needs
 * of the future shows as a fixed delay of the sound instead (0.9 ms from 44.1 to 48 kHz, 5 ms from 48 to 8 kHz).
 */
#include "pcm.h"

#include <speex/speex_resampler.h>
#include <stdio.h>
#include <stdlib.h>

/* Of 0 to 10. From 44.1 to 48 kHz 112 dB at 1 and at 15 kHz, above what 16 bits hold; 8 doubles time and delay for 11 dB more. */
#define QUALITY 5

#define LEAST_RATE 8000
#define HIGHEST_RATE 192000

static bool accepts(const struct shim_settings *settings) {
  return settings->sample_rate >= LEAST_RATE && settings->sample_rate <= HIGHEST_RATE &&
         settings->to_sample_rate >= LEAST_RATE && settings->to_sample_rate <= HIGHEST_RATE &&
         (settings->channels == 1 || settings->channels == 2);
}

static void free_resampler(struct context *context) {
  if (context->state != NULL) speex_resampler_destroy(context->state);
  context->state = NULL;
}

static int32_t run_resampler(struct context *context, struct job *job) {
  const struct shim_settings *settings = &job->settings;
  size_t frame_bytes = (size_t)settings->channels * sample_bytes(settings);
  if (job->in_bytes == NULL || job->in_size % frame_bytes != 0) return SHIM_E_PARAMETER;
  if (context->state == NULL) {
    int error = RESAMPLER_ERR_SUCCESS;
    context->state = speex_resampler_init((spx_uint32_t)settings->channels, (spx_uint32_t)settings->sample_rate,
                                          (spx_uint32_t)settings->to_sample_rate, QUALITY, &error);
    if (context->state == NULL) {
      job->detail = error;
      return error == RESAMPLER_ERR_ALLOC_FAILED ? SHIM_E_MEMORY : SHIM_E_LIBRARY;
    }
  }
  spx_uint32_t in_samples = (spx_uint32_t)(job->in_size / frame_bytes);
  /* With one more than the ratio says, all that goes in is used up. */
  uint64_t most = (uint64_t)in_samples * (uint64_t)settings->to_sample_rate / (uint64_t)settings->sample_rate + 1;
  if (most * frame_bytes > SHIM_MAX_ACCESS_UNIT_BYTES) return SHIM_E_PARAMETER;
  void *pcm = pcm_result(context->engine, job, (int32_t)most);
  if (pcm == NULL) return SHIM_E_MEMORY;
  spx_uint32_t taken = in_samples;
  spx_uint32_t made = (spx_uint32_t)most;
  const void *in = job->in_bytes->data;
  int error = settings->float_samples != 0
                  ? speex_resampler_process_interleaved_float(context->state, in, &taken, pcm, &made)
                  : speex_resampler_process_interleaved_int(context->state, in, &taken, pcm, &made);
  if (error != RESAMPLER_ERR_SUCCESS || taken != in_samples) {
    pcm_drop(context->engine, job);
    job->detail = error;
    return error == RESAMPLER_ERR_ALLOC_FAILED ? SHIM_E_MEMORY : SHIM_E_LIBRARY;
  }
  if (made == 0) {
    pcm_drop(context->engine, job);
    return SHIM_OK;
  }
  job->samples = (int32_t)made;
  job->out_size = made * frame_bytes;
  return SHIM_OK;
}

static const struct codec_operations operations = {.run = run_resampler, .free = free_resampler};

/* The library does not tell: the one that this was built with. */
static void version(char *text, size_t capacity) { snprintf(text, capacity, "%s", CODEC_LIBRARY_VERSION); }

static const struct codec_implementation implementations[] = {
    {.name = "speexdsp",
     .codec = "RESAMPLE",
     .direction = CODEC_CONVERT,
     .library = "libspeexdsp",
     .spatial_layers = 1,
     .temporal_layers = 1,
     .version = version,
     .accepts = accepts,
     .operations = &operations},
};

CODEC_PLUGIN(implementations)
