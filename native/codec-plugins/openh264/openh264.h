#ifndef COMMUCAT_OPENH264_H
#define COMMUCAT_OPENH264_H

#include "plugin.h"

/* What a slice header cannot be read without, from the latest SPS and PPS. */
struct h264_headers {
  uint32_t frame_num_bits;
  uint32_t poc_type;
  uint32_t poc_lsb_bits;
  int32_t pic_init_qp;
  bool cabac;
};
/* The quantiser of the first slice of an Annex B access unit that openh264 has written, or -1. */
int32_t h264_slice_qp(struct h264_headers *headers, const uint8_t *data, size_t size);

bool h264_encoder_accepts(const struct shim_settings *settings);
extern const struct codec_operations h264_encoder_operations;
extern const struct codec_operations h264_decoder_operations;

#endif
