/*
 * Encoding VP9 with libvpx: one pass, constant rate, up to three sizes and three frame rates in one stream.
 *
 * What will surprise you:
 * - Each spatial layer comes by a callback during the call that encodes. Without it the library would hand out one
 *   superframe with an index behind it (VP9 bitstream specification, annex B), which RTP does not carry.
 * - A skipped picture is skipped in all its sizes.
 * - Another size or number of layers opens the library anew, and so comes with a key frame; rates and content do not.
 */
#include "libvpx.h"
#include "vp9_layers.h"

#include <string.h>
#include <vpx/vp8cx.h>

struct vp9_encoder {
  struct library_encoder base;
  struct vp9_slots slots;
  /* What the callback has seen of the current picture. The bytes are the library's, until the next picture. */
  const uint8_t *layer_data[SHIM_MAX_SPATIAL_LAYERS];
  size_t layer_size[SHIM_MAX_SPATIAL_LAYERS];
  bool is_key_frame;
};

static bool is_layered(const struct shim_settings *settings) {
  return settings->spatial_layers > 1 || settings->temporal_layers > 1;
}

bool vp9_accepts(const struct shim_settings *settings) {
  if (settings->speed != SHIM_DEFAULT && (settings->speed < -9 || settings->speed > 9)) return false;
  int32_t least = settings->spatial_layers == 1 ? 2 : VP9_LEAST_LAYER_SIDE << (settings->spatial_layers - 1);
  return settings->width >= least && settings->height >= least;
}

