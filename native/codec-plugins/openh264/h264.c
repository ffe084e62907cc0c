/*
 * H.264 constrained baseline with openh264 (ITU-T H.264; RFC 6184 for what the limits are for).
 *
 * What will surprise you: profiles that may reorder pictures (main, high) come out two pictures late, and with their own
 * timestamps, not those of the access unit that was put in. Constrained baseline comes out at once.
 */
#include "openh264.h"
#include "rate_clock.h"

#include <stdlib.h>
#include <string.h>
#include <wels/codec_api.h>

struct h264_encoder {
  ISVCEncoder *codec;
  /* What it runs with. */
  struct shim_settings settings;
  struct rate_clock clock;
  /* What rate control shares the bits among: the measured rate, at most the configured one. */
  int32_t applied_millihertz;
  struct h264_headers headers;
  bool key_frame_owed;
};

static void fill_parameters(const struct shim_settings *config, SEncParamExt *parameters) {
  parameters->iUsageType = CAMERA_VIDEO_REAL_TIME;
  parameters->iPicWidth = config->width;
  parameters->iPicHeight = config->height;
  parameters->iTargetBitrate = config->target_bps;
  parameters->iMaxBitrate = UNSPECIFIED_BIT_RATE;
  parameters->iRCMode = RC_BITRATE_MODE;
  parameters->fMaxFrameRate = (float)config->max_frame_rate_millihertz / 1000.0f;
  parameters->bEnableFrameSkip = true;
  parameters->iComplexityMode = LOW_COMPLEXITY;
  parameters->iTemporalLayerNum = 1;
  parameters->iSpatialLayerNum = 1;
  /* IDRs only on request: RTCP asks for them. */
  parameters->uiIntraPeriod = 0;
  parameters->iNumRefFrame = 1;
  parameters->eSpsPpsIdStrategy = CONSTANT_ID;
  parameters->bEnableLongTermReference = false;
  parameters->iEntropyCodingModeFlag = 0;
  parameters->iMultipleThreadIdc = (unsigned short)config->threads;
  /* Together these took a seventh more time for the same bitrate; a scene change would only bring key frames unasked. */
  parameters->bEnableDenoise = false;
  parameters->bEnableBackgroundDetection = false;
  parameters->bEnableAdaptiveQuant = false;
  parameters->bEnableSceneChangeDetect = false;
  parameters->iLoopFilterDisableIdc = 0;
  parameters->bEnableFrameCroppingFlag = true;

  SSpatialLayerConfig *layer = &parameters->sSpatialLayers[0];
  layer->iVideoWidth = config->width;
  layer->iVideoHeight = config->height;
  layer->fFrameRate = parameters->fMaxFrameRate;
  layer->iSpatialBitrate = config->target_bps;
  layer->iMaxSpatialBitrate = UNSPECIFIED_BIT_RATE;
  layer->uiProfileIdc = PRO_BASELINE;
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
  if (WelsCreateSVCEncoder(&encoder->codec) != 0) return SHIM_E_LIBRARY;
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
    return SHIM_E_LIBRARY;
  }
  encoder->applied_millihertz = encoder->settings.max_frame_rate_millihertz;
  return SHIM_OK;
}

static void free_encoder(struct context *context) {
  struct h264_encoder *encoder = context->state;
  if (encoder == NULL) return;
  (*encoder->codec)->Uninitialize(encoder->codec);
  WelsDestroySVCEncoder(encoder->codec);
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
    int32_t status = open_encoder(encoder, job);
    if (status != SHIM_OK) {
      free(encoder);
      return status;
    }
    context->state = encoder;
  }
  apply_rates(encoder, &job->settings);

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
  int32_t status = collect_access_unit(context, encoder, &info, job);
  /* A skipped picture does not pay the debt. */
  if ((job->out_flags & SHIM_KEY_FRAME) != 0) encoder->key_frame_owed = false;
  return status;
}

struct h264_decoder {
  ISVCDecoder *codec;
  /* Something was wrong since the last intact key frame. */
  bool damaged;
};

static void free_library_decoder(struct h264_decoder *decoder) {
  if (decoder->codec == NULL) return;
  (*decoder->codec)->Uninitialize(decoder->codec);
  WelsDestroyDecoder(decoder->codec);
  decoder->codec = NULL;
}

static void free_decoder(struct context *context) {
  struct h264_decoder *decoder = context->state;
  if (decoder == NULL) return;
  free_library_decoder(decoder);
  free(decoder);
  context->state = NULL;
}

