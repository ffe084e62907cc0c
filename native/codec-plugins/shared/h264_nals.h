/* Which NAL units an Annex B access unit holds (ITU-T H.264 section 7.4.1, table 7-1). */
#ifndef COMMUCAT_H264_NALS_H
#define COMMUCAT_H264_NALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nal_types {
  bool slice;
  bool idr;
  bool sps;
  bool pps;
};

static inline struct nal_types find_nal_types(const uint8_t *data, size_t size) {
  struct nal_types types = {false, false, false, false};
  for (size_t i = 0; i + 3 < size; i++) {
    /* A start code cannot lie across a byte above 1: go on behind it. */
    if (data[i + 2] > 1) {
      i += 2;
      continue;
    }
    if (data[i] != 0 || data[i + 1] != 0 || data[i + 2] != 1) continue;
    uint32_t type = data[i + 3] & 31;
    types.slice |= type == 1 || type == 5;
    types.idr |= type == 5;
    types.sps |= type == 7;
    types.pps |= type == 8;
    i += 2;
  }
  return types;
}

/* A key frame that brings its parameter sets needs nothing from before. */
static inline bool nals_are_entry(struct nal_types types) { return types.idr && types.sps && types.pps; }

#endif
