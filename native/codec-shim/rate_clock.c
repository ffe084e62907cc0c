#include "internal.h"

#define MAX_STEP_RTP90K 90000
/* The frame rate is counted over at least this long and this many pictures, or four times this long. */
#define WINDOW_RTP90K 90000
#define WINDOW_PICTURES 8

int64_t rate_clock_advance(struct rate_clock *clock, int64_t timestamp_rtp90k) {
  if (clock->started) {
    int64_t step = timestamp_rtp90k - clock->last_timestamp_rtp90k;
    if (step < 1) step = 1;
    if (step > MAX_STEP_RTP90K) step = MAX_STEP_RTP90K;
    clock->now_rtp90k += step;
    clock->window_pictures++;
  }
  clock->started = true;
  clock->last_timestamp_rtp90k = timestamp_rtp90k;
  return clock->now_rtp90k;
}

int32_t rate_clock_measured_millihertz(struct rate_clock *clock) {
  int64_t length = clock->now_rtp90k - clock->window_start_rtp90k;
  bool long_enough = length >= WINDOW_RTP90K && (clock->window_pictures >= WINDOW_PICTURES || length >= 4 * WINDOW_RTP90K);
  if (!long_enough) return 0;
  int32_t millihertz = (int32_t)(clock->window_pictures * 90000000ll / length);
  clock->window_start_rtp90k = clock->now_rtp90k;
  clock->window_pictures = 0;
  return millihertz;
}
