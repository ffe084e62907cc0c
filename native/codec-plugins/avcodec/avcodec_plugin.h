#ifndef COMMUCAT_AVCODEC_PLUGIN_H
#define COMMUCAT_AVCODEC_PLUGIN_H

#include "plugin.h"

#include <libavutil/frame.h>

/* How a picture of FFmpeg's becomes a frame here. */
enum conversion { CONVERSION_NONE, CONVERSION_LEND, CONVERSION_COPY };
enum conversion conversion_of(const AVFrame *picture);
/* Converts with libyuv; the frame has the picture's size. 0: done. */
int convert_picture(const AVFrame *picture, struct frame *frame);

extern const struct codec_operations h264_decoder_operations;

#endif
