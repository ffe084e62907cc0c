/*
 * H.264 decoding with libavcodec, for what openh264 refuses or decodes wrongly: pictures in another order than they are sent
 * (B pictures), interlace, more than 8 bits or other chroma than 4:2:0 (ITU-T H.264 annex A).
 *
 * What will surprise you:
 * - Pictures come with their own timestamps, as late as the stream's VUI says (annex E, max_num_reorder_frames); without it the
 *   library shows a picture at once and waits longer only after it has seen one come too late.
 * - One thread: those of the library for whole pictures would delay each by one.
 */
#include "avcodec_plugin.h"
#include "frame_numbers.h"
#include "h264_nals.h"

#include <libavcodec/avcodec.h>
#include <stdlib.h>

struct h264_decoder {
  AVCodecContext *codec;
  AVPacket *packet;
  /* The picture that the planes of the lent frame belong to, until the next job. */
  AVFrame *picture;
  struct frame_numbers numbers;
  /* Something was wrong since the last intact key frame. */
  bool damaged;
};

static void free_decoder(struct context *context) {
  struct h264_decoder *decoder = context->state;
  if (decoder == NULL) return;
  av_frame_free(&decoder->picture);
  av_packet_free(&decoder->packet);
  avcodec_free_context(&decoder->codec);
  free(decoder);
  context->state = NULL;
}

static int32_t open_decoder(struct context *context, struct job *job) {
  struct h264_decoder *decoder = calloc(1, sizeof *decoder);
  if (decoder == NULL) return SHIM_E_MEMORY;
  context->state = decoder;
  /* The process's standard error is not the library's. */
  av_log_set_level(AV_LOG_QUIET);
  /* By name: hardware decoders stand under the same id. */
  const AVCodec *library = avcodec_find_decoder_by_name("h264");
  decoder->codec = avcodec_alloc_context3(library);
  decoder->packet = av_packet_alloc();
  decoder->picture = av_frame_alloc();
  int32_t status = SHIM_E_MEMORY;
  if (decoder->codec != NULL && decoder->packet != NULL && decoder->picture != NULL) {
    decoder->codec->thread_count = 1;
    decoder->codec->max_pixels = (int64_t)SHIM_MAX_DIMENSION * SHIM_MAX_DIMENSION;
    /* Exact cropping, and what is left of a damaged picture. */
    decoder->codec->flags |= AV_CODEC_FLAG_UNALIGNED | AV_CODEC_FLAG_OUTPUT_CORRUPT;
    job->detail = avcodec_open2(decoder->codec, library, NULL);
    status = job->detail < 0 ? SHIM_E_LIBRARY : SHIM_OK;
  }
  if (status != SHIM_OK) free_decoder(context);
  return status;
}

static int32_t status_of(int error) { return error == AVERROR(ENOMEM) ? SHIM_E_MEMORY : SHIM_E_BITSTREAM; }

static int32_t hand_out(struct context *context, struct h264_decoder *decoder, struct job *job) {
  AVFrame *picture = decoder->picture;
  enum conversion conversion = conversion_of(picture);
  bool sane = picture->width >= 1 && picture->height >= 1 && picture->width <= SHIM_MAX_DIMENSION &&
              picture->height <= SHIM_MAX_DIMENSION;
  if (!sane || conversion == CONVERSION_NONE) {
    job->detail = picture->format;
    av_frame_unref(picture);
    return SHIM_E_BITSTREAM;
  }
  struct frame *frame = frame_create(context->engine, picture->width, picture->height, picture->pts);
  if (frame == NULL) return SHIM_E_MEMORY;
  if (conversion == CONVERSION_LEND) {
    frame_lend(context, frame, picture->data, picture->linesize[0], picture->linesize[1]);
  } else {
    job->detail = convert_picture(picture, frame);
    av_frame_unref(picture);
    if (job->detail != 0) {
      frame_release(context->engine, frame);
      return SHIM_E_LIBRARY;
    }
  }
  job->out_frame = frame;
  return SHIM_OK;
}

static int32_t run_decoder(struct context *context, struct job *job) {
  struct nal_types types = find_nal_types(job->in_bytes->data, job->in_size);
  struct h264_decoder *decoder = context->state;
  /*
   * A damaged parameter set may have asked for a long delay, which the library keeps to. A key frame that brings its own needs nothing
   * from before: it gets a fresh decoder.
   */
  if (decoder != NULL && decoder->damaged && nals_are_entry(types)) free_decoder(context);
  if (context->state == NULL) {
    int32_t status = open_decoder(context, job);
    if (status != SHIM_OK) return status;
  }
  decoder = context->state;
  av_frame_unref(decoder->picture);
  /* A key frame needs no picture from before; those that still wait may be damaged. */
  if (decoder->damaged && types.idr) {
    avcodec_flush_buffers(decoder->codec);
    decoder->damaged = false;
  }
  decoder->packet->data = job->in_bytes->data;
  decoder->packet->size = (int)job->in_size;
  decoder->packet->pts = job->timestamp_rtp90k;
  int error = avcodec_send_packet(decoder->codec, decoder->packet);
  /* One packet brings one picture at most; a second one waits for the next packet. */
  int received = avcodec_receive_frame(decoder->codec, decoder->picture);
  bool has_picture = received == 0;
  if (error == 0 && !has_picture && received != AVERROR(EAGAIN)) error = received;
  job->detail = error;
  bool wrong = frame_numbers_show_loss(&decoder->numbers, job->in_bytes->data, job->in_size) || error < 0;
  if (has_picture) {
    wrong |= (decoder->picture->flags & AV_FRAME_FLAG_CORRUPT) != 0 || decoder->picture->decode_error_flags != 0;
  } else {
    wrong |= types.slice && decoder->codec->has_b_frames == 0 && decoder->codec->field_order <= AV_FIELD_PROGRESSIVE;
  }
  if (wrong) decoder->damaged = true;
  if (decoder->damaged) job->out_flags |= SHIM_CORRUPT;
  if (has_picture) return hand_out(context, decoder, job);
  return error < 0 ? status_of(error) : SHIM_OK;
}

const struct codec_operations h264_decoder_operations = {.run = run_decoder, .free = free_decoder};
