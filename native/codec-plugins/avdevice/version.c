/* libavcodec's own version: what a row brings depends on it. */
#include "avdevice.h"

#include <stdio.h>

void device_codec_version(char *text, size_t capacity) {
  unsigned number = avcodec_version();
  snprintf(text, capacity, "%u.%u.%u", AV_VERSION_MAJOR(number), AV_VERSION_MINOR(number), AV_VERSION_MICRO(number));
}
