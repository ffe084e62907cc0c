/*
 * H.264 encoding with openh264: constrained baseline and main, 1 to 4 temporal layers (ITU-T H.264; RFC 6184 for what the
 * limits are for).
 *
 * What will surprise you, all seen with openh264 2.3.1:
 * - For screen content the library insists on its scene change detection (and refuses denoising, adaptive quantisation and
 *   background detection, which are off here in any case): a base layer picture that has little in common with the one before
 *   becomes a key frame that nobody asked for. What moves as a whole gives one key frame after the other.
 * - A change of content in mid-stream is refused by the library, and more temporal layers than before leave it with a rate
 *   control that was never prepared for them (pictures of 138 kB, which no decoder reads). Those, and another size, get a
 *   fresh encoder, which begins with a key frame; fewer layers need none.
 */
#include "openh264.h"
#include "rate_clock.h"

#include <stdlib.h>
#include <string.h>
#include <wels/codec_api.h>

#define MAX_TEMPORAL_LAYERS 4

struct h264_encoder {
  ISVCEncoder *codec;
  /* What it runs with. */
  struct shim_settings settings;
  struct rate_clock clock;
  /* What rate control shares the bits among: the measured rate, at most the configured one. */
  int32_t applied_millihertz;
  struct h264_headers headers;
  bool key_frame_owed;
  /* Counts coded pictures; when each temporal layer had its latest. */
  int64_t pictures;
  int64_t latest[MAX_TEMPORAL_LAYERS];
};

bool h264_encoder_accepts(const struct shim_settings *settings) {
  return settings->speed == SHIM_DEFAULT || (settings->speed >= LOW_COMPLEXITY && settings->speed <= HIGH_COMPLEXITY);
}

static void fill_parameters(const struct shim_settings *config, SEncParamExt *parameters) {
  bool main_profile = config->profile == 1;
  bool screen = config->screen_content != 0;
  parameters->iUsageType = screen ? SCREEN_CONTENT_REAL_TIME : CAMERA_VIDEO_REAL_TIME;
  parameters->iPicWidth = config->width;
  parameters->iPicHeight = config->height;
  parameters->iTargetBitrate = config->target_bps;
  parameters->iMaxBitrate = UNSPECIFIED_BIT_RATE;
  parameters->iRCMode = RC_BITRATE_MODE;
  parameters->fMaxFrameRate = (float)config->max_frame_rate_millihertz / 1000.0f;
  parameters->bEnableFrameSkip = true;
  parameters->iComplexityMode = config->speed == SHIM_DEFAULT ? LOW_COMPLEXITY : (ECOMPLEXITY_MODE)config->speed;
  parameters->iTemporalLayerNum = config->temporal_layers;
  parameters->iSpatialLayerNum = 1;
  /* IDRs only on request: RTCP asks for them. */
  parameters->uiIntraPeriod = 0;
  /* As many as the base layer's distance needs: 1, 1, 2, 4 for 1 to 4 layers. */
  parameters->iNumRefFrame = config->temporal_layers < 3 ? 1 : 1 << (config->temporal_layers - 2);
  parameters->eSpsPpsIdStrategy = CONSTANT_ID;
  parameters->bEnableLongTermReference = false;
  parameters->iEntropyCodingModeFlag = main_profile ? 1 : 0;
  parameters->iMultipleThreadIdc = (unsigned short)config->threads;
  /* Together these took a seventh more time for the same bitrate; a scene change only brings key frames unasked. */
  parameters->bEnableDenoise = false;
  parameters->bEnableBackgroundDetection = false;
  parameters->bEnableAdaptiveQuant = false;
  parameters->bEnableSceneChangeDetect = screen;
  parameters->iLoopFilterDisableIdc = 0;
  parameters->bEnableFrameCroppingFlag = true;

  SSpatialLayerConfig *layer = &parameters->sSpatialLayers[0];
  layer->iVideoWidth = config->width;
  layer->iVideoHeight = config->height;
  layer->fFrameRate = parameters->fMaxFrameRate;
  layer->iSpatialBitrate = config->target_bps;
  layer->iMaxSpatialBitrate = UNSPECIFIED_BIT_RATE;
  layer->uiProfileIdc = main_profile ? PRO_MAIN : PRO_BASELINE;
  layer->uiLevelIdc = LEVEL_UNKNOWN;
  if (config->max_nal_bytes > 0) {
    parameters->uiMaxNalSize = (unsigned)config->max_nal_bytes;
    layer->sSliceArgument.uiSliceMode = SM_SIZELIMITED_SLICE;
    layer->sSliceArgument.uiSliceSizeConstraint = (unsigned)config->max_nal_bytes;
  } else if (config->threads > 1) {
    layer->sSliceArgument.uiSliceMode = SM_FIXEDSLCNUM_SLICE;
    layer->sSliceArgument.uiSliceNum = (unsigned)config->threads;
  } else {
    layer->sSliceArgument.uiSliceMode = SM_SINGLE_SLICE;
  }
}

