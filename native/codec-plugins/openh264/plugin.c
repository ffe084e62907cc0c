/* openh264: H.264. */
#include "openh264.h"

#include <stdio.h>
#include <wels/codec_api.h>

static void version(char *text, size_t capacity) {
  OpenH264Version version;
  WelsGetCodecVersionEx(&version);
  snprintf(text, capacity, "%u.%u.%u", version.uMajor, version.uMinor, version.uRevision);
}

static const struct codec_implementation implementations[] = {
    {.name = "openh264",
     .codec = "H264",
     .direction = CODEC_ENCODE,
     .library = "openh264",
     .spatial_layers = 1,
     .temporal_layers = 4,
     .version = version,
     .accepts = h264_encoder_accepts,
     .operations = &h264_encoder_operations},
    {.name = "openh264",
     .codec = "H264",
     .direction = CODEC_DECODE,
     .library = "openh264",
     .spatial_layers = 1,
     .temporal_layers = 1,
     .version = version,
     .operations = &h264_decoder_operations},
};

CODEC_PLUGIN(implementations)
