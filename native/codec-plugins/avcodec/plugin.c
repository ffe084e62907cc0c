/* libavcodec: a second H.264 decoder. FFmpeg's structs differ between its releases: they are touched in this folder only. */
#include "avcodec_plugin.h"

#include <libavcodec/avcodec.h>
#include <stdio.h>

static void version(char *text, size_t capacity) {
  unsigned number = avcodec_version();
  snprintf(text, capacity, "%u.%u.%u", AV_VERSION_MAJOR(number), AV_VERSION_MINOR(number), AV_VERSION_MICRO(number));
}

static bool has_h264(char *reason, size_t capacity) {
  if (avcodec_find_decoder_by_name("h264") != NULL) return true;
  snprintf(reason, capacity, "this libavcodec was built without its H.264 decoder");
  return false;
}

static const struct codec_implementation implementations[] = {
    {.name = "avcodec-h264",
     .codec = "H264",
     .direction = CODEC_DECODE,
     .library = "libavcodec",
     .spatial_layers = 1,
     .temporal_layers = 1,
     .version = version,
     .check = has_h264,
     .operations = &h264_decoder_operations},
};

CODEC_PLUGIN(implementations)
