/* What VP8 and VP9 have in common in libvpx. */
#include "libvpx.h"

#include <stdlib.h>
#include <vpx/vpx_decoder.h>

unsigned max_intra_percent(const vpx_codec_enc_cfg_t *config, int32_t max_frame_rate_millihertz) {
  unsigned percent = config->rc_buf_optimal_sz * (unsigned)(max_frame_rate_millihertz / 1000) / 20;
  return percent < 300 ? 300 : percent;
}

void set_call_defaults(vpx_codec_enc_cfg_t *config, const struct shim_settings *settings) {
  config->g_w = (unsigned)settings->width;
  config->g_h = (unsigned)settings->height;
  config->g_timebase.num = 1;
  config->g_timebase.den = 90000;
  config->g_threads = (unsigned)settings->threads;
  config->g_pass = VPX_RC_ONE_PASS;
  config->g_lag_in_frames = 0;
  config->rc_end_usage = VPX_CBR;
  config->rc_target_bitrate = kbps(settings->target_bps);
  config->rc_resize_allowed = 0;
  /* Skips a picture when the buffer has less than this percentage left: sane rates never get there. */
  config->rc_dropframe_thresh = 25;
  config->rc_buf_initial_sz = 500;
  config->rc_buf_optimal_sz = 600;
  config->rc_buf_sz = 1000;
  /* Key frames only on request: RTCP asks for them. */
  config->kf_mode = VPX_KF_DISABLED;
}

bool wrap_frame(vpx_image_t *image, const struct frame *frame) {
  if (vpx_img_wrap(image, VPX_IMG_FMT_I420, (unsigned)frame->width, (unsigned)frame->height, 1, frame->y) == NULL) {
    return false;
  }
  image->planes[VPX_PLANE_Y] = frame->y;
  image->planes[VPX_PLANE_U] = frame->u;
  image->planes[VPX_PLANE_V] = frame->v;
  image->stride[VPX_PLANE_Y] = frame->stride_y;
  image->stride[VPX_PLANE_U] = frame->stride_uv;
  image->stride[VPX_PLANE_V] = frame->stride_uv;
  return true;
}

int32_t take_picture(struct context *context, vpx_codec_ctx_t *codec, struct job *job) {
  vpx_codec_iter_t iterator = NULL;
  const vpx_image_t *image = vpx_codec_get_frame(codec, &iterator);
  if (image == NULL) return SHIM_OK;
  if (image->fmt != VPX_IMG_FMT_I420) return SHIM_E_BITSTREAM;
  struct frame *frame =
      frame_create(context->engine, (int32_t)image->d_w, (int32_t)image->d_h, job->timestamp_rtp90k);
  if (frame == NULL) return SHIM_E_MEMORY;
  frame_lend(context, frame, image->planes, image->stride[VPX_PLANE_Y], image->stride[VPX_PLANE_U]);
  job->out_frame = frame;
  return SHIM_OK;
}

int32_t open_library_decoder(struct context *context, vpx_codec_iface_t *interface) {
  vpx_codec_ctx_t *codec = calloc(1, sizeof *codec);
  if (codec == NULL) return SHIM_E_MEMORY;
  vpx_codec_dec_cfg_t config = {.threads = 1};
  if (vpx_codec_dec_init(codec, interface, &config, 0) != VPX_CODEC_OK) {
    free(codec);
    return SHIM_E_LIBRARY;
  }
  context->state = codec;
  return SHIM_OK;
}

void free_library_decoder(struct context *context) {
  if (context->state == NULL) return;
  vpx_codec_destroy(context->state);
  free(context->state);
  context->state = NULL;
}
