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

#include <string.h>
#include <vpx/vp8cx.h>

struct vp8_encoder {
  struct library_encoder base;
  struct vp8_layers layers;
};

/*
 * Negative: this speed, whatever the machine's load (positive ones follow the clock, and so never repeat a result). On
 * a 720p camera clip at 0.5 to 2.5 Mbit/s, 10 saved about an eighth of the time and cost 0.25 to 0.85 dB; 6 cost 6 to
 * 40 % more time for 0.1 dB or less; 12 saved nothing over 10 and lost 1.4 dB more.
 */
#define CPU_USED (-8)

static void configure(vpx_codec_enc_cfg_t *config, const struct shim_settings *settings) {
  /* Resilience costs bits in every picture, and a lost one needs a repair or a key frame all the same. */
  config->g_error_resilient = settings->error_resilient != 0 ? VPX_ERROR_RESILIENT_DEFAULT : 0;
  config->rc_min_quantizer = 2;
  config->rc_max_quantizer = 56;
  config->rc_undershoot_pct = 100;
  config->rc_overshoot_pct = 15;
}

static void configure_layers(vpx_codec_enc_cfg_t *config, const struct shim_settings *settings) {
  vp8_layers_configure(config, settings->temporal_layers);
}

static bool needs_new_library(const struct shim_settings *running, const struct shim_settings *wanted) {
  return running->width != wanted->width || running->height != wanted->height || running->threads != wanted->threads ||
         running->error_resilient != wanted->error_resilient;
}

static void opened(struct library_encoder *base) {
  struct vp8_encoder *encoder = (struct vp8_encoder *)base;
  encoder->layers = (struct vp8_layers){.count = base->settings.temporal_layers};
  vpx_codec_control(&base->codec, VP8E_SET_NOISE_SENSITIVITY, 0);
  vpx_codec_control(&base->codec, VP8E_SET_STATIC_THRESHOLD, 1);
  vpx_codec_control(&base->codec, VP8E_SET_TOKEN_PARTITIONS,
                    base->settings.threads > 1 ? VP8_TWO_TOKENPARTITION : VP8_ONE_TOKENPARTITION);
}

static void changed(struct library_encoder *base, const struct shim_settings *before) {
  struct vp8_encoder *encoder = (struct vp8_encoder *)base;
  const struct shim_settings *settings = &base->settings;
  if (before != NULL && before->temporal_layers != settings->temporal_layers) {
    vp8_layers_set_count(&encoder->layers, settings->temporal_layers);
  }
  vpx_codec_control(&base->codec, VP8E_SET_CPUUSED, settings->speed == SHIM_DEFAULT ? CPU_USED : settings->speed);
  vpx_codec_control(&base->codec, VP8E_SET_SCREEN_CONTENT_MODE, settings->screen_content != 0 ? 1u : 0u);
  vpx_codec_control(&base->codec, VP8E_SET_MAX_INTRA_BITRATE_PCT,
                    max_intra_percent(base->config.rc_buf_optimal_sz, settings->max_frame_rate_millihertz));
}

static int32_t allow_skipping(struct library_encoder *base, bool allowed, struct job *job) {
  unsigned threshold = allowed ? SKIP_BELOW_PERCENT : 0;
  if (base->config.rc_dropframe_thresh == threshold) return SHIM_OK;
  base->config.rc_dropframe_thresh = threshold;
  vpx_codec_err_t error = vpx_codec_enc_config_set(&base->codec, &base->config);
  job->detail = error;
  return error == VPX_CODEC_OK ? SHIM_OK : SHIM_E_LIBRARY;
}

static const struct encoder_kind kind = {
    .interface = vpx_codec_vp8_cx,
    .state_bytes = sizeof(struct vp8_encoder),
    .configure = configure,
    .configure_layers = configure_layers,
    .needs_new_library = needs_new_library,
    .opened = opened,
    .changed = changed,
};

static int32_t collect_packet(struct context *context, struct library_encoder *encoder, struct job *job) {
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
  int32_t status = prepare_library_encoder(context, &kind, job);
  if (status != SHIM_OK) return status;

  struct vp8_encoder *encoder = context->state;
  struct library_encoder *base = &encoder->base;
  if ((job->flags & SHIM_FORCE_KEY_FRAME) != 0) base->key_frame_owed = true;
  struct vp8_layer_picture picture = vp8_layers_next(&encoder->layers, base->key_frame_owed);
  vpx_enc_frame_flags_t flags = picture.flags;
  if (base->key_frame_owed) {
    flags = VPX_EFLAG_FORCE_KF;
  } else if (encoder->layers.count == 1 && flags == 0) {
    flags = reference_flags(job->flags);
  }
  if (encoder->layers.count > 1) vpx_codec_control(&base->codec, VP8E_SET_TEMPORAL_LAYER_ID, picture.layer);
  status = allow_skipping(base, picture.may_be_skipped, job);
  if (status == SHIM_OK) status = run_library_encoder(base, job, flags);
  if (status == SHIM_OK) status = collect_packet(context, base, job);
  if ((job->out_flags & SHIM_KEY_FRAME) != 0) base->key_frame_owed = false;
  if (job->out_bytes == NULL) return status;
  vp8_layers_encoded(&encoder->layers, &picture);
  job->temporal_layer = picture.layer;
  if (picture.sync || (job->out_flags & SHIM_KEY_FRAME) != 0) job->out_flags |= SHIM_LAYER_SYNC;
  return status;
}

const struct codec_operations vp8_encoder_operations = {.run = run_encoder, .free = free_library_encoder};
