/*
 * H.264 decoding with openh264 (ITU-T H.264).
 *
 * What will surprise you: profiles that may reorder pictures (main, high) come out two pictures late, and with their own
 * timestamps, not those of the access unit that was put in. Constrained baseline comes out at once.
 */
#include "h264_nals.h"
#include "openh264.h"

#include <stdlib.h>
#include <string.h>
#include <wels/codec_api.h>

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
  if (decoder->damaged && nals_are_entry(types)) free_library_decoder(decoder);
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

const struct codec_operations h264_decoder_operations = {.run = run_decoder, .free = free_decoder};
