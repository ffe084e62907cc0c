/*
 * Opus decoding with libopus (RFC 6716).
 *
 * What will surprise you: rate and channels of the output are the caller's choice, whatever the packet was made from.
 */
#include "opus_plugin.h"
#include "pcm.h"

#include <opus/opus.h>
#include <stdlib.h>

static void free_decoder(struct context *context) {
  if (context->state != NULL) opus_decoder_destroy(context->state);
  context->state = NULL;
}

static int32_t open_decoder(struct context *context, struct job *job) {
  int error = OPUS_OK;
  context->state = opus_decoder_create(job->settings.sample_rate, job->settings.channels, &error);
  if (context->state != NULL) return SHIM_OK;
  job->detail = error;
  return error == OPUS_ALLOC_FAIL ? SHIM_E_MEMORY : SHIM_E_LIBRARY;
}

/* Samples for each channel that the job is to give; not positive: libopus' error. */
static int32_t wanted_samples(OpusDecoder *decoder, const struct job *job) {
  if (job->in_bytes != NULL && (job->flags & SHIM_FEC) == 0) {
    /* At most 120 ms, or the packet is refused (RFC 6716 section 3.2.5). */
    return opus_decoder_get_nb_samples(decoder, job->in_bytes->data, (opus_int32)job->in_size);
  }
  /* libopus makes up whole pieces of 2.5 ms, and no more than a packet may hold. */
  int32_t piece = job->settings.sample_rate / 400;
  return job->count % piece == 0 && job->count <= 48 * piece ? job->count : OPUS_BAD_ARG;
}

static int32_t run_decoder(struct context *context, struct job *job) {
  if (context->state == NULL) {
    int32_t status = open_decoder(context, job);
    if (status != SHIM_OK) return status;
  }
  OpusDecoder *decoder = context->state;
  bool is_packet = job->in_bytes != NULL && (job->flags & SHIM_FEC) == 0;
  int32_t samples = wanted_samples(decoder, job);
  if (samples <= 0) {
    job->detail = samples;
    return is_packet ? SHIM_E_BITSTREAM : SHIM_E_PARAMETER;
  }
  void *pcm = pcm_result(context->engine, job, samples);
  if (pcm == NULL) return SHIM_E_MEMORY;
  const uint8_t *data = job->in_bytes == NULL ? NULL : job->in_bytes->data;
  opus_int32 bytes = (opus_int32)job->in_size;
  int from_copy = (job->flags & SHIM_FEC) != 0;
  int decoded = job->settings.float_samples != 0 ? opus_decode_float(decoder, data, bytes, pcm, samples, from_copy)
                                                 : opus_decode(decoder, data, bytes, pcm, samples, from_copy);
  if (decoded == samples) return SHIM_OK;
  pcm_drop(context->engine, job);
  job->detail = decoded;
  if (decoded == OPUS_ALLOC_FAIL) return SHIM_E_MEMORY;
  return data == NULL ? SHIM_E_LIBRARY : SHIM_E_BITSTREAM;
}

const struct codec_operations opus_decoder_operations = {.run = run_decoder, .free = free_decoder};
