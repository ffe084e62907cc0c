/* spandsp: G.711 and G.722. */
#include "telephony.h"

#include <stdio.h>
#include <string.h>

enum telephony_kind telephony_kind_of(const struct context *context) {
  const char *codec = context->implementation->codec;
  if (strcmp(codec, "PCMA") == 0) return TELEPHONY_PCMA;
  return strcmp(codec, "PCMU") == 0 ? TELEPHONY_PCMU : TELEPHONY_G722;
}

bool telephony_accepts_narrow(const struct shim_settings *settings) {
  return settings->sample_rate == 8000 && settings->channels == 1;
}

bool telephony_accepts_wide(const struct shim_settings *settings) {
  /* Two samples are one byte. */
  return settings->sample_rate == 16000 && settings->channels == 1 && settings->frame_samples % 2 == 0;
}

/* The library does not tell: the one that this was built with. */
static void version(char *text, size_t capacity) { snprintf(text, capacity, "%s", CODEC_LIBRARY_VERSION); }

#define BOTH_WAYS(NAME, CODEC, ACCEPTS)                                                                                  \
  {.name = NAME,                                                                                                         \
   .codec = CODEC,                                                                                                       \
   .direction = CODEC_ENCODE,                                                                                            \
   .library = "spandsp",                                                                                                 \
   .spatial_layers = 1,                                                                                                  \
   .temporal_layers = 1,                                                                                                 \
   .version = version,                                                                                                   \
   .accepts = ACCEPTS,                                                                                                   \
   .operations = &telephony_encoder_operations},                                                                         \
  {                                                                                                                      \
    .name = NAME, .codec = CODEC, .direction = CODEC_DECODE, .library = "spandsp", .spatial_layers = 1,                  \
    .temporal_layers = 1, .version = version, .accepts = ACCEPTS, .operations = &telephony_decoder_operations            \
  }

static const struct codec_implementation implementations[] = {
    BOTH_WAYS("spandsp-pcma", "PCMA", telephony_accepts_narrow),
    BOTH_WAYS("spandsp-pcmu", "PCMU", telephony_accepts_narrow),
    BOTH_WAYS("spandsp-g722", "G722", telephony_accepts_wide),
};

CODEC_PLUGIN(implementations)