static void on_packet(vpx_codec_cx_pkt_t *packet, void *user_data) {
  struct vp9_encoder *encoder = user_data;
  if (packet->kind != VPX_CODEC_CX_FRAME_PKT || packet->data.frame.sz == 0) return;
  vpx_svc_layer_id_t id = {0};
  vpx_codec_control(&encoder->base.codec, VP9E_GET_SVC_LAYER_ID, &id);
  if (id.spatial_layer_id < 0 || id.spatial_layer_id >= SHIM_MAX_SPATIAL_LAYERS) return;
  encoder->layer_data[id.spatial_layer_id] = packet->data.frame.buf;
  encoder->layer_size[id.spatial_layer_id] = packet->data.frame.sz;
  if ((packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0) encoder->is_key_frame = true;
}

static int tile_columns_log2(const struct shim_settings *settings) {
  int log2 = 0;
  /* A column is at least 256 wide (VP9 bitstream specification, section 7.2.13). */
  while ((2 << log2) <= settings->threads && (512 << log2) <= settings->width) log2++;
  return log2;
}

static void open_layers(struct library_encoder *base) {
  vpx_svc_extra_cfg_t layers;
  vp9_layers_fill(&layers, &base->config, &base->settings);
  vpx_codec_control(&base->codec, VP9E_SET_SVC, 1);
  vpx_codec_control(&base->codec, VP9E_SET_SVC_PARAMETERS, &layers);
  vpx_svc_frame_drop_t drop = {.framedrop_mode = FULL_SUPERFRAME_DROP, .max_consec_drop = 2};
  for (int32_t i = 0; i < base->settings.spatial_layers; i++) {
    drop.framedrop_thresh[i] = (int)base->config.rc_dropframe_thresh;
  }
  vpx_codec_control(&base->codec, VP9E_SET_SVC_FRAME_DROP_LAYER, &drop);
}

static void configure(vpx_codec_enc_cfg_t *config, const struct shim_settings *settings) {
  /* Without it the probabilities would depend on every picture, and upper layers could not be left out. */
  config->g_error_resilient = settings->error_resilient != 0 || is_layered(settings) ? VPX_ERROR_RESILIENT_DEFAULT : 0;
  config->rc_min_quantizer = 2;
  config->rc_max_quantizer = 56;
  config->rc_undershoot_pct = 50;
  config->rc_overshoot_pct = 50;
}

static bool needs_new_library(const struct shim_settings *running, const struct shim_settings *wanted) {
  return running->width != wanted->width || running->height != wanted->height || running->threads != wanted->threads ||
         running->error_resilient != wanted->error_resilient || running->spatial_layers != wanted->spatial_layers ||
         running->temporal_layers != wanted->temporal_layers;
}

static void opened(struct library_encoder *base) {
  vpx_codec_priv_output_cx_pkt_cb_pair_t callback = {.output_cx_pkt = on_packet, .user_priv = base};
  vpx_codec_control(&base->codec, VP9E_REGISTER_CX_CALLBACK, (void *)&callback);
  if (is_layered(&base->settings)) open_layers(base);
  vpx_codec_control(&base->codec, VP9E_SET_AQ_MODE, 3);
  /* Probabilities follow what was coded. Error resilience, and with it every stream of layers, switches that off whatever is said here. */
  vpx_codec_control(&base->codec, VP9E_SET_FRAME_PARALLEL_DECODING, 0);
  vpx_codec_control(&base->codec, VP9E_SET_ROW_MT, 1);
  vpx_codec_control(&base->codec, VP9E_SET_TILE_COLUMNS, tile_columns_log2(&base->settings));
  vpx_codec_control(&base->codec, VP9E_SET_NOISE_SENSITIVITY, 0);
  vpx_codec_control(&base->codec, VP8E_SET_STATIC_THRESHOLD, 1);
}

static void changed(struct library_encoder *base, const struct shim_settings *before) {
  (void)before;
  const struct shim_settings *settings = &base->settings;
  vpx_codec_control(&base->codec, VP8E_SET_CPUUSED, vp9_speed(settings, settings->width, settings->height));
  vpx_codec_control(&base->codec, VP9E_SET_TUNE_CONTENT,
                    settings->screen_content != 0 ? VP9E_CONTENT_SCREEN : VP9E_CONTENT_DEFAULT);
  vpx_codec_control(&base->codec, VP8E_SET_MAX_INTRA_BITRATE_PCT,
                    max_intra_percent(base->config.rc_buf_optimal_sz, settings->max_frame_rate_millihertz));
}

static const struct encoder_kind kind = {
    .interface = vpx_codec_vp9_cx,
    .state_bytes = sizeof(struct vp9_encoder),
    .configure = configure,
    .configure_layers = vp9_layers_configure,
    .needs_new_library = needs_new_library,
    .opened = opened,
    .changed = changed,
};

/* The layers' bytes one behind the other, from the smallest picture on. */
static int32_t collect_layers(struct context *context, struct vp9_encoder *encoder, struct job *job) {
  size_t size = 0;
  for (int32_t i = 0; i < SHIM_MAX_SPATIAL_LAYERS; i++) size += encoder->layer_size[i];
  if (size == 0) return SHIM_OK;
  struct block *block = block_take(context->engine, size);
  if (block == NULL) return SHIM_E_MEMORY;
  size_t at = 0;
  for (int32_t i = 0; i < SHIM_MAX_SPATIAL_LAYERS; i++) {
    if (encoder->layer_size[i] == 0) continue;
    memcpy(block->data + at, encoder->layer_data[i], encoder->layer_size[i]);
    at += encoder->layer_size[i];
    if (encoder->base.settings.spatial_layers > 1) job->layer_bytes[i] = (int32_t)encoder->layer_size[i];
  }
  job->out_bytes = block;
  job->out_size = size;
  if (encoder->is_key_frame) job->out_flags |= SHIM_KEY_FRAME | SHIM_LAYER_SYNC;
  int quantiser = 0;
  vpx_codec_control(&encoder->base.codec, VP8E_GET_LAST_QUANTIZER, &quantiser);
  job->quantiser = quantiser;
  return SHIM_OK;
}

static void describe_layer(struct vp9_encoder *encoder, struct job *job) {
  if (encoder->base.settings.temporal_layers == 1) return;
  vpx_svc_layer_id_t id = {0};
  vpx_svc_ref_frame_config_t references;
  memset(&references, 0, sizeof references);
  vpx_codec_control(&encoder->base.codec, VP9E_GET_SVC_LAYER_ID, &id);
  vpx_codec_control(&encoder->base.codec, VP9E_GET_SVC_REF_FRAME_CONFIG, &references);
  job->temporal_layer = id.temporal_layer_id;
  bool sync = vp9_slots_encoded(&encoder->slots, &references, &encoder->base.settings, id.temporal_layer_id,
                                encoder->is_key_frame);
  if (sync) job->out_flags |= SHIM_LAYER_SYNC;
}

static int32_t run_encoder(struct context *context, struct job *job) {
  int32_t status = prepare_library_encoder(context, &kind, job);
  if (status != SHIM_OK) return status;

  struct vp9_encoder *encoder = context->state;
  struct library_encoder *base = &encoder->base;
  if ((job->flags & SHIM_FORCE_KEY_FRAME) != 0) base->key_frame_owed = true;
  memset(encoder->layer_size, 0, sizeof encoder->layer_size);
  encoder->is_key_frame = false;
  status = run_library_encoder(base, job, base->key_frame_owed ? VPX_EFLAG_FORCE_KF : 0);
  if (status != SHIM_OK) return status;
  status = collect_layers(context, encoder, job);
  if (job->out_bytes == NULL) return status;
  describe_layer(encoder, job);
  if (encoder->is_key_frame) base->key_frame_owed = false;
  return status;
}

const struct codec_operations vp9_encoder_operations = {.run = run_encoder, .free = free_library_encoder};
