#ifndef COMMUCAT_FRAME_NUMBERS_H
#define COMMUCAT_FRAME_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Follows frame_num (ITU-T H.264 section 7.4.3). */
struct frame_numbers {
  /* From the latest SPS; 0: there was none that makes sense. */
  uint32_t number_bits;
  bool gaps_allowed;
  bool separate_colour_planes;
  /* Of the latest reference picture. */
  bool started;
  uint32_t previous;
};
/* Whether reference pictures are missing before this access unit. */
bool frame_numbers_show_loss(struct frame_numbers *numbers, const uint8_t *data, size_t size);

#endif
