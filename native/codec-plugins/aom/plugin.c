/* libaom: AV1 encoding. */
#include "aom_plugin.h"

#include <aom/aom_codec.h>
#include <stdio.h>

static void version(char *text, size_t capacity) { snprintf(text, capacity, "%s", aom_codec_version_str()); }

static const struct codec_implementation implementations[] = {
    {.name = "libaom-av1",
     .codec = "AV1",
     .direction = CODEC_ENCODE,
     .library = "libaom",
     .spatial_layers = 1,
     .temporal_layers = 3,
     .version = version,
     .accepts = av1_encoder_accepts,
     .operations = &av1_encoder_operations},
};

CODEC_PLUGIN(implementations)
