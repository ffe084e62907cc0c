/* How large a key frame may be, for libraries that are told in percent of one picture's share: libvpx and libaom. */
#ifndef COMMUCAT_KEY_FRAME_SIZE_H
#define COMMUCAT_KEY_FRAME_SIZE_H

#include <stdint.h>

/*
 * Half of the buffer's optimal level, usual in calls: 900 % for 600 ms at 30 pictures a second. At 300 % libaom needed a tenth more rate for
 * the same quality over four seconds of a 720p camera clip, since all that follows is predicted from a coarse picture.
 */
static inline unsigned max_intra_percent(unsigned optimal_ms, int32_t max_frame_rate_millihertz) {
  unsigned percent = optimal_ms * (unsigned)(max_frame_rate_millihertz / 1000) / 20;
  return percent < 300 ? 300 : percent;
}

#endif
