/*
 * The quantiser of a picture, read from its slice header (ITU-T H.264 sections 7.3.2 and 7.3.3). Only for what openh264
 * writes here: constrained baseline and main, P slices, frames, no slice groups, no weighted prediction.
 */
#include "h264_bits.h"
#include "openh264.h"

static void read_sps(struct h264_headers *headers, struct bits *bits) {
  bits_read(bits, 24);
  bits_ue(bits);
  headers->frame_num_bits = bits_ue(bits) + 4;
  headers->poc_type = bits_ue(bits);
  headers->poc_lsb_bits = headers->poc_type == 0 ? bits_ue(bits) + 4 : 0;
}

static void read_pps(struct h264_headers *headers, struct bits *bits) {
  bits_ue(bits);
  bits_ue(bits);
  headers->cabac = bits_read(bits, 1) == 1;
  bits_read(bits, 1);
  bits_ue(bits);
  bits_ue(bits);
  bits_ue(bits);
  bits_read(bits, 3);
  headers->pic_init_qp = 26 + bits_se(bits);
}

static int32_t read_slice_qp(const struct h264_headers *headers, struct bits *bits, uint32_t ref_idc, bool idr) {
  bits_ue(bits);
  bool intra = bits_ue(bits) % 5 == 2;
  bits_ue(bits);
  bits_read(bits, headers->frame_num_bits);
  if (idr) bits_ue(bits);
  bits_read(bits, headers->poc_lsb_bits);
  if (!intra) {
    if (bits_read(bits, 1) == 1) bits_ue(bits);
    if (bits_read(bits, 1) == 1) {
      for (uint32_t guard = 0; guard < 32 && bits_ue(bits) != 3; guard++) bits_ue(bits);
    }
  }
  if (idr) {
    bits_read(bits, 2);
  } else if (ref_idc != 0 && bits_read(bits, 1) == 1) {
    for (uint32_t guard = 0; guard < 32; guard++) {
      uint32_t operation = bits_ue(bits);
      if (operation == 0) break;
      if (operation != 5) bits_ue(bits);
      if (operation == 3) bits_ue(bits);
    }
  }
  if (headers->cabac && !intra) bits_ue(bits);
  return headers->pic_init_qp + bits_se(bits);
}

int32_t h264_slice_qp(struct h264_headers *headers, const uint8_t *data, size_t size) {
  for (size_t i = 0; i + 4 < size; i++) {
    if (data[i] != 0 || data[i + 1] != 0 || data[i + 2] != 1) continue;
    uint32_t type = data[i + 3] & 31;
    struct bits bits;
    bits_open(&bits, data + i + 4, size - i - 4);
    if (type == 7) read_sps(headers, &bits);
    if (type == 8) read_pps(headers, &bits);
    if (type == 1 || type == 5) return read_slice_qp(headers, &bits, data[i + 3] >> 5 & 3, type == 5);
    i += 3;
  }
  return -1;
}
