/* libvpx: VP8 and VP9. */
#include "libvpx.h"
#include "vp8_layers.h"
#include "vp9_layers.h"

#include <stdio.h>
#include <vpx/vpx_codec.h>

static void version(char *text, size_t capacity) { snprintf(text, capacity, "%s", vpx_codec_version_str()); }

static const struct codec_implementation implementations[] = {
    {.name = "libvpx-vp8",
     .codec = "VP8",
     .direction = CODEC_ENCODE,
     .library = "libvpx",
     .spatial_layers = 1,
     .temporal_layers = VP8_MAX_TEMPORAL_LAYERS,
     .version = version,
     .operations = &vp8_encoder_operations},
    {.name = "libvpx-vp8",
     .codec = "VP8",
     .direction = CODEC_DECODE,
     .library = "libvpx",
     .spatial_layers = 1,
     .temporal_layers = 1,
     .version = version,
     .operations = &vp8_decoder_operations},
    {.name = "libvpx-vp9",
     .codec = "VP9",
     .direction = CODEC_ENCODE,
     .library = "libvpx",
     .spatial_layers = SHIM_MAX_SPATIAL_LAYERS,
     .temporal_layers = VP9_MAX_TEMPORAL_LAYERS,
     .version = version,
     .accepts = vp9_accepts,
     .operations = &vp9_encoder_operations},
    {.name = "libvpx-vp9",
     .codec = "VP9",
     .direction = CODEC_DECODE,
     .library = "libvpx",
     .spatial_layers = 1,
     .temporal_layers = 1,
     .version = version,
     .operations = &vp9_decoder_operations},
};

CODEC_PLUGIN(implementations)
