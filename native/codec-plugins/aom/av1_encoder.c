/*
 * AV1 encoding with libaom in its real-time mode (AV1 Bitstream & Decoding Process Specification).
 *
 * What will surprise you: with temporal layers the references are chosen here. A picture of a higher layer is predicted from lower
 * layers only, so one can go up at each of them. Another size and another number of layers get a fresh encoder, which begins with a
 * key frame; content, bitrate and frame rate change in place.
 */
#include "aom_plugin.h"
#include "key_frame_size.h"
#include "picture_clock.h"

#include <aom/aom_encoder.h>
#include <aom/aomcx.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TEMPORAL_LAYERS 3
#define LEAST_SPEED 5
#define MOST_SPEED 10
/*
 * On a camera clip, 1.5 Mbit/s at 1280x720 and 0.5 at 640x360: 7 took a quarter more processor time for 0.03 dB or less; 9 saved a tenth
 * and lost 0.1 dB (720p) and 0.5 dB (360p); 10 saved a fifth and lost 0.4 and 0.6 dB.
 */
#define DEFAULT_SPEED 8
#define LEAST_DIMENSION 16
/* What may be sent in advance. */
#define BUFFER_MS 600
/* Of screen content, what was sent too much is paid over this long, by this much less at the most; smaller changes wait. */
#define PAYMENT_MS 3000
#define MOST_LESS_PERCENT 40
#define RATE_STEP_PERCENT 4
#define OBU_TEMPORAL_DELIMITER 2
/* From LAST to ALTREF. */
#define REFERENCES 7

struct av1_encoder {
  aom_codec_ctx_t codec;
  bool open;
  aom_codec_enc_cfg_t config;
  /* What it runs with. */
  struct shim_settings settings;
  struct picture_clock clock;
  /* Where in the layers' pattern the next picture is. */
  int32_t position;
  bool key_frame_owed;
  /* What was sent beyond the target; below 0: what was saved. */
  int64_t debt_bits;
};

/* One picture of the pattern: its layer, the buffer that it is predicted from, and that it replaces; -1: none. */
struct step {
  int8_t layer;
  int8_t from;
  int8_t to;
};
static const struct step two_layers[] = {{0, 0, 0}, {1, 0, -1}};
static const struct step three_layers[] = {{0, 0, 0}, {2, 0, -1}, {1, 0, 1}, {2, 1, -1}};

bool av1_encoder_accepts(const struct shim_settings *settings) {
  if (settings->width < LEAST_DIMENSION || settings->height < LEAST_DIMENSION) return false;
  return settings->speed == SHIM_DEFAULT || (settings->speed >= LEAST_SPEED && settings->speed <= MOST_SPEED);
}

/* Text that scrolls needs the coarsest at low rates: the alternative is to skip more of it. */
static unsigned largest_quantizer(const struct shim_settings *settings) { return settings->screen_content != 0 ? 63 : 58; }

static void count_bits(struct av1_encoder *encoder, unsigned long duration_rtp90k, size_t bytes) {
  int64_t most_saved = (int64_t)encoder->settings.target_bps * BUFFER_MS / 1000;
  encoder->debt_bits += (int64_t)bytes * 8 - (int64_t)encoder->settings.target_bps * (int64_t)duration_rtp90k / 90000;
  if (encoder->debt_bits < -most_saved) encoder->debt_bits = -most_saved;
}

static aom_codec_err_t apply_layers(struct av1_encoder *encoder) {
  const struct shim_settings *settings = &encoder->settings;
  if (settings->temporal_layers == 1) return AOM_CODEC_OK;
  /* What all layers up to this one take together, in percent. */
  static const int shares[MAX_TEMPORAL_LAYERS + 1][MAX_TEMPORAL_LAYERS] = {{0}, {100}, {60, 100}, {50, 70, 100}};
  aom_svc_params_t layers;
  memset(&layers, 0, sizeof layers);
  layers.number_spatial_layers = 1;
  layers.number_temporal_layers = settings->temporal_layers;
  layers.scaling_factor_num[0] = 1;
  layers.scaling_factor_den[0] = 1;
  for (int i = 0; i < settings->temporal_layers; i++) {
    layers.max_quantizers[i] = (int)encoder->config.rc_max_quantizer;
    layers.min_quantizers[i] = (int)encoder->config.rc_min_quantizer;
    layers.layer_target_bitrate[i] = (int)kbps(settings->target_bps) * shares[settings->temporal_layers][i] / 100;
    layers.framerate_factor[i] = 1 << (settings->temporal_layers - 1 - i);
  }
  return aom_codec_control(&encoder->codec, AV1E_SET_SVC_PARAMS, &layers);
}

