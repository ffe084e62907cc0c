#ifndef COMMUCAT_LIBVPX_H
#define COMMUCAT_LIBVPX_H

#include "plugin.h"

extern const struct codec_operations vp8_encoder_operations;
extern const struct codec_operations vp8_decoder_operations;

#endif
