/* Reads the headers of H.264 NAL units bit by bit (ITU-T H.264 sections 7.2 and 9.1). Past the end everything is zero. */
#ifndef COMMUCAT_H264_BITS_H
#define COMMUCAT_H264_BITS_H

#include <stddef.h>
#include <stdint.h>

/* A slice header's part that matters, and a sequence parameter set with all its scaling lists. */
#define HEADER_BYTES 512

struct bits {
  uint8_t bytes[HEADER_BYTES];
  uint32_t size;
  uint32_t at;
};

/* Copies a NAL unit's first bytes without its emulation prevention (section 7.4.1). */
static inline void bits_open(struct bits *bits, const uint8_t *nal, size_t size) {
  uint32_t zeros = 0;
  bits->size = 0;
  bits->at = 0;
  for (size_t i = 0; i < size && bits->size < HEADER_BYTES; i++) {
    if (zeros >= 2 && nal[i] == 3) {
      zeros = 0;
      continue;
    }
    zeros = nal[i] == 0 ? zeros + 1 : 0;
    bits->bytes[bits->size++] = nal[i];
  }
}

static inline uint32_t bits_read(struct bits *bits, uint32_t count) {
  uint32_t value = 0;
  for (; count > 0; count--, bits->at++) {
    uint32_t byte = bits->at / 8 < bits->size ? bits->bytes[bits->at / 8] : 0;
    value = value << 1 | (byte >> (7 - bits->at % 8) & 1);
  }
  return value;
}

/* ue(v), section 9.1. */
static inline uint32_t bits_ue(struct bits *bits) {
  uint32_t zeros = 0;
  while (zeros < 31 && bits_read(bits, 1) == 0) zeros++;
  return (1u << zeros) - 1 + bits_read(bits, zeros);
}

static inline int32_t bits_se(struct bits *bits) {
  uint32_t code = bits_ue(bits);
  return code % 2 == 1 ? (int32_t)(code / 2 + 1) : -(int32_t)(code / 2);
}

#endif