static aom_codec_err_t apply_rate(struct av1_encoder *encoder, unsigned rate_kbps) {
  encoder->config.rc_target_bitrate = rate_kbps;
  aom_codec_err_t error = aom_codec_enc_config_set(&encoder->codec, &encoder->config);
  return error == AOM_CODEC_OK ? apply_layers(encoder) : error;
}

/*
 * Of screen content the library forgets what it has sent too much, so that text which scrolls took a fifth more than its target for as long as
 * one looked (1024x768, 708 kbit/s). So it is counted here as well, and the library is told of less until that is paid. (To skip whole pictures
 * instead met the target too, with 10 pictures of 30 a second.)
 */
static void pay_debt(struct av1_encoder *encoder) {
  if (encoder->settings.screen_content == 0) return;
  int64_t target_bps = encoder->settings.target_bps;
  int64_t less_bps = encoder->debt_bits * 1000 / PAYMENT_MS;
  if (less_bps < 0) less_bps = 0;
  if (less_bps > target_bps * MOST_LESS_PERCENT / 100) less_bps = target_bps * MOST_LESS_PERCENT / 100;
  int64_t wanted = kbps((int32_t)(target_bps - less_bps));
  int64_t difference = wanted - (int64_t)encoder->config.rc_target_bitrate;
  if (difference < 0) difference = -difference;
  if (difference * 100 > (int64_t)encoder->config.rc_target_bitrate * RATE_STEP_PERCENT) apply_rate(encoder, (unsigned)wanted);
}

static void apply_key_frame_size(struct av1_encoder *encoder) {
  unsigned percent =
      max_intra_percent(encoder->config.rc_buf_optimal_sz, encoder->settings.max_frame_rate_millihertz);
  aom_codec_control(&encoder->codec, AOME_SET_MAX_INTRA_BITRATE_PCT, percent);
}

static void apply_content(struct av1_encoder *encoder) {
  bool screen = encoder->settings.screen_content != 0;
  aom_codec_control(&encoder->codec, AV1E_SET_TUNE_CONTENT, screen ? AOM_CONTENT_SCREEN : AOM_CONTENT_DEFAULT);
  aom_codec_control(&encoder->codec, AV1E_SET_ENABLE_PALETTE, screen ? 1 : 0);
}

static void set_tools(struct av1_encoder *encoder) {
  aom_codec_ctx_t *codec = &encoder->codec;
  int32_t speed = encoder->settings.speed;
  aom_codec_control(codec, AOME_SET_CPUUSED, speed == SHIM_DEFAULT ? DEFAULT_SPEED : speed);
  aom_codec_control(codec, AV1E_SET_AQ_MODE, 3);
  aom_codec_control(codec, AV1E_SET_COEFF_COST_UPD_FREQ, 3);
  aom_codec_control(codec, AV1E_SET_MODE_COST_UPD_FREQ, 3);
  aom_codec_control(codec, AV1E_SET_MV_COST_UPD_FREQ, 3);
  /* For pictures out of order, and searches that real-time speeds have no time for. */
  aom_codec_control(codec, AV1E_SET_ENABLE_ORDER_HINT, 0);
  aom_codec_control(codec, AV1E_SET_ENABLE_TPL_MODEL, 0);
  aom_codec_control(codec, AV1E_SET_DELTAQ_MODE, 0);
  aom_codec_control(codec, AV1E_SET_ENABLE_OBMC, 0);
  aom_codec_control(codec, AV1E_SET_ENABLE_WARPED_MOTION, 0);
  aom_codec_control(codec, AV1E_SET_ENABLE_GLOBAL_MOTION, 0);
  aom_codec_control(codec, AV1E_SET_ENABLE_REF_FRAME_MVS, 0);
  aom_codec_control(codec, AV1E_SET_ENABLE_CDEF, 1);
  if (encoder->settings.threads > 1) {
    aom_codec_control(codec, AV1E_SET_ROW_MT, 1);
    int32_t columns_log2 = encoder->settings.threads >= 4 ? 2 : 1;
    aom_codec_control(codec, AV1E_SET_TILE_COLUMNS, columns_log2);
  }
  apply_content(encoder);
  apply_key_frame_size(encoder);
}

