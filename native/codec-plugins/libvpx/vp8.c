/*
 * VP8 with libvpx (RFC 6386).
 *
 * What will surprise you: a decoder hides a damaged picture rather than failing, and every picture predicted from it stays
 * marked as corrupt until the next key frame.
 */
#include "libvpx.h"
#include "rate_clock.h"

#include <stdlib.h>
#include <string.h>
#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

struct vp8_encoder {
  vpx_codec_ctx_t codec;
  vpx_codec_enc_cfg_t config;
  /* What it runs with. */
  struct shim_settings settings;
  struct rate_clock clock;
  /* On the clock above, and where the next picture begins for the rate control: ticks of 1/90000 s. */
  int64_t last_rtp90k;
  int64_t next_pts;
  bool key_frame_owed;
};

static unsigned kbps(int32_t bps) { return (unsigned)((bps + 500) / 1000); }

/* The largest key frame, in percent of one picture's share: half of the buffer's optimal level, as in real-time calls. */
static unsigned max_intra_percent(const vpx_codec_enc_cfg_t *config, int32_t max_frame_rate_millihertz) {
  unsigned percent = config->rc_buf_optimal_sz * (unsigned)(max_frame_rate_millihertz / 1000) / 20;
  return percent < 300 ? 300 : percent;
}

/*
 * Negative: this speed, whatever the machine's load (positive ones follow the clock, and so never repeat a result). On a
 * 720p camera clip at 0.5 to 2.5 Mbit/s, 10 saved about an eighth of the time and cost 0.25 to 0.85 dB; 6 cost 6 to 40 %
 * more time for 0.1 dB or less; 12 saved nothing over 10 and lost 1.4 dB more.
 */
#define CPU_USED (-8)

static int32_t open_encoder(struct vp8_encoder *encoder, const struct shim_settings *settings) {
  vpx_codec_enc_cfg_t *config = &encoder->config;
  if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), config, 0) != VPX_CODEC_OK) return SHIM_E_LIBRARY;
  encoder->settings = *settings;
  config->g_w = (unsigned)settings->width;
  config->g_h = (unsigned)settings->height;
  config->g_timebase.num = 1;
  config->g_timebase.den = 90000;
  config->g_threads = (unsigned)settings->threads;
  /* Resilience would cost bits in every picture, and a lost one needs a repair or a key frame all the same. */
  config->g_error_resilient = 0;
  config->g_pass = VPX_RC_ONE_PASS;
  config->g_lag_in_frames = 0;
  config->rc_end_usage = VPX_CBR;
  config->rc_target_bitrate = kbps(encoder->settings.target_bps);
  config->rc_resize_allowed = 0;
  /* Skips a picture when the buffer has less than this percentage left: sane rates never get there. */
  config->rc_dropframe_thresh = 25;
  config->rc_min_quantizer = 2;
  config->rc_max_quantizer = 56;
  config->rc_undershoot_pct = 100;
  config->rc_overshoot_pct = 15;
  config->rc_buf_initial_sz = 500;
  config->rc_buf_optimal_sz = 600;
  config->rc_buf_sz = 1000;
  /* Key frames only on request: RTCP asks for them. */
  config->kf_mode = VPX_KF_DISABLED;
  vpx_codec_err_t error = vpx_codec_enc_init(&encoder->codec, vpx_codec_vp8_cx(), config, 0);
  if (error != VPX_CODEC_OK) return SHIM_E_LIBRARY;
  vpx_codec_control(&encoder->codec, VP8E_SET_CPUUSED, CPU_USED);
  vpx_codec_control(&encoder->codec, VP8E_SET_NOISE_SENSITIVITY, 0);
  vpx_codec_control(&encoder->codec, VP8E_SET_STATIC_THRESHOLD, 1);
  vpx_codec_control(&encoder->codec, VP8E_SET_TOKEN_PARTITIONS,
                    settings->threads > 1 ? VP8_TWO_TOKENPARTITION : VP8_ONE_TOKENPARTITION);
  vpx_codec_control(&encoder->codec, VP8E_SET_MAX_INTRA_BITRATE_PCT,
                    max_intra_percent(config, encoder->settings.max_frame_rate_millihertz));
  return SHIM_OK;
}

