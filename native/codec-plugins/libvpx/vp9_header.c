/* See vp9_header.h. */
#include "vp9_header.h"

#include "shim.h"

struct bits {
  const uint8_t *data;
  size_t size;
  size_t at;
};

/* f(n), section 4.9.1; zero bits past the end. */
static uint32_t read(struct bits *bits, uint32_t count) {
  uint32_t value = 0;
  for (; count > 0; count--, bits->at++) {
    uint32_t byte = bits->at / 8 < bits->size ? bits->data[bits->at / 8] : 0;
    value = value << 1 | (byte >> (7 - bits->at % 8) & 1);
  }
  return value;
}

struct start {
  uint32_t profile;
  bool show_existing;
  bool key_frame;
  bool show;
  bool error_resilient;
};

/* Section 6.2, up to error_resilient_mode. False where the marker is none. */
static bool read_start(struct bits *bits, struct start *start) {
  if (read(bits, 2) != 2) return false;
  start->profile = read(bits, 1);
  start->profile |= read(bits, 1) << 1;
  if (start->profile == 3) start->profile += read(bits, 1);
  start->show_existing = read(bits, 1) != 0;
  if (start->show_existing) return true;
  start->key_frame = read(bits, 1) == 0;
  start->show = read(bits, 1) != 0;
  start->error_resilient = read(bits, 1) != 0;
  return true;
}

/* Section 6.2.3. */
static bool size_is_allowed(struct bits *bits) {
  uint32_t width = read(bits, 16) + 1;
  uint32_t height = read(bits, 16) + 1;
  return width <= SHIM_MAX_DIMENSION && height <= SHIM_MAX_DIMENSION;
}

bool vp9_header_is_allowed(const uint8_t *data, size_t size) {
  struct bits bits = {data, size, 0};
  struct start start = {0};
  if (!read_start(&bits, &start)) return true;
  if (start.profile != 0) return false;
  if (start.show_existing) return true;
  if (start.key_frame) {
    /* The synchronisation code, color_space (7 is RGB, which profile 0 has not), color_range. */
    read(&bits, 24 + 3 + 1);
    return size_is_allowed(&bits);
  }
  bool intra_only = !start.show && read(&bits, 1) != 0;
  if (!start.error_resilient) read(&bits, 2);
  if (intra_only) {
    read(&bits, 24);
    read(&bits, 8);
    return size_is_allowed(&bits);
  }
  /* refresh_frame_flags, then for each of three references its slot and sign. */
  read(&bits, 8 + 3 * (3 + 1));
  /* Section 6.2.5: a size of its own only where none of the references' is taken. */
  for (int32_t i = 0; i < 3; i++) {
    if (read(&bits, 1) != 0) return true;
  }
  return size_is_allowed(&bits);
}

bool vp9_header_is_key_frame(const uint8_t *data, size_t size) {
  struct bits bits = {data, size, 0};
  struct start start = {0};
  return read_start(&bits, &start) && !start.show_existing && start.key_frame;
}

void vp9_index_read(struct vp9_index *index, const uint8_t *data, size_t size) {
  *index = (struct vp9_index){0};
  if (size == 0) return;
  uint8_t marker = data[size - 1];
  if ((marker & 0xe0) != 0xc0) return;
  int32_t count = (marker & 7) + 1;
  size_t bytes = (size_t)(marker >> 3 & 3) + 1;
  size_t index_size = 2 + bytes * (size_t)count;
  if (size < index_size || data[size - index_size] != marker) return;
  size_t at = size - index_size + 1;
  size_t left = size - index_size;
  for (int32_t i = 0; i < count; i++) {
    size_t length = 0;
    for (size_t j = 0; j < bytes; j++) length |= (size_t)data[at++] << (8 * j);
    if (length > left) {
      *index = (struct vp9_index){0};
      return;
    }
    left -= length;
    index->sizes[i] = length;
  }
  index->count = count;
}