static int32_t open_encoder(struct av1_encoder *encoder, struct job *job) {
  const struct shim_settings *settings = &job->settings;
  aom_codec_enc_cfg_t *config = &encoder->config;
  aom_codec_err_t error = aom_codec_enc_config_default(aom_codec_av1_cx(), config, AOM_USAGE_REALTIME);
  if (error == AOM_CODEC_OK) {
    encoder->settings = *settings;
    config->g_w = (unsigned)settings->width;
    config->g_h = (unsigned)settings->height;
    config->g_timebase.num = 1;
    config->g_timebase.den = 90000;
    config->g_threads = (unsigned)settings->threads;
    config->g_error_resilient = settings->error_resilient != 0 ? AOM_ERROR_RESILIENT_DEFAULT : 0;
    config->g_pass = AOM_RC_ONE_PASS;
    config->g_lag_in_frames = 0;
    config->rc_end_usage = AOM_CBR;
    config->rc_target_bitrate = kbps(settings->target_bps);
    config->rc_dropframe_thresh = 25;
    config->rc_min_quantizer = 2;
    config->rc_max_quantizer = largest_quantizer(settings);
    config->rc_undershoot_pct = 50;
    config->rc_overshoot_pct = 50;
    config->rc_buf_initial_sz = BUFFER_MS;
    config->rc_buf_optimal_sz = BUFFER_MS;
    config->rc_buf_sz = 1000;
    /* Key frames only on request: RTCP asks for them. */
    config->kf_mode = AOM_KF_DISABLED;
    error = aom_codec_enc_init(&encoder->codec, aom_codec_av1_cx(), config, 0);
    encoder->open = error == AOM_CODEC_OK;
  }
  if (encoder->open) {
    set_tools(encoder);
    error = apply_layers(encoder);
  }
  job->detail = error;
  encoder->position = 0;
  encoder->debt_bits = 0;
  encoder->clock.next_pts = 0;
  return error == AOM_CODEC_OK ? SHIM_OK : SHIM_E_LIBRARY;
}

static void free_library_encoder(struct av1_encoder *encoder) {
  if (encoder->open) aom_codec_destroy(&encoder->codec);
  encoder->open = false;
}

static void free_encoder(struct context *context) {
  struct av1_encoder *encoder = context->state;
  if (encoder == NULL) return;
  free_library_encoder(encoder);
  free(encoder);
  context->state = NULL;
}

static int32_t apply_changes(struct av1_encoder *encoder, struct job *job) {
  const struct shim_settings *wanted = &job->settings;
  bool other_content = encoder->settings.screen_content != wanted->screen_content;
  bool other_rate = encoder->settings.target_bps != wanted->target_bps;
  bool other_frame_rate = encoder->settings.max_frame_rate_millihertz != wanted->max_frame_rate_millihertz;
  encoder->settings = *wanted;
  if (other_content) {
    apply_content(encoder);
    encoder->config.rc_max_quantizer = largest_quantizer(wanted);
  }
  if (other_frame_rate) apply_key_frame_size(encoder);
  if (!other_rate && !other_content) return SHIM_OK;
  aom_codec_err_t error = apply_rate(encoder, kbps(wanted->target_bps));
  job->detail = error;
  return error == AOM_CODEC_OK ? SHIM_OK : SHIM_E_LIBRARY;
}

/* Has the library run with what the job wants. */
static int32_t prepare(struct av1_encoder *encoder, struct job *job) {
  const struct shim_settings *running = &encoder->settings;
  const struct shim_settings *wanted = &job->settings;
  if (encoder->open && (running->width != wanted->width || running->height != wanted->height ||
                        running->temporal_layers != wanted->temporal_layers)) {
    free_library_encoder(encoder);
  }
  if (encoder->open) return apply_changes(encoder, job);
  int32_t status = open_encoder(encoder, job);
  if (status != SHIM_OK) free_library_encoder(encoder);
  return status;
}

/* Tells the library the next picture's place among the layers. */
static aom_codec_err_t place_picture(struct av1_encoder *encoder, bool key_frame, struct job *job) {
  if (encoder->settings.temporal_layers == 1) return AOM_CODEC_OK;
  if (key_frame) encoder->position = 0;
  const struct step *step = encoder->settings.temporal_layers == 2 ? &two_layers[encoder->position % 2]
                                                                   : &three_layers[encoder->position % 4];
  encoder->position++;
  aom_svc_layer_id_t id = {.spatial_layer_id = 0, .temporal_layer_id = step->layer};
  aom_svc_ref_frame_config_t references;
  memset(&references, 0, sizeof references);
  /*
   * Only the first reference is used, but each needs a buffer of its own: where all seven named the same one, the library took the upper
   * layers' pictures for two to three times the bits (a mean of 231 of 255 for their quantiser), and then skipped a fifth of them.
   */
  references.reference[0] = 1;
  for (int i = 0; i < REFERENCES; i++) references.ref_idx[i] = i;
  references.ref_idx[0] = step->from;
  references.ref_idx[step->from] = 0;
  if (step->to >= 0) references.refresh[step->to] = 1;
  job->temporal_layer = step->layer;
  if (step->layer > 0) job->out_flags |= SHIM_LAYER_SYNC;
  aom_codec_err_t error = aom_codec_control(&encoder->codec, AV1E_SET_SVC_LAYER_ID, &id);
  if (error != AOM_CODEC_OK) return error;
  return aom_codec_control(&encoder->codec, AV1E_SET_SVC_REF_FRAME_CONFIG, &references);
}

