/* libopus: Opus. */
#include "opus_plugin.h"

#include <opus/opus.h>
#include <stdio.h>
#include <string.h>

bool opus_accepts_format(const struct shim_settings *settings) {
  switch (settings->sample_rate) {
    case 8000:
    case 12000:
    case 16000:
    case 24000:
    case 48000:
      return settings->channels == 1 || settings->channels == 2;
    default:
      return false;
  }
}

/* "libopus 1.3.1" without the name, which is told beside it. */
static void version(char *text, size_t capacity) {
  const char *full = opus_get_version_string();
  const char *space = strrchr(full, ' ');
  snprintf(text, capacity, "%s", space == NULL ? full : space + 1);
}

static const struct codec_implementation implementations[] = {
    {.name = "libopus",
     .codec = "OPUS",
     .direction = CODEC_ENCODE,
     .library = "libopus",
     .spatial_layers = 1,
     .temporal_layers = 1,
     .version = version,
     .accepts = opus_accepts_encoder,
     .operations = &opus_encoder_operations},
    {.name = "libopus",
     .codec = "OPUS",
     .direction = CODEC_DECODE,
     .library = "libopus",
     .spatial_layers = 1,
     .temporal_layers = 1,
     .version = version,
     .accepts = opus_accepts_format,
     .operations = &opus_decoder_operations},
};

CODEC_PLUGIN(implementations)