static int32_t open_encoder(struct h264_encoder *encoder, struct job *job) {
  if (WelsCreateSVCEncoder(&encoder->codec) != 0) {
    encoder->codec = NULL;
    return SHIM_E_LIBRARY;
  }
  int quiet = WELS_LOG_QUIET;
  (*encoder->codec)->SetOption(encoder->codec, ENCODER_OPTION_TRACE_LEVEL, &quiet);
  SEncParamExt parameters;
  (*encoder->codec)->GetDefaultParams(encoder->codec, &parameters);
  encoder->settings = job->settings;
  fill_parameters(&encoder->settings, &parameters);
  int error = (*encoder->codec)->InitializeExt(encoder->codec, &parameters);
  if (error != cmResultSuccess) {
    job->detail = error;
    WelsDestroySVCEncoder(encoder->codec);
    encoder->codec = NULL;
    return SHIM_E_LIBRARY;
  }
  encoder->applied_millihertz = encoder->settings.max_frame_rate_millihertz;
  encoder->pictures = 0;
  memset(encoder->latest, 0, sizeof encoder->latest);
  return SHIM_OK;
}

static void free_library_encoder(struct h264_encoder *encoder) {
  if (encoder->codec == NULL) return;
  (*encoder->codec)->Uninitialize(encoder->codec);
  WelsDestroySVCEncoder(encoder->codec);
  encoder->codec = NULL;
}

static void free_encoder(struct context *context) {
  struct h264_encoder *encoder = context->state;
  if (encoder == NULL) return;
  free_library_encoder(encoder);
  free(encoder);
  context->state = NULL;
}

static void apply_frame_rate(struct h264_encoder *encoder, int32_t millihertz) {
  encoder->applied_millihertz = millihertz;
  float frame_rate = (float)millihertz / 1000.0f;
  (*encoder->codec)->SetOption(encoder->codec, ENCODER_OPTION_FRAME_RATE, &frame_rate);
}

/*
 * The library gives every picture bitrate / frame rate, whatever the timestamps say: half of the pictures would get half
 * of the bits. So the rate that really comes is counted, and followed where it is off by more than a tenth.
 */
static void follow_frame_rate(struct h264_encoder *encoder) {
  int32_t measured = rate_clock_measured_millihertz(&encoder->clock);
  if (measured == 0) return;
  int32_t wanted = encoder->settings.max_frame_rate_millihertz;
  if (measured < wanted) wanted = measured < 1000 ? 1000 : measured;
  int32_t difference = wanted - encoder->applied_millihertz;
  if (difference < 0) difference = -difference;
  if (difference > encoder->applied_millihertz / 10) apply_frame_rate(encoder, wanted);
}

static void apply_rates(struct h264_encoder *encoder, const struct shim_settings *wanted) {
  struct shim_settings *running = &encoder->settings;
  if (running->target_bps == wanted->target_bps &&
      running->max_frame_rate_millihertz == wanted->max_frame_rate_millihertz) {
    return;
  }
  *running = *wanted;
  SBitrateInfo bitrate = {.iLayer = SPATIAL_LAYER_ALL, .iBitrate = encoder->settings.target_bps};
  (*encoder->codec)->SetOption(encoder->codec, ENCODER_OPTION_BITRATE, &bitrate);
  if (encoder->settings.max_frame_rate_millihertz < encoder->applied_millihertz) {
    apply_frame_rate(encoder, encoder->settings.max_frame_rate_millihertz);
  }
}

static bool needs_reopening(const struct shim_settings *running, const struct shim_settings *wanted) {
  return running->width != wanted->width || running->height != wanted->height ||
         running->screen_content != wanted->screen_content || running->temporal_layers < wanted->temporal_layers;
}

/* Fewer temporal layers: no key frame comes. Rates are set with them. */
static int32_t apply_fewer_layers(struct h264_encoder *encoder, struct job *job) {
  SEncParamExt parameters;
  (*encoder->codec)->GetDefaultParams(encoder->codec, &parameters);
  fill_parameters(&job->settings, &parameters);
  int error = (*encoder->codec)->SetOption(encoder->codec, ENCODER_OPTION_SVC_ENCODE_PARAM_EXT, &parameters);
  if (error != cmResultSuccess) {
    job->detail = error;
    return SHIM_E_LIBRARY;
  }
  encoder->settings = job->settings;
  encoder->applied_millihertz = job->settings.max_frame_rate_millihertz;
  return SHIM_OK;
}