static int32_t collect_packet(struct context *context, struct av1_encoder *encoder, struct job *job) {
  aom_codec_iter_t iterator = NULL;
  const aom_codec_cx_pkt_t *packet;
  while ((packet = aom_codec_get_cx_data(&encoder->codec, &iterator)) != NULL) {
    if (packet->kind != AOM_CODEC_CX_FRAME_PKT || packet->data.frame.sz == 0) continue;
    const uint8_t *bytes = packet->data.frame.buf;
    size_t size = packet->data.frame.sz;
    /* The delimiter is a header and a size of 0 (sections 5.3.2 and 5.6); RTP carries none. */
    if (size > 2 && (bytes[0] >> 3 & 15) == OBU_TEMPORAL_DELIMITER && bytes[1] == 0) {
      bytes += 2;
      size -= 2;
    }
    struct block *block = block_take(context->engine, size);
    if (block == NULL) return SHIM_E_MEMORY;
    memcpy(block->data, bytes, size);
    job->out_bytes = block;
    job->out_size = size;
    if ((packet->data.frame.flags & AOM_FRAME_IS_KEY) != 0) job->out_flags |= SHIM_KEY_FRAME;
    int quantiser = 0;
    aom_codec_control(&encoder->codec, AOME_GET_LAST_QUANTIZER, &quantiser);
    job->quantiser = quantiser;
    /* Without pictures out of order one picture in is one packet out, at most. */
    break;
  }
  return SHIM_OK;
}

static int32_t run_encoder(struct context *context, struct job *job) {
  struct av1_encoder *encoder = context->state;
  if (encoder == NULL) {
    encoder = calloc(1, sizeof *encoder);
    if (encoder == NULL) return SHIM_E_MEMORY;
    context->state = encoder;
  }
  bool fresh = !encoder->open;
  int32_t status = prepare(encoder, job);
  if (status != SHIM_OK) return status;

  const struct frame *frame = job->in_frame;
  aom_image_t image;
  if (aom_img_wrap(&image, AOM_IMG_FMT_I420, (unsigned)frame->width, (unsigned)frame->height, 1, frame->y) == NULL) {
    return SHIM_E_PARAMETER;
  }
  image.planes[AOM_PLANE_Y] = frame->y;
  image.planes[AOM_PLANE_U] = frame->u;
  image.planes[AOM_PLANE_V] = frame->v;
  image.stride[AOM_PLANE_Y] = frame->stride_y;
  image.stride[AOM_PLANE_U] = frame->stride_uv;
  image.stride[AOM_PLANE_V] = frame->stride_uv;

  if (fresh || (job->flags & SHIM_FORCE_KEY_FRAME) != 0) encoder->key_frame_owed = true;
  unsigned long duration =
      picture_length(&encoder->clock, frame->timestamp_rtp90k, encoder->settings.max_frame_rate_millihertz);
  aom_codec_err_t error = place_picture(encoder, encoder->key_frame_owed, job);
  if (error == AOM_CODEC_OK) {
    aom_enc_frame_flags_t flags = encoder->key_frame_owed ? AOM_EFLAG_FORCE_KF : 0;
    error = aom_codec_encode(&encoder->codec, &image, encoder->clock.next_pts, duration, flags);
  }
  encoder->clock.next_pts += (int64_t)duration;
  if (error != AOM_CODEC_OK) {
    job->detail = error;
    return SHIM_E_LIBRARY;
  }
  status = collect_packet(context, encoder, job);
  count_bits(encoder, duration, job->out_size);
  pay_debt(encoder);
  /* A skipped picture does not pay the debt. */
  if ((job->out_flags & SHIM_KEY_FRAME) != 0) encoder->key_frame_owed = false;
  return status;
}

const struct codec_operations av1_encoder_operations = {.run = run_encoder, .free = free_encoder};
