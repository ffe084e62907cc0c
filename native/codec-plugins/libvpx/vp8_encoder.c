/*
 * Encoding VP8 with libvpx (RFC 6386).
 *
 * What will surprise you:
 * - Another size opens the library anew. It can also be told a smaller size while it runs, but not a larger one than it
 *   was opened with, and a key frame comes either way.
 * - Other rates, layers and content go on within the stream, without a key frame.
 */
#include "libvpx.h"
#include "vp8_layers.h"

#include <stdlib.h>
#include <string.h>
#include <vpx/vp8cx.h>

struct vp8_encoder {
  vpx_codec_ctx_t codec;
  bool is_open;
  vpx_codec_enc_cfg_t config;
  /* What it runs with. */
  struct shim_settings settings;
  struct picture_clock clock;
  struct vp8_layers layers;
  bool key_frame_owed;
};

/*
 * Negative: this speed, whatever the machine's load (positive ones follow the clock, and so never repeat a result). On
 * a 720p camera clip at 0.5 to 2.5 Mbit/s, 10 saved about an eighth of the time and cost 0.25 to 0.85 dB; 6 cost 6 to
 * 40 % more time for 0.1 dB or less; 12 saved nothing over 10 and lost 1.4 dB more.
 */
#define CPU_USED (-8)

/* What holds for a picture from its settings alone, and may change at any time. */
static void apply_controls(struct vp8_encoder *encoder) {
  const struct shim_settings *settings = &encoder->settings;
  vpx_codec_control(&encoder->codec, VP8E_SET_CPUUSED, settings->speed == SHIM_DEFAULT ? CPU_USED : settings->speed);
  vpx_codec_control(&encoder->codec, VP8E_SET_SCREEN_CONTENT_MODE, settings->screen_content != 0 ? 1u : 0u);
  vpx_codec_control(&encoder->codec, VP8E_SET_MAX_INTRA_BITRATE_PCT,
                    max_intra_percent(&encoder->config, settings->max_frame_rate_millihertz));
}

static int32_t open_encoder(struct vp8_encoder *encoder, struct job *job) {
  const struct shim_settings *settings = &job->settings;
  vpx_codec_enc_cfg_t *config = &encoder->config;
  if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), config, 0) != VPX_CODEC_OK) return SHIM_E_LIBRARY;
  encoder->settings = *settings;
  set_call_defaults(config, settings);
  /* Resilience costs bits in every picture, and a lost one needs a repair or a key frame all the same. */
  config->g_error_resilient = settings->error_resilient != 0 ? VPX_ERROR_RESILIENT_DEFAULT : 0;
  config->rc_min_quantizer = 2;
  config->rc_max_quantizer = 56;
  config->rc_undershoot_pct = 100;
  config->rc_overshoot_pct = 15;
  vp8_layers_configure(config, settings->temporal_layers);
  vpx_codec_err_t error = vpx_codec_enc_init(&encoder->codec, vpx_codec_vp8_cx(), config, 0);
  if (error != VPX_CODEC_OK) {
    job->detail = error;
    return SHIM_E_LIBRARY;
  }
  encoder->is_open = true;
  encoder->layers = (struct vp8_layers){.count = settings->temporal_layers};
  encoder->key_frame_owed = true;
  vpx_codec_control(&encoder->codec, VP8E_SET_NOISE_SENSITIVITY, 0);
  vpx_codec_control(&encoder->codec, VP8E_SET_STATIC_THRESHOLD, 1);
  vpx_codec_control(&encoder->codec, VP8E_SET_TOKEN_PARTITIONS,
                    settings->threads > 1 ? VP8_TWO_TOKENPARTITION : VP8_ONE_TOKENPARTITION);
  apply_controls(encoder);
  return SHIM_OK;
}

static void close_library(struct vp8_encoder *encoder) {
  if (encoder->is_open) vpx_codec_destroy(&encoder->codec);
  encoder->is_open = false;
}

static void free_encoder(struct context *context) {
  struct vp8_encoder *encoder = context->state;
  if (encoder == NULL) return;
  close_library(encoder);
  free(encoder);
  context->state = NULL;
}

static bool needs_new_library(const struct shim_settings *running, const struct shim_settings *wanted) {
  return running->width != wanted->width || running->height != wanted->height || running->threads != wanted->threads ||
         running->error_resilient != wanted->error_resilient;
}

