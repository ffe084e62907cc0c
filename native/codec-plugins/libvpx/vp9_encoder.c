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

#include <stdlib.h>
#include <string.h>
#include <vpx/vp8cx.h>

struct vp9_encoder {
  vpx_codec_ctx_t codec;
  bool is_open;
  vpx_codec_enc_cfg_t config;
  /* What it runs with. */
  struct shim_settings settings;
  struct picture_clock clock;
  struct vp9_slots slots;
  bool key_frame_owed;
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
  vpx_codec_control(&encoder->codec, VP9E_GET_SVC_LAYER_ID, &id);
  if (id.spatial_layer_id < 0 || id.spatial_layer_id >= SHIM_MAX_SPATIAL_LAYERS) return;
  encoder->layer_data[id.spatial_layer_id] = packet->data.frame.buf;
  encoder->layer_size[id.spatial_layer_id] = packet->data.frame.sz;
  if ((packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0) encoder->is_key_frame = true;
}

/* What holds for a picture from its settings alone, and may change at any time. */
static void apply_controls(struct vp9_encoder *encoder) {
  const struct shim_settings *settings = &encoder->settings;
  vpx_codec_control(&encoder->codec, VP8E_SET_CPUUSED, vp9_speed(settings, settings->width, settings->height));
  vpx_codec_control(&encoder->codec, VP9E_SET_TUNE_CONTENT,
                    settings->screen_content != 0 ? VP9E_CONTENT_SCREEN : VP9E_CONTENT_DEFAULT);
  vpx_codec_control(&encoder->codec, VP8E_SET_MAX_INTRA_BITRATE_PCT,
                    max_intra_percent(&encoder->config, settings->max_frame_rate_millihertz));
}

static int tile_columns_log2(const struct shim_settings *settings) {
  int log2 = 0;
  /* A column is at least 256 wide (VP9 bitstream specification, section 7.2.13). */
  while ((2 << log2) <= settings->threads && (512 << log2) <= settings->width) log2++;
  return log2;
}

static void open_layers(struct vp9_encoder *encoder) {
  vpx_svc_extra_cfg_t layers;
  vp9_layers_fill(&layers, &encoder->config, &encoder->settings);
  vpx_codec_control(&encoder->codec, VP9E_SET_SVC, 1);
  vpx_codec_control(&encoder->codec, VP9E_SET_SVC_PARAMETERS, &layers);
  vpx_svc_frame_drop_t drop = {.framedrop_mode = FULL_SUPERFRAME_DROP, .max_consec_drop = 2};
  for (int32_t i = 0; i < encoder->settings.spatial_layers; i++) {
    drop.framedrop_thresh[i] = (int)encoder->config.rc_dropframe_thresh;
  }
  vpx_codec_control(&encoder->codec, VP9E_SET_SVC_FRAME_DROP_LAYER, &drop);
}

static int32_t open_encoder(struct vp9_encoder *encoder, struct job *job) {
  const struct shim_settings *settings = &job->settings;
  vpx_codec_enc_cfg_t *config = &encoder->config;
  if (vpx_codec_enc_config_default(vpx_codec_vp9_cx(), config, 0) != VPX_CODEC_OK) return SHIM_E_LIBRARY;
  encoder->settings = *settings;
  set_call_defaults(config, settings);
  /* Without it the probabilities would depend on every picture, and upper layers could not be left out. */
  config->g_error_resilient = settings->error_resilient != 0 || is_layered(settings) ? VPX_ERROR_RESILIENT_DEFAULT : 0;
  config->rc_min_quantizer = 2;
  config->rc_max_quantizer = 56;
  config->rc_undershoot_pct = 50;
  config->rc_overshoot_pct = 50;
  vp9_layers_configure(config, settings);
  vpx_codec_err_t error = vpx_codec_enc_init(&encoder->codec, vpx_codec_vp9_cx(), config, 0);
  if (error != VPX_CODEC_OK) {
    job->detail = error;
    return SHIM_E_LIBRARY;
  }
  encoder->is_open = true;
  encoder->key_frame_owed = true;
  vpx_codec_priv_output_cx_pkt_cb_pair_t callback = {.output_cx_pkt = on_packet, .user_priv = encoder};
  vpx_codec_control(&encoder->codec, VP9E_REGISTER_CX_CALLBACK, (void *)&callback);
  if (is_layered(settings)) open_layers(encoder);
  vpx_codec_control(&encoder->codec, VP9E_SET_AQ_MODE, 3);
  vpx_codec_control(&encoder->codec, VP9E_SET_ROW_MT, 1);
  vpx_codec_control(&encoder->codec, VP9E_SET_TILE_COLUMNS, tile_columns_log2(settings));
  vpx_codec_control(&encoder->codec, VP9E_SET_NOISE_SENSITIVITY, 0);
  vpx_codec_control(&encoder->codec, VP8E_SET_STATIC_THRESHOLD, 1);
  apply_controls(encoder);
  return SHIM_OK;
}

static void close_library(struct vp9_encoder *encoder) {
  if (encoder->is_open) vpx_codec_destroy(&encoder->codec);
  encoder->is_open = false;
}

static void free_encoder(struct context *context) {
  struct vp9_encoder *encoder = context->state;
  if (encoder == NULL) return;
  close_library(encoder);
  free(encoder);
  context->state = NULL;
}

static bool needs_new_library(const struct shim_settings *running, const struct shim_settings *wanted) {
  return running->width != wanted->width || running->height != wanted->height || running->threads != wanted->threads ||
         running->error_resilient != wanted->error_resilient || running->spatial_layers != wanted->spatial_layers ||
         running->temporal_layers != wanted->temporal_layers;
}

static int32_t apply_settings(struct vp9_encoder *encoder, struct job *job) {
  struct shim_settings *running = &encoder->settings;
  const struct shim_settings *wanted = &job->settings;
  if (encoder->is_open && needs_new_library(running, wanted)) close_library(encoder);
  if (!encoder->is_open) return open_encoder(encoder, job);
  if (memcmp(running, wanted, sizeof *running) == 0) return SHIM_OK;
  vpx_codec_enc_cfg_t config = encoder->config;
  config.rc_target_bitrate = kbps(wanted->target_bps);
  vp9_layers_configure(&config, wanted);
  vpx_codec_err_t error = vpx_codec_enc_config_set(&encoder->codec, &config);
  if (error != VPX_CODEC_OK) {
    job->detail = error;
    return SHIM_E_LIBRARY;
  }
  encoder->config = config;
  *running = *wanted;
  apply_controls(encoder);
  return SHIM_OK;
}

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
    if (encoder->settings.spatial_layers > 1) job->layer_bytes[i] = (int32_t)encoder->layer_size[i];
  }
  job->out_bytes = block;
  job->out_size = size;
  if (encoder->is_key_frame) job->out_flags |= SHIM_KEY_FRAME | SHIM_LAYER_SYNC;
  int quantiser = 0;
  vpx_codec_control(&encoder->codec, VP8E_GET_LAST_QUANTIZER, &quantiser);
  job->quantiser = quantiser;
  return SHIM_OK;
}

