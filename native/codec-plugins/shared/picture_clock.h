/* The clock of encoders that take the frame rate from the pictures' lengths, as libvpx and libaom do. */
#ifndef COMMUCAT_PICTURE_CLOCK_H
#define COMMUCAT_PICTURE_CLOCK_H

#include "rate_clock.h"

struct picture_clock {
  struct rate_clock clock;
  /* On the clock above, and where the next picture begins for the rate control: ticks of 1/90000 s. */
  int64_t last_rtp90k;
  int64_t next_pts;
};

/*
 * The next picture's length in ticks of 1/90000 s. Such a library takes the frame rate from the distance between the ends of two pictures.
 * Were pictures placed by their own timestamps, a change of the announced rate would move one end against the other, be read as a
 * rate many times higher, and starve the picture of bits for seconds. So its clock is a row of pictures without gaps, each as
 * long as the time since the one before it; at least half of what the announced rate says, for two that come in one burst.
 */
static inline unsigned long picture_length(struct picture_clock *clock, int64_t timestamp_rtp90k,
                                           int32_t max_frame_rate_millihertz) {
  int64_t announced = 90000000ll / max_frame_rate_millihertz;
  bool is_first = !clock->clock.started;
  int64_t now = rate_clock_advance(&clock->clock, timestamp_rtp90k);
  int64_t length = is_first ? announced : now - clock->last_rtp90k;
  clock->last_rtp90k = now;
  if (length < announced / 2) length = announced / 2;
  return length < 1 ? 1 : (unsigned long)length;
}

/* Rates as such a library is told them. */
static inline unsigned kbps(int32_t bps) { return (unsigned)((bps + 500) / 1000); }

#endif