static int32_t apply_settings(struct vp8_encoder *encoder, struct job *job) {
  struct shim_settings *running = &encoder->settings;
  const struct shim_settings *wanted = &job->settings;
  if (encoder->is_open && needs_new_library(running, wanted)) close_library(encoder);
  if (!encoder->is_open) return open_encoder(encoder, job);
  if (memcmp(running, wanted, sizeof *running) == 0) return SHIM_OK;
  vpx_codec_enc_cfg_t config = encoder->config;
  config.rc_target_bitrate = kbps(wanted->target_bps);
  vp8_layers_configure(&config, wanted->temporal_layers);
  vpx_codec_err_t error = vpx_codec_enc_config_set(&encoder->codec, &config);
  if (error != VPX_CODEC_OK) {
    job->detail = error;
    return SHIM_E_LIBRARY;
  }
  encoder->config = config;
  if (running->temporal_layers != wanted->temporal_layers) {
    vp8_layers_set_count(&encoder->layers, wanted->temporal_layers);
  }
  *running = *wanted;
  apply_controls(encoder);
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

/* What the caller says about references; a key frame uses none and replaces all. */
static vpx_enc_frame_flags_t reference_flags(int32_t flags) {
  static const struct {
    int32_t submitted;
    vpx_enc_frame_flags_t library;
  } pairs[] = {
      {SHIM_NO_USE_LAST, VP8_EFLAG_NO_REF_LAST},      {SHIM_NO_USE_GOLDEN, VP8_EFLAG_NO_REF_GF},
      {SHIM_NO_USE_ALTREF, VP8_EFLAG_NO_REF_ARF},     {SHIM_NO_UPDATE_LAST, VP8_EFLAG_NO_UPD_LAST},
      {SHIM_NO_UPDATE_GOLDEN, VP8_EFLAG_NO_UPD_GF},   {SHIM_NO_UPDATE_ALTREF, VP8_EFLAG_NO_UPD_ARF},
  };
  vpx_enc_frame_flags_t result = 0;
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    if ((flags & pairs[i].submitted) != 0) result |= pairs[i].library;
  }
  return result;
}

static int32_t run_encoder(struct context *context, struct job *job) {
  struct vp8_encoder *encoder = context->state;
  if (encoder == NULL) {
    encoder = calloc(1, sizeof *encoder);
    if (encoder == NULL) return SHIM_E_MEMORY;
    context->state = encoder;
  }
  int32_t status = apply_settings(encoder, job);
  if (status != SHIM_OK) return status;

  const struct frame *frame = job->in_frame;
  vpx_image_t image;
  if (!wrap_frame(&image, frame)) return SHIM_E_PARAMETER;
  if ((job->flags & SHIM_FORCE_KEY_FRAME) != 0) encoder->key_frame_owed = true;
  struct vp8_layer_picture picture = vp8_layers_next(&encoder->layers, encoder->key_frame_owed);
  vpx_enc_frame_flags_t flags = picture.flags;
  if (encoder->key_frame_owed) {
    flags = VPX_EFLAG_FORCE_KF;
  } else if (encoder->layers.count == 1 && flags == 0) {
    flags = reference_flags(job->flags);
  }
  if (encoder->layers.count > 1) {
    vpx_codec_control(&encoder->codec, VP8E_SET_TEMPORAL_LAYER_ID, picture.layer);
  }
  unsigned long duration =
      picture_length(&encoder->clock, frame->timestamp_rtp90k, encoder->settings.max_frame_rate_millihertz);
  vpx_codec_err_t error =
      vpx_codec_encode(&encoder->codec, &image, encoder->clock.next_pts, duration, flags, VPX_DL_REALTIME);
  encoder->clock.next_pts += (int64_t)duration;
  if (error != VPX_CODEC_OK) {
    job->detail = error;
    return SHIM_E_LIBRARY;
  }
  status = collect_packet(context, encoder, job);
  /* A skipped picture does not pay the debt. */
  if ((job->out_flags & SHIM_KEY_FRAME) != 0) encoder->key_frame_owed = false;
  if (job->out_bytes == NULL) return status;
  vp8_layers_encoded(&encoder->layers, &picture);
  job->temporal_layer = picture.layer;
  if (picture.sync || (job->out_flags & SHIM_KEY_FRAME) != 0) job->out_flags |= SHIM_LAYER_SYNC;
  return status;
}

const struct codec_operations vp8_encoder_operations = {.run = run_encoder, .free = free_encoder};
