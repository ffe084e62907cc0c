/*
 * FFmpeg's pixel formats to I420 of 8 bits. Full-range pictures keep their range, as they do from every other decoder here.
 */
#include "avcodec_plugin.h"

#include <libavutil/pixfmt.h>
#include <libyuv.h>

enum conversion conversion_of(const AVFrame *picture) {
  switch (picture->format) {
    case AV_PIX_FMT_YUV420P:
    case AV_PIX_FMT_YUVJ420P:
      /* The core keeps one stride for both chroma planes. */
      return picture->linesize[1] == picture->linesize[2] ? CONVERSION_LEND : CONVERSION_NONE;
    case AV_PIX_FMT_GRAY8:
    case AV_PIX_FMT_YUV422P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUV444P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUV420P10LE:
      return CONVERSION_COPY;
    default:
      return CONVERSION_NONE;
  }
}

int convert_picture(const AVFrame *picture, struct frame *frame) {
  const uint8_t *y = picture->data[0];
  const uint8_t *u = picture->data[1];
  const uint8_t *v = picture->data[2];
  int stride_y = picture->linesize[0];
  int stride_u = picture->linesize[1];
  int stride_v = picture->linesize[2];
  switch (picture->format) {
    case AV_PIX_FMT_GRAY8:
      return I400ToI420(y, stride_y, frame->y, frame->stride_y, frame->u, frame->stride_uv, frame->v, frame->stride_uv,
                        frame->width, frame->height);
    case AV_PIX_FMT_YUV422P:
    case AV_PIX_FMT_YUVJ422P:
      return I422ToI420(y, stride_y, u, stride_u, v, stride_v, frame->y, frame->stride_y, frame->u, frame->stride_uv,
                        frame->v, frame->stride_uv, frame->width, frame->height);
    case AV_PIX_FMT_YUV444P:
    case AV_PIX_FMT_YUVJ444P:
      return I444ToI420(y, stride_y, u, stride_u, v, stride_v, frame->y, frame->stride_y, frame->u, frame->stride_uv,
                        frame->v, frame->stride_uv, frame->width, frame->height);
    default:
      /* Ten bits; libyuv counts strides in samples there. */
      return I010ToI420((const uint16_t *)y, stride_y / 2, (const uint16_t *)u, stride_u / 2, (const uint16_t *)v,
                        stride_v / 2, frame->y, frame->stride_y, frame->u, frame->stride_uv, frame->v,
                        frame->stride_uv, frame->width, frame->height);
  }
}
