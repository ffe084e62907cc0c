/* Conversions of pictures with libyuv: cropped, scaled, from and to packed pixels (BT.601, limited range). */
#include "internal.h"

#include <libyuv.h>

size_t raw_bytes(int32_t format, int32_t width, int32_t height) {
  size_t pixels = (size_t)width * (size_t)height;
  size_t chroma = (((size_t)width + 1) / 2) * (((size_t)height + 1) / 2);
  switch (format) {
    case SHIM_I420:
    case SHIM_NV12:
      return pixels + 2 * chroma;
    case SHIM_RGB24:
      return 3 * pixels;
    case SHIM_BGRA:
      return 4 * pixels;
    default:
      return 0;
  }
}

/* The whole of a picture, scaled where it is; NULL where that cannot be done there. */
static struct frame *scale_on_device(struct engine *engine, const struct frame *in, const int32_t *part) {
  bool is_whole = part[0] == 0 && part[1] == 0 && part[2] == in->width && part[3] == in->height;
  if (!is_whole || in->device->operations->scale == NULL) return NULL;
  struct device_picture *scaled = in->device->operations->scale(in->device, part[4], part[5], part[6]);
  if (scaled == NULL) return NULL;
  struct frame *out = frame_on_device(engine, part[4], part[5], in->timestamp_rtp90k, scaled);
  if (out == NULL) scaled->operations->free(scaled);
  return out;
}

int32_t picture_transform(struct engine *engine, struct job *job) {
  static const enum FilterMode filters[] = {kFilterNone, kFilterLinear, kFilterBilinear, kFilterBox};
  struct frame *in = job->in_frame;
  const int32_t *part = job->picture;
  if (in->device != NULL) {
    job->out_frame = scale_on_device(engine, in, part);
    if (job->out_frame != NULL) return SHIM_OK;
    int32_t status = frame_planes(engine, in);
    if (status != SHIM_OK) return status;
  }
  struct frame *out = frame_create(engine, part[4], part[5], in->timestamp_rtp90k);
  if (out == NULL) return SHIM_E_MEMORY;
  ptrdiff_t luma = (ptrdiff_t)part[1] * in->stride_y + part[0];
  ptrdiff_t chroma = (ptrdiff_t)(part[1] / 2) * in->stride_uv + part[0] / 2;
  int failed = I420Scale(in->y + luma, in->stride_y, in->u + chroma, in->stride_uv, in->v + chroma, in->stride_uv, part[2],
                         part[3], out->y, out->stride_y, out->u, out->stride_uv, out->v, out->stride_uv, out->width,
                         out->height, filters[part[6]]);
  if (failed != 0) {
    frame_release(engine, out);
    job->detail = failed;
    return SHIM_E_LIBRARY;
  }
  job->out_frame = out;
  return SHIM_OK;
}

int32_t picture_import(struct engine *engine, struct job *job) {
  int32_t width = job->picture[4];
  int32_t height = job->picture[5];
  struct frame *out = frame_create(engine, width, height, job->timestamp_rtp90k);
  if (out == NULL) return SHIM_E_MEMORY;
  const uint8_t *data = job->in_bytes->data;
  const uint8_t *chroma = data + (size_t)width * (size_t)height;
  int32_t chroma_width = (width + 1) / 2;
  int failed = 0;
  /* libyuv names packed formats by the order in a word, lowest byte last: its RAW is R, G, B in memory, its ARGB is B, G, R, A. */
  switch (job->picture[6]) {
    case SHIM_I420: {
      const uint8_t *v = chroma + (size_t)chroma_width * (((size_t)height + 1) / 2);
      failed = I420Copy(data, width, chroma, chroma_width, v, chroma_width, out->y, out->stride_y, out->u, out->stride_uv,
                        out->v, out->stride_uv, width, height);
      break;
    }
    case SHIM_NV12:
      failed = NV12ToI420(data, width, chroma, 2 * chroma_width, out->y, out->stride_y, out->u, out->stride_uv, out->v,
                          out->stride_uv, width, height);
      break;
    case SHIM_RGB24:
      failed = RAWToI420(data, 3 * width, out->y, out->stride_y, out->u, out->stride_uv, out->v, out->stride_uv, width,
                         height);
      break;
    default:
      failed = ARGBToI420(data, 4 * width, out->y, out->stride_y, out->u, out->stride_uv, out->v, out->stride_uv, width,
                          height);
      break;
  }
  if (failed != 0) {
    frame_release(engine, out);
    job->detail = failed;
    return SHIM_E_LIBRARY;
  }
  job->out_frame = out;
  return SHIM_OK;
}

int32_t picture_export(struct engine *engine, struct job *job) {
  struct frame *in = job->in_frame;
  int32_t format = job->picture[6];
  int32_t status = frame_planes(engine, in);
  if (status != SHIM_OK) return status;
  size_t size = raw_bytes(format, in->width, in->height);
  struct block *block = block_take(engine, size);
  if (block == NULL) return SHIM_E_MEMORY;
  uint8_t *data = block->data;
  uint8_t *chroma = data + (size_t)in->width * (size_t)in->height;
  int32_t chroma_width = (in->width + 1) / 2;
  int failed = 0;
  switch (format) {
    case SHIM_I420: {
      uint8_t *v = chroma + (size_t)chroma_width * (((size_t)in->height + 1) / 2);
      failed = I420Copy(in->y, in->stride_y, in->u, in->stride_uv, in->v, in->stride_uv, data, in->width, chroma,
                        chroma_width, v, chroma_width, in->width, in->height);
      break;
    }
    case SHIM_NV12:
      failed = I420ToNV12(in->y, in->stride_y, in->u, in->stride_uv, in->v, in->stride_uv, data, in->width, chroma,
                          2 * chroma_width, in->width, in->height);
      break;
    case SHIM_RGB24:
      failed = I420ToRAW(in->y, in->stride_y, in->u, in->stride_uv, in->v, in->stride_uv, data, 3 * in->width, in->width,
                         in->height);
      break;
    default:
      failed = I420ToARGB(in->y, in->stride_y, in->u, in->stride_uv, in->v, in->stride_uv, data, 4 * in->width, in->width,
                          in->height);
      break;
  }
  job->out_bytes = block;
  job->out_size = size;
  job->detail = failed;
  return failed == 0 ? SHIM_OK : SHIM_E_LIBRARY;
}
