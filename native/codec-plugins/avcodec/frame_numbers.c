/*
 * Notices lost pictures by their frame_num (ITU-T H.264 section 7.4.3), which libavcodec conceals without a word.
 *
 * A stream that resets its numbers without an IDR (memory_management_control_operation 5, section 8.2.1) looks like a loss: at
 * worst one key frame is asked for in vain.
 */
#include "frame_numbers.h"

#include "h264_bits.h"

/* Section 7.3.2.1.1.1. */
static void skip_scaling_list(struct bits *bits, uint32_t size) {
  int32_t last = 8;
  for (uint32_t i = 0; i < size; i++) {
    int32_t next = (int32_t)((uint32_t)last + (uint32_t)bits_se(bits)) & 255;
    if (next == 0) return;
    last = next;
  }
}

/* The profiles that say how chroma is coded (section 7.3.2.1.1). */
static bool has_chroma_format(uint32_t profile) {
  static const uint8_t profiles[] = {44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244};
  for (size_t i = 0; i < sizeof profiles; i++) {
    if (profiles[i] == profile) return true;
  }
  return false;
}

static void read_sps(struct frame_numbers *numbers, struct bits *bits) {
  uint32_t profile = bits_read(bits, 8);
  bits_read(bits, 16);
  bits_ue(bits);
  numbers->separate_colour_planes = false;
  if (has_chroma_format(profile)) {
    uint32_t chroma_format = bits_ue(bits);
    if (chroma_format == 3) numbers->separate_colour_planes = bits_read(bits, 1) == 1;
    bits_ue(bits);
    bits_ue(bits);
    bits_read(bits, 1);
    if (bits_read(bits, 1) == 1) {
      uint32_t lists = chroma_format == 3 ? 12 : 8;
      for (uint32_t i = 0; i < lists; i++) {
        if (bits_read(bits, 1) == 1) skip_scaling_list(bits, i < 6 ? 16 : 64);
      }
    }
  }
  uint32_t number_bits = bits_ue(bits) + 4;
  numbers->number_bits = number_bits <= 16 ? number_bits : 0;
  uint32_t order_type = bits_ue(bits);
  if (order_type == 0) bits_ue(bits);
  if (order_type == 1) {
    bits_read(bits, 1);
    bits_se(bits);
    bits_se(bits);
    uint32_t cycle = bits_ue(bits);
    for (uint32_t i = 0; i < cycle && i < 255; i++) bits_se(bits);
  }
  bits_ue(bits);
  numbers->gaps_allowed = bits_read(bits, 1) == 1;
}

static bool read_slice(struct frame_numbers *numbers, struct bits *bits, bool idr, bool reference) {
  bits_ue(bits);
  bits_ue(bits);
  bits_ue(bits);
  if (numbers->separate_colour_planes) bits_read(bits, 2);
  uint32_t number = bits_read(bits, numbers->number_bits);
  uint32_t next = (numbers->previous + 1) & ((1u << numbers->number_bits) - 1);
  bool lost = numbers->started && !idr && !numbers->gaps_allowed && number != numbers->previous && number != next;
  if (idr || reference) {
    numbers->started = true;
    numbers->previous = number;
  }
  return lost;
}

bool frame_numbers_show_loss(struct frame_numbers *numbers, const uint8_t *data, size_t size) {
  for (size_t i = 0; i + 4 < size; i++) {
    if (data[i] != 0 || data[i + 1] != 0 || data[i + 2] != 1) continue;
    uint32_t type = data[i + 3] & 31;
    if (type == 1 || type == 5 || type == 7) {
      struct bits bits;
      bits_open(&bits, data + i + 4, size - i - 4);
      if (type == 7) {
        read_sps(numbers, &bits);
      } else {
        return numbers->number_bits > 0 && read_slice(numbers, &bits, type == 5, (data[i + 3] >> 5 & 3) != 0);
      }
    }
    i += 3;
  }
  return false;
}