static int32_t open_library_decoder(struct h264_decoder *decoder) {
  if (WelsCreateDecoder(&decoder->codec) != 0) {
    decoder->codec = NULL;
    return SHIM_E_LIBRARY;
  }
  int quiet = WELS_LOG_QUIET;
  (*decoder->codec)->SetOption(decoder->codec, DECODER_OPTION_TRACE_LEVEL, &quiet);
  /*
   * Concealing keeps a picture on the screen while the key frame comes. The library then reports dsDataErrorConcealed for
   * every picture from the damage on (a missing one included, by its frame_num) to the next intact IDR.
   */
  SDecodingParam parameters = {
      .uiTargetDqLayer = 0xff,
      .eEcActiveIdc = ERROR_CON_SLICE_COPY,
      .sVideoProperty = {.size = sizeof(SVideoProperty), .eVideoBsType = VIDEO_BITSTREAM_AVC},
  };
  if ((*decoder->codec)->Initialize(decoder->codec, &parameters) != cmResultSuccess) {
    free_library_decoder(decoder);
    return SHIM_E_LIBRARY;
  }
  return SHIM_OK;
}

struct nal_types {
  bool slice;
  bool idr;
  bool sps;
  bool pps;
};

static struct nal_types find_nal_types(const uint8_t *data, size_t size) {
  struct nal_types types = {false, false, false, false};
  for (size_t i = 0; i + 3 < size; i++) {
    /* A start code cannot lie across a byte above 1: go on behind it. */
    if (data[i + 2] > 1) {
      i += 2;
      continue;
    }
    if (data[i] != 0 || data[i + 1] != 0 || data[i + 2] != 1) continue;
    uint32_t type = data[i + 3] & 31;
    types.slice |= type == 1 || type == 5;
    types.idr |= type == 5;
    types.sps |= type == 7;
    types.pps |= type == 8;
    i += 2;
  }
  return types;
}

/* An access unit with slices that ends without a picture is incomplete, unless the profile may reorder pictures. */
static bool is_incomplete(const struct h264_decoder *decoder, struct nal_types types, const SBufferInfo *info) {
  if (!types.slice || info->iBufferStatus == 1) return false;
  int profile = 0;
  (*decoder->codec)->GetOption(decoder->codec, DECODER_OPTION_PROFILE, &profile);
  return profile == PRO_BASELINE;
}

static int32_t run_decoder(struct context *context, struct job *job) {
  struct h264_decoder *decoder = context->state;
  if (decoder == NULL) {
    decoder = calloc(1, sizeof *decoder);
    if (decoder == NULL) return SHIM_E_MEMORY;
    context->state = decoder;
  }
  struct nal_types types = find_nal_types(job->in_bytes->data, job->in_size);
  /*
   * After damage the library may still hold a part of a picture, and would hand that out in place of the key frame. A key
   * frame that brings its parameter sets needs nothing from before: it gets a fresh decoder.
   */
  if (decoder->damaged && types.idr && types.sps && types.pps) free_library_decoder(decoder);
  if (decoder->codec == NULL) {
    int32_t status = open_library_decoder(decoder);
    if (status != SHIM_OK) return status;
    decoder->damaged = false;
  }
  uint8_t *planes[3] = {NULL, NULL, NULL};
  SBufferInfo info;
  memset(&info, 0, sizeof info);
  info.uiInBsTimeStamp = (unsigned long long)job->timestamp_rtp90k;
  DECODING_STATE state =
      (*decoder->codec)->DecodeFrameNoDelay(decoder->codec, job->in_bytes->data, (int)job->in_size, planes, &info);
  job->detail = (int32_t)state;
  if (state != dsErrorFree || is_incomplete(decoder, types, &info)) {
    decoder->damaged = true;
    job->out_flags |= SHIM_CORRUPT;
  }
  if (info.iBufferStatus != 1) return state == dsErrorFree ? SHIM_OK : SHIM_E_BITSTREAM;
  const SSysMEMBuffer *buffer = &info.UsrData.sSystemBuffer;
  if (planes[0] == NULL || planes[1] == NULL || planes[2] == NULL || buffer->iWidth < 1 || buffer->iHeight < 1) {
    return SHIM_E_BITSTREAM;
  }
  struct frame *frame = frame_create(context->engine, buffer->iWidth, buffer->iHeight, (int64_t)info.uiOutYuvTimeStamp);
  if (frame == NULL) return SHIM_E_MEMORY;
  frame_lend(context, frame, planes, buffer->iStride[0], buffer->iStride[1]);
  job->out_frame = frame;
  return SHIM_OK;
}

const struct codec_operations h264_encoder_operations = {.run = run_encoder, .free = free_encoder};
const struct codec_operations h264_decoder_operations = {.run = run_decoder, .free = free_decoder};
