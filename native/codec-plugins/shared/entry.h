/*
 * Where a decoder can begin: whether an access unit is a key frame, by its first bytes and nothing more.
 *
 * Follows RFC 6386 section 9.1 (VP8), VP9 bitstream specification section 6.2, ITU-T H.264 section 7.4.1, AV1 bitstream specification
 * sections 5.3.2 and 7.5 (a key frame of a call comes with its sequence header, which libaom and browsers repeat).
 */
#ifndef COMMUCAT_ENTRY_H
#define COMMUCAT_ENTRY_H

#include "h264_nals.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ENTRY_OBU_SEQUENCE_HEADER 1
/* A size in leb128 takes eight bytes at most (section 4.10.5). */
#define ENTRY_MAX_LEB128 8

static inline bool vp8_is_entry(const uint8_t *data, size_t size) {
  return size >= 10 && (data[0] & 1) == 0 && data[3] == 0x9d && data[4] == 0x01 && data[5] == 0x2a;
}

/* Profiles 0 to 2: after frame_marker and the profile's two bits come show_existing_frame and frame_type. */
static inline bool vp9_is_entry(const uint8_t *data, size_t size) {
  return size >= 4 && data[0] >> 6 == 2 && (data[0] & 0x0c) == 0;
}

static inline bool h264_is_entry(const uint8_t *data, size_t size) {
  return nals_are_entry(find_nal_types(data, size));
}

/* Goes from one OBU to the next (sections 5.3.1 and 5.3.2); one without a size is the last. */
static inline bool av1_is_entry(const uint8_t *data, size_t size) {
  size_t at = 0;
  while (at < size) {
    uint8_t header = data[at];
    if ((header >> 3 & 15) == ENTRY_OBU_SEQUENCE_HEADER) return true;
    at += (header & 4) != 0 ? 2 : 1;
    if ((header & 2) == 0) return false;
    uint64_t length = 0;
    for (int i = 0; i < ENTRY_MAX_LEB128 && at < size; i++) {
      uint8_t byte = data[at++];
      length |= (uint64_t)(byte & 0x7f) << (7 * i);
      if ((byte & 0x80) == 0) break;
    }
    if (length > size - (at < size ? at : size)) return false;
    at += (size_t)length;
  }
  return false;
}

/* Bytes that are no unit of the codec are no key frame of it either. */
static inline bool is_entry(const char *codec, const uint8_t *data, size_t size) {
  if (strcmp(codec, "VP8") == 0) return vp8_is_entry(data, size);
  if (strcmp(codec, "VP9") == 0) return vp9_is_entry(data, size);
  if (strcmp(codec, "H264") == 0) return h264_is_entry(data, size);
  return strcmp(codec, "AV1") == 0 && av1_is_entry(data, size);
}

#endif
