/* G.711 (RFC 3551 section 4.5.14) and G.722 at 64 kbit/s (section 4.5.2) from 16-bit or float sound. */
#include "pcm.h"
#include "telephony.h"

#include <spandsp/telephony.h>

#include <spandsp/g711.h>
#include <spandsp/g722.h>

static void free_encoder(struct context *context) {
  if (context->state == NULL) return;
  if (telephony_kind_of(context) == TELEPHONY_G722) {
    g722_encode_free(context->state);
  } else {
    g711_free(context->state);
  }
  context->state = NULL;
}

static void *open_encoder(enum telephony_kind kind) {
  if (kind == TELEPHONY_G722) return g722_encode_init(NULL, 64000, G722_PACKED);
  return g711_init(NULL, kind == TELEPHONY_PCMA ? G711_ALAW : G711_ULAW);
}

static int32_t run_encoder(struct context *context, struct job *job) {
  int32_t samples = job->settings.frame_samples;
  if (job->in_bytes == NULL || samples < 1 || !pcm_has(job, samples)) return SHIM_E_PARAMETER;
  enum telephony_kind kind = telephony_kind_of(context);
  if (context->state == NULL) {
    context->state = open_encoder(kind);
    if (context->state == NULL) return SHIM_E_MEMORY;
  }
  struct block *converted = NULL;
  const int16_t *pcm = (const int16_t *)job->in_bytes->data;
  if (job->settings.float_samples != 0) {
    converted = block_take(context->engine, (size_t)samples * sizeof *pcm);
    if (converted == NULL) return SHIM_E_MEMORY;
    pcm_to_s16((int16_t *)converted->data, (const float *)job->in_bytes->data, (size_t)samples);
    pcm = (const int16_t *)converted->data;
  }
  struct block *block = block_take(context->engine, (size_t)samples);
  if (block != NULL) {
    int bytes = kind == TELEPHONY_G722 ? g722_encode(context->state, block->data, pcm, samples)
                                       : g711_encode(context->state, block->data, pcm, samples);
    job->out_bytes = block;
    job->out_size = (size_t)bytes;
    job->samples = samples;
  }
  if (converted != NULL) block_release(context->engine, converted);
  return block == NULL ? SHIM_E_MEMORY : SHIM_OK;
}

const struct codec_operations telephony_encoder_operations = {.run = run_encoder, .free = free_encoder};
