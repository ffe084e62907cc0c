/*
 * Conversion between sampling rates with speexdsp.
 *
 * What will surprise you: nothing is held back. N samples in have given exactly N x to / from out, rounded up; what the filter needs
 * of the future shows as a fixed delay of the sound instead (0.9 ms from 44.1 to 48 kHz, 5 ms from 48 to 8 kHz).
 */
#include "pcm.h"

#include <speex/speex_resampler.h>
#include <stdio.h>

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

/* One block of float sound; `made` is first the room in `out`. */
static int32_t resample(struct context *context, struct job *job, const float *in, uint32_t in_samples, float *out,
                        uint32_t *made) {
  spx_uint32_t taken = in_samples;
  int error = speex_resampler_process_interleaved_float(context->state, in, &taken, out, made);
  if (error == RESAMPLER_ERR_SUCCESS && taken == in_samples) return SHIM_OK;
  job->detail = error;
  return error == RESAMPLER_ERR_ALLOC_FAILED ? SHIM_E_MEMORY : SHIM_E_LIBRARY;
}

/*
 * 16-bit sound is widened here: the library would keep its filter's memory of it at another scale than that of float sound, and one
 * stream may bring both.
 */
static int32_t resample_s16(struct context *context, struct job *job, uint32_t in_samples, int16_t *out, uint32_t *made) {
  size_t channels = (size_t)job->settings.channels;
  size_t in_values = in_samples * channels;
  struct block *wide = block_take(context->engine, (in_values + *made * channels) * sizeof(float));
  if (wide == NULL) return SHIM_E_MEMORY;
  float *wide_in = (float *)wide->data;
  float *wide_out = wide_in + in_values;
  pcm_to_float(wide_in, (const int16_t *)job->in_bytes->data, in_values);
  int32_t status = resample(context, job, wide_in, in_samples, wide_out, made);
  if (status == SHIM_OK) pcm_to_s16(out, wide_out, *made * channels);
  block_release(context->engine, wide);
  return status;
}

static int32_t open_resampler(struct context *context, struct job *job) {
  const struct shim_settings *settings = &job->settings;
  int error = RESAMPLER_ERR_SUCCESS;
  context->state = speex_resampler_init((spx_uint32_t)settings->channels, (spx_uint32_t)settings->sample_rate,
                                        (spx_uint32_t)settings->to_sample_rate, QUALITY, &error);
  if (context->state != NULL) return SHIM_OK;
  job->detail = error;
  return error == RESAMPLER_ERR_ALLOC_FAILED ? SHIM_E_MEMORY : SHIM_E_LIBRARY;
}

static int32_t run_resampler(struct context *context, struct job *job) {
  const struct shim_settings *settings = &job->settings;
  size_t frame_bytes = (size_t)settings->channels * sample_bytes(settings);
  if (job->in_bytes == NULL || job->in_size % frame_bytes != 0) return SHIM_E_PARAMETER;
  if (context->state == NULL) {
    int32_t status = open_resampler(context, job);
    if (status != SHIM_OK) return status;
  }
  uint32_t in_samples = (uint32_t)(job->in_size / frame_bytes);
  /* One more than can come: the library stops reading as soon as there is no room to write. */
  uint64_t room = (uint64_t)in_samples * (uint64_t)settings->to_sample_rate / (uint64_t)settings->sample_rate + 2;
  if (room * frame_bytes > SHIM_MAX_ACCESS_UNIT_BYTES) return SHIM_E_PARAMETER;
  void *out = pcm_result(context->engine, job, (int32_t)room);
  if (out == NULL) return SHIM_E_MEMORY;
  uint32_t made = (uint32_t)room;
  int32_t status = settings->float_samples != 0
                       ? resample(context, job, (const float *)job->in_bytes->data, in_samples, out, &made)
                       : resample_s16(context, job, in_samples, out, &made);
  if (status != SHIM_OK || made == 0) {
    pcm_drop(context->engine, job);
    return status;
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