static void free_encoder(struct context *context) {
  struct vp8_encoder *encoder = context->state;
  if (encoder == NULL) return;
  vpx_codec_destroy(&encoder->codec);
  free(encoder);
  context->state = NULL;
}

static int32_t apply_rates(struct vp8_encoder *encoder, struct job *job) {
  struct shim_settings *running = &encoder->settings;
  const struct shim_settings *wanted = &job->settings;
  if (running->target_bps == wanted->target_bps &&
      running->max_frame_rate_millihertz == wanted->max_frame_rate_millihertz) {
    return SHIM_OK;
  }
  *running = *wanted;
  encoder->config.rc_target_bitrate = kbps(encoder->settings.target_bps);
  vpx_codec_err_t error = vpx_codec_enc_config_set(&encoder->codec, &encoder->config);
  if (error != VPX_CODEC_OK) {
    job->detail = error;
    return SHIM_E_LIBRARY;
  }
  vpx_codec_control(&encoder->codec, VP8E_SET_MAX_INTRA_BITRATE_PCT,
                    max_intra_percent(&encoder->config, encoder->settings.max_frame_rate_millihertz));
  return SHIM_OK;
}

static int32_t collect_packet(struct context *context, struct vp8_encoder *encoder, struct job *job) {
  vpx_codec_iter_t iterator = NULL;
  const vpx_codec_cx_pkt_t *packet;
  while ((packet = vpx_codec_get_cx_data(&encoder->codec, &iterator)) != NULL) {
    if (packet->kind != VPX_CODEC_CX_FRAME_PKT || packet->data.frame.sz == 0) continue;
    struct block *block = block_take(context->engine, packet->data.frame.sz);
    if (block == NULL) return SHIM_E_MEMORY;
    memcpy(block->data, packet->data.frame.buf, packet->data.frame.sz);
    job->out_bytes = block;
    job->out_size = packet->data.frame.sz;
    if ((packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0) job->out_flags |= SHIM_KEY_FRAME;
    int quantiser = 0;
    vpx_codec_control(&encoder->codec, VP8E_GET_LAST_QUANTIZER, &quantiser);
    job->quantiser = quantiser;
    /* Without alternate reference pictures one picture in is one packet out, at most. */
    break;
  }
  return SHIM_OK;
}

/*
 * libvpx takes the frame rate from the distance between the ends of two pictures. Were pictures placed by their own timestamps,
 * a change of the announced rate would move one end against the other, be read as a rate many times higher, and starve the
 * picture of bits for seconds. So its clock is a row of pictures without gaps, each as long as the time since the one
 * before it; at least half of what the announced rate says, for two that come in one burst.
 */
static unsigned long picture_length(struct vp8_encoder *encoder, int64_t timestamp_rtp90k) {
  int64_t announced = 90000000ll / encoder->settings.max_frame_rate_millihertz;
  bool is_first = !encoder->clock.started;
  int64_t now = rate_clock_advance(&encoder->clock, timestamp_rtp90k);
  int64_t length = is_first ? announced : now - encoder->last_rtp90k;
  encoder->last_rtp90k = now;
  if (length < announced / 2) length = announced / 2;
  return length < 1 ? 1 : (unsigned long)length;
}

static int32_t run_encoder(struct context *context, struct job *job) {
  struct vp8_encoder *encoder = context->state;
  if (encoder == NULL) {
    encoder = calloc(1, sizeof *encoder);
    if (encoder == NULL) return SHIM_E_MEMORY;
    int32_t status = open_encoder(encoder, &job->settings);
    if (status != SHIM_OK) {
      free(encoder);
      return status;
    }
    context->state = encoder;
  }
  int32_t status = apply_rates(encoder, job);
  if (status != SHIM_OK) return status;

  const struct frame *frame = job->in_frame;
  vpx_image_t image;
  if (vpx_img_wrap(&image, VPX_IMG_FMT_I420, (unsigned)frame->width, (unsigned)frame->height, 1, frame->y) == NULL) {
    return SHIM_E_PARAMETER;
  }
  image.planes[VPX_PLANE_Y] = frame->y;
  image.planes[VPX_PLANE_U] = frame->u;
  image.planes[VPX_PLANE_V] = frame->v;
  image.stride[VPX_PLANE_Y] = frame->stride_y;
  image.stride[VPX_PLANE_U] = frame->stride_uv;
  image.stride[VPX_PLANE_V] = frame->stride_uv;

  if ((job->flags & SHIM_FORCE_KEY_FRAME) != 0) encoder->key_frame_owed = true;
  vpx_enc_frame_flags_t flags = encoder->key_frame_owed ? VPX_EFLAG_FORCE_KF : 0;
  unsigned long duration = picture_length(encoder, frame->timestamp_rtp90k);
  vpx_codec_err_t error =
      vpx_codec_encode(&encoder->codec, &image, encoder->next_pts, duration, flags, VPX_DL_REALTIME);
  encoder->next_pts += (int64_t)duration;
  if (error != VPX_CODEC_OK) {
    job->detail = error;
    return SHIM_E_LIBRARY;
  }
  status = collect_packet(context, encoder, job);
  /* A skipped picture does not pay the debt. */
  if ((job->out_flags & SHIM_KEY_FRAME) != 0) encoder->key_frame_owed = false;
  return status;
}

struct vp8_decoder {
  vpx_codec_ctx_t codec;
};

static void free_decoder(struct context *context) {
  struct vp8_decoder *decoder = context->state;
  if (decoder == NULL) return;
  vpx_codec_destroy(&decoder->codec);
  free(decoder);
  context->state = NULL;
}

static int32_t open_decoder(struct context *context) {
  struct vp8_decoder *decoder = calloc(1, sizeof *decoder);
  if (decoder == NULL) return SHIM_E_MEMORY;
  vpx_codec_dec_cfg_t config = {.threads = 1};
  if (vpx_codec_dec_init(&decoder->codec, vpx_codec_vp8_dx(), &config, 0) != VPX_CODEC_OK) {
    free(decoder);
    return SHIM_E_LIBRARY;
  }
  context->state = decoder;
  return SHIM_OK;
}

static int32_t run_decoder(struct context *context, struct job *job) {
  if (context->state == NULL) {
    int32_t status = open_decoder(context);
    if (status != SHIM_OK) return status;
  }
  struct vp8_decoder *decoder = context->state;
  const uint8_t *data = job->in_bytes->data;
  /* The first bit of the frame tag is 0 for a key frame (RFC 6386 section 9.1), which alone carries a size. */
  if ((data[0] & 1) == 0) {
    vpx_codec_stream_info_t info = {.sz = sizeof info};
    vpx_codec_err_t error = vpx_codec_peek_stream_info(vpx_codec_vp8_dx(), data, (unsigned)job->in_size, &info);
    if (error != VPX_CODEC_OK || info.w > SHIM_MAX_DIMENSION || info.h > SHIM_MAX_DIMENSION) {
      job->detail = error;
      return SHIM_E_BITSTREAM;
    }
    job->out_flags |= SHIM_KEY_FRAME;
  }
  vpx_codec_err_t error = vpx_codec_decode(&decoder->codec, data, (unsigned)job->in_size, NULL, 0);
  if (error != VPX_CODEC_OK) {
    job->detail = error;
    return error == VPX_CODEC_MEM_ERROR ? SHIM_E_MEMORY : SHIM_E_BITSTREAM;
  }
  int corrupt = 0;
  if (vpx_codec_control(&decoder->codec, VP8D_GET_FRAME_CORRUPTED, &corrupt) == VPX_CODEC_OK && corrupt != 0) {
    job->out_flags |= SHIM_CORRUPT;
  }
  vpx_codec_iter_t iterator = NULL;
  const vpx_image_t *image = vpx_codec_get_frame(&decoder->codec, &iterator);
  if (image == NULL) return SHIM_OK;
  struct frame *frame =
      frame_create(context->engine, (int32_t)image->d_w, (int32_t)image->d_h, job->timestamp_rtp90k);
  if (frame == NULL) return SHIM_E_MEMORY;
  frame_lend(context, frame, image->planes, image->stride[VPX_PLANE_Y], image->stride[VPX_PLANE_U]);
  job->out_frame = frame;
  return SHIM_OK;
}

const struct codec_operations vp8_encoder_operations = {.run = run_encoder, .free = free_encoder};
const struct codec_operations vp8_decoder_operations = {.run = run_decoder, .free = free_decoder};