static void describe_layer(struct vp9_encoder *encoder, struct job *job) {
  if (encoder->settings.temporal_layers == 1) return;
  vpx_svc_layer_id_t id = {0};
  vpx_svc_ref_frame_config_t references;
  memset(&references, 0, sizeof references);
  vpx_codec_control(&encoder->codec, VP9E_GET_SVC_LAYER_ID, &id);
  vpx_codec_control(&encoder->codec, VP9E_GET_SVC_REF_FRAME_CONFIG, &references);
  job->temporal_layer = id.temporal_layer_id;
  bool sync = vp9_slots_encoded(&encoder->slots, &references, &encoder->settings, id.temporal_layer_id,
                                encoder->is_key_frame);
  if (sync) job->out_flags |= SHIM_LAYER_SYNC;
}

static int32_t run_encoder(struct context *context, struct job *job) {
  struct vp9_encoder *encoder = context->state;
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
  memset(encoder->layer_size, 0, sizeof encoder->layer_size);
  encoder->is_key_frame = false;
  unsigned long duration =
      picture_length(&encoder->clock, frame->timestamp_rtp90k, encoder->settings.max_frame_rate_millihertz);
  vpx_codec_err_t error = vpx_codec_encode(&encoder->codec, &image, encoder->clock.next_pts, duration,
                                           encoder->key_frame_owed ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME);
  encoder->clock.next_pts += (int64_t)duration;
  if (error != VPX_CODEC_OK) {
    job->detail = error;
    return SHIM_E_LIBRARY;
  }
  status = collect_layers(context, encoder, job);
  if (job->out_bytes == NULL) return status;
  describe_layer(encoder, job);
  /* A skipped picture does not pay the debt. */
  if (encoder->is_key_frame) encoder->key_frame_owed = false;
  return status;
}

const struct codec_operations vp9_encoder_operations = {.run = run_encoder, .free = free_encoder};
