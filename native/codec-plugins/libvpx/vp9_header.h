/* As much of VP9's uncompressed header as says how large a picture is (VP9 bitstream specification, section 6.2). */
#ifndef COMMUCAT_VP9_HEADER_H
#define COMMUCAT_VP9_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VP9_MAX_INDEXED_FRAMES 8

/* Where the frames of a superframe lie (annex B); count 0: there is no index, or one that does not hold together. */
struct vp9_index {
  int32_t count;
  size_t sizes[VP9_MAX_INDEXED_FRAMES];
};

void vp9_index_read(struct vp9_index *index, const uint8_t *data, size_t size);
/*
 * Whether a frame is of profile 0 and asks for no more than SHIM_MAX_DIMENSION. A header that ends too soon is left to
 * the library, which refuses it.
 */
bool vp9_header_is_allowed(const uint8_t *data, size_t size);
bool vp9_header_is_key_frame(const uint8_t *data, size_t size);

#endif
