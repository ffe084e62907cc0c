#include "internal.h"

#include <stdio.h>
#include <vpx/vpx_codec.h>
#include <wels/codec_api.h>

int32_t shim_codec_version(int32_t codec, char *text, int32_t capacity) {
  if (text == NULL || capacity < 1) return SHIM_E_PARAMETER;
  int length = -1;
  if (codec == SHIM_VP8) {
    length = snprintf(text, (size_t)capacity, "libvpx %s", vpx_codec_version_str());
  } else if (codec == SHIM_H264) {
    OpenH264Version version;
    WelsGetCodecVersionEx(&version);
    length = snprintf(text, (size_t)capacity, "openh264 %u.%u.%u", version.uMajor, version.uMinor, version.uRevision);
  }
  return length >= 0 && length < capacity ? SHIM_OK : SHIM_E_PARAMETER;
}