/* Has the library run with what the job wants. */
static int32_t prepare(struct h264_encoder *encoder, struct job *job) {
  if (encoder->codec != NULL && needs_reopening(&encoder->settings, &job->settings)) free_library_encoder(encoder);
  if (encoder->codec == NULL) return open_encoder(encoder, job);
  if (encoder->settings.temporal_layers > job->settings.temporal_layers) return apply_fewer_layers(encoder, job);
  apply_rates(encoder, &job->settings);
  return SHIM_OK;
}

/*
 * The library predicts from the latest picture of the same or a lower layer (a picture of its highest layer predicts nothing),
 * so one may be joined at where that was of a lower layer.
 */
static void report_layer(struct h264_encoder *encoder, int32_t layer, struct job *job) {
  if (layer < 0 || layer >= MAX_TEMPORAL_LAYERS) return;
  job->temporal_layer = layer;
  bool sync = false;
  for (int32_t lower = 0; lower < layer; lower++) sync |= encoder->latest[lower] > encoder->latest[layer];
  if (sync) job->out_flags |= SHIM_LAYER_SYNC;
  encoder->latest[layer] = ++encoder->pictures;
}

static int32_t collect_access_unit(struct context *context, struct h264_encoder *encoder, const SFrameBSInfo *info,
                                   struct job *job) {
  if (info->eFrameType == videoFrameTypeSkip || info->eFrameType == videoFrameTypeInvalid) return SHIM_OK;
  size_t size = 0;
  for (int i = 0; i < info->iLayerNum; i++) {
    for (int j = 0; j < info->sLayerInfo[i].iNalCount; j++) size += (size_t)info->sLayerInfo[i].pNalLengthInByte[j];
  }
  if (size == 0) return SHIM_OK;
  struct block *block = block_take(context->engine, size);
  if (block == NULL) return SHIM_E_MEMORY;
  size_t at = 0;
  for (int i = 0; i < info->iLayerNum; i++) {
    size_t layer_size = 0;
    for (int j = 0; j < info->sLayerInfo[i].iNalCount; j++) layer_size += (size_t)info->sLayerInfo[i].pNalLengthInByte[j];
    memcpy(block->data + at, info->sLayerInfo[i].pBsBuf, layer_size);
    at += layer_size;
  }
  job->out_bytes = block;
  job->out_size = size;
  if (info->eFrameType == videoFrameTypeIDR) job->out_flags |= SHIM_KEY_FRAME;
  report_layer(encoder, info->sLayerInfo[info->iLayerNum - 1].uiTemporalId, job);
  /* The library's own statistics say 0 in this mode. */
  job->quantiser = h264_slice_qp(&encoder->headers, block->data, size);
  return SHIM_OK;
}

/* The library's C header lacks the last parameter, which its C++ declaration, and so the function itself, has. */
static void force_idr(ISVCEncoder *codec) {
  typedef int (*force_intra_frame)(ISVCEncoder *, bool, int);
  force_intra_frame force = (force_intra_frame)(void (*)(void))(*codec)->ForceIntraFrame;
  force(codec, true, -1);
}

static int32_t run_encoder(struct context *context, struct job *job) {
  struct h264_encoder *encoder = context->state;
  if (encoder == NULL) {
    encoder = calloc(1, sizeof *encoder);
    if (encoder == NULL) return SHIM_E_MEMORY;
    context->state = encoder;
  }
  int32_t status = prepare(encoder, job);
  if (status != SHIM_OK) return status;

  const struct frame *frame = job->in_frame;
  if ((job->flags & SHIM_FORCE_KEY_FRAME) != 0) encoder->key_frame_owed = true;
  if (encoder->key_frame_owed) force_idr(encoder->codec);
  int64_t now_rtp90k = rate_clock_advance(&encoder->clock, frame->timestamp_rtp90k);
  follow_frame_rate(encoder);
  SSourcePicture picture = {
      .iColorFormat = videoFormatI420,
      .iStride = {frame->stride_y, frame->stride_uv, frame->stride_uv},
      .pData = {frame->y, frame->u, frame->v},
      .iPicWidth = frame->width,
      .iPicHeight = frame->height,
      .uiTimeStamp = now_rtp90k / 90,
  };
  SFrameBSInfo info;
  memset(&info, 0, sizeof info);
  int error = (*encoder->codec)->EncodeFrame(encoder->codec, &picture, &info);
  if (error != cmResultSuccess) {
    job->detail = error;
    return SHIM_E_LIBRARY;
  }
  status = collect_access_unit(context, encoder, &info, job);
  /* A skipped picture does not pay the debt. */
  if ((job->out_flags & SHIM_KEY_FRAME) != 0) encoder->key_frame_owed = false;
  return status;
}

const struct codec_operations h264_encoder_operations = {.run = run_encoder, .free = free_encoder};
