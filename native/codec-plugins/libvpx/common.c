/* What VP8 and VP9 have in common in libvpx. */
#include "libvpx.h"

#include <stdlib.h>
#include <string.h>
#include <vpx/vpx_decoder.h>

static void close_library(struct library_encoder *encoder) {
  if (encoder->is_open) vpx_codec_destroy(&encoder->codec);
  encoder->is_open = false;
}

void free_library_encoder(struct context *context) {
  struct library_encoder *encoder = context->state;
  if (encoder == NULL) return;
  close_library(encoder);
  free(encoder);
  context->state = NULL;
}

static int32_t open_library(struct library_encoder *encoder, const struct encoder_kind *kind, struct job *job) {
  vpx_codec_enc_cfg_t *config = &encoder->config;
  if (vpx_codec_enc_config_default(kind->interface(), config, 0) != VPX_CODEC_OK) return SHIM_E_LIBRARY;
  encoder->settings = job->settings;
  set_call_defaults(config, &encoder->settings);
  kind->configure(config, &encoder->settings);
  kind->configure_layers(config, &encoder->settings);
  vpx_codec_err_t error = vpx_codec_enc_init(&encoder->codec, kind->interface(), config, 0);
  if (error != VPX_CODEC_OK) {
    job->detail = error;
    return SHIM_E_LIBRARY;
  }
  encoder->is_open = true;
  encoder->key_frame_owed = true;
  kind->opened(encoder);
  kind->changed(encoder, NULL);
  return SHIM_OK;
}

static int32_t change_settings(struct library_encoder *encoder, const struct encoder_kind *kind, struct job *job) {
  const struct shim_settings *wanted = &job->settings;
  if (memcmp(&encoder->settings, wanted, sizeof *wanted) == 0) return SHIM_OK;
  vpx_codec_enc_cfg_t config = encoder->config;
  config.rc_target_bitrate = kbps(wanted->target_bps);
  kind->configure_layers(&config, wanted);
  vpx_codec_err_t error = vpx_codec_enc_config_set(&encoder->codec, &config);
  if (error != VPX_CODEC_OK) {
    job->detail = error;
    return SHIM_E_LIBRARY;
  }
  encoder->config = config;
  struct shim_settings before = encoder->settings;
  encoder->settings = *wanted;
  kind->changed(encoder, &before);
  return SHIM_OK;
}

int32_t prepare_library_encoder(struct context *context, const struct encoder_kind *kind, struct job *job) {
  if (context->state == NULL) context->state = calloc(1, kind->state_bytes);
  struct library_encoder *encoder = context->state;
  if (encoder == NULL) return SHIM_E_MEMORY;
  if (encoder->is_open && kind->needs_new_library(&encoder->settings, &job->settings)) close_library(encoder);
  return encoder->is_open ? change_settings(encoder, kind, job) : open_library(encoder, kind, job);
}

int32_t run_library_encoder(struct library_encoder *encoder, struct job *job, vpx_enc_frame_flags_t flags) {
  vpx_image_t image;
  if (!wrap_frame(&image, job->in_frame)) return SHIM_E_PARAMETER;
  unsigned long duration = picture_length(&encoder->clock, job->in_frame->timestamp_rtp90k,
                                          encoder->settings.max_frame_rate_millihertz);
  vpx_codec_err_t error =
      vpx_codec_encode(&encoder->codec, &image, encoder->clock.next_pts, duration, flags, VPX_DL_REALTIME);
  encoder->clock.next_pts += (int64_t)duration;
  if (error == VPX_CODEC_OK) return SHIM_OK;
  job->detail = error;
  return SHIM_E_LIBRARY;
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
  config->rc_dropframe_thresh = SKIP_BELOW_PERCENT;
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
