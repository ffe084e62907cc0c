/*
 * G.711 and G.722 to 16-bit or float sound; what was lost is the last 20 ms again and again, fading out over 60 ms as ITU-T G.711
 * Appendix I has it.
 */
#include "pcm.h"
#include "telephony.h"

#include <stdlib.h>
#include <spandsp/telephony.h>

#include <spandsp/g711.h>
#include <spandsp/g722.h>

#define REPEATED_MS 20
#define FADE_MS 60
/* At the higher of the rates. */
#define MOST_REPEATED (16 * REPEATED_MS)

struct decoder {
  /* g711_state_t or g722_decode_state_t. */
  void *codec;
  /* The newest sound that came, oldest first. */
  int16_t repeated[MOST_REPEATED];
  /* Samples made up since. */
  int32_t concealed;
};

static void free_decoder(struct context *context) {
  struct decoder *decoder = context->state;
  if (decoder == NULL) return;
  if (telephony_kind_of(context) == TELEPHONY_G722) {
    g722_decode_free(decoder->codec);
  } else {
    g711_free(decoder->codec);
  }
  free(decoder);
  context->state = NULL;
}

static int32_t open_decoder(struct context *context, enum telephony_kind kind) {
  struct decoder *decoder = calloc(1, sizeof *decoder);
  if (decoder == NULL) return SHIM_E_MEMORY;
  if (kind == TELEPHONY_G722) {
    decoder->codec = g722_decode_init(NULL, 64000, G722_PACKED);
  } else {
    decoder->codec = g711_init(NULL, kind == TELEPHONY_PCMA ? G711_ALAW : G711_ULAW);
  }
  if (decoder->codec == NULL) {
    free(decoder);
    return SHIM_E_MEMORY;
  }
  context->state = decoder;
  return SHIM_OK;
}

static void remember(struct decoder *decoder, const int16_t *pcm, int32_t samples, int32_t length) {
  decoder->concealed = 0;
  for (int32_t i = 0; i < length; i++) {
    int32_t from = samples - length + i;
    decoder->repeated[i] = from >= 0 ? pcm[from] : decoder->repeated[length + from];
  }
}

static void conceal(struct decoder *decoder, int16_t *pcm, int32_t samples, int32_t length, int32_t fade) {
  for (int32_t i = 0; i < samples; i++) {
    int32_t left = fade - decoder->concealed;
    pcm[i] = left > 0 ? (int16_t)(decoder->repeated[decoder->concealed % length] * left / fade) : 0;
    if (left > 0) decoder->concealed++;
  }
}

static int32_t run_decoder(struct context *context, struct job *job) {
  enum telephony_kind kind = telephony_kind_of(context);
  if (context->state == NULL) {
    int32_t status = open_decoder(context, kind);
    if (status != SHIM_OK) return status;
  }
  struct decoder *decoder = context->state;
  /* These carry no copy of an earlier packet. */
  bool is_lost = job->in_bytes == NULL || (job->flags & SHIM_FEC) != 0;
  int32_t per_ms = job->settings.sample_rate / 1000;
  int32_t length = REPEATED_MS * per_ms;
  int32_t samples = is_lost ? job->count : (int32_t)job->in_size * (kind == TELEPHONY_G722 ? 2 : 1);
  if (samples < 1) return SHIM_E_PARAMETER;
  void *out = pcm_result(context->engine, job, samples);
  if (out == NULL) return SHIM_E_MEMORY;
  struct block *narrow = NULL;
  if (job->settings.float_samples != 0) {
    narrow = block_take(context->engine, (size_t)samples * sizeof(int16_t));
    if (narrow == NULL) {
      pcm_drop(context->engine, job);
      return SHIM_E_MEMORY;
    }
  }
  int16_t *pcm = narrow == NULL ? out : (int16_t *)narrow->data;
  if (is_lost) {
    conceal(decoder, pcm, samples, length, FADE_MS * per_ms);
  } else {
    if (kind == TELEPHONY_G722) {
      g722_decode(decoder->codec, pcm, job->in_bytes->data, (int)job->in_size);
    } else {
      g711_decode(decoder->codec, pcm, job->in_bytes->data, (int)job->in_size);
    }
    remember(decoder, pcm, samples, length);
  }
  if (narrow != NULL) {
    pcm_to_float(out, pcm, (size_t)samples);
    block_release(context->engine, narrow);
  }
  return SHIM_OK;
}

const struct codec_operations telephony_decoder_operations = {.run = run_decoder, .free = free_decoder};
