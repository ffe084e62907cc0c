/*
 * The clock that rate control sees. Media timestamps may stand still, step back or leap by an hour (a muted camera); rate
 * control gets steps between 1 tick and 1 second instead.
 */
#ifndef COMMUCAT_RATE_CLOCK_H
#define COMMUCAT_RATE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct rate_clock {
  bool started;
  int64_t last_timestamp_rtp90k;
  int64_t now_rtp90k;
  int64_t window_start_rtp90k;
  int32_t window_pictures;
};

#define RATE_CLOCK_MAX_STEP_RTP90K 90000
/* The frame rate is counted over at least this long and this many pictures, or four times this long. */
#define RATE_CLOCK_WINDOW_RTP90K 90000
#define RATE_CLOCK_WINDOW_PICTURES 8

static inline int64_t rate_clock_advance(struct rate_clock *clock, int64_t timestamp_rtp90k) {
  if (clock->started) {
    int64_t step = timestamp_rtp90k - clock->last_timestamp_rtp90k;
    if (step < 1) step = 1;
    if (step > RATE_CLOCK_MAX_STEP_RTP90K) step = RATE_CLOCK_MAX_STEP_RTP90K;
    clock->now_rtp90k += step;
    clock->window_pictures++;
  }
  clock->started = true;
  clock->last_timestamp_rtp90k = timestamp_rtp90k;
  return clock->now_rtp90k;
}

/* The frame rate of the window that ends now, or 0 while there is none yet. */
static inline int32_t rate_clock_measured_millihertz(struct rate_clock *clock) {
  int64_t length = clock->now_rtp90k - clock->window_start_rtp90k;
  bool long_enough = length >= RATE_CLOCK_WINDOW_RTP90K && (clock->window_pictures >= RATE_CLOCK_WINDOW_PICTURES || length >= 4 * RATE_CLOCK_WINDOW_RTP90K);
  if (!long_enough) return 0;
  int32_t millihertz = (int32_t)(clock->window_pictures * 90000000ll / length);
  clock->window_start_rtp90k = clock->now_rtp90k;
  clock->window_pictures = 0;
  return millihertz;
}

#endif
