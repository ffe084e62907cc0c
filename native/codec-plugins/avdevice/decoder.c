/*
 * Decoding on a device, in one of two ways: libavcodec's own decoders that hand the work to the device (hwaccel: CUDA's NVDEC, VAAPI),
 * or decoders that are the device's whole (Quick Sync, V4L2).
 *
 * What will surprise you:
 * - For NVIDIA it is the hwaccel and not the decoders called *_cuvid: those parse by themselves, show pictures late (a delay of their
 *   own for reordering) and know no damage. With hwaccels damage, order and sizes are what libavcodec's software decoders make of them.
 * - A stream that the device does not decode (10 bits, 4:2:2, interlace, too large) is SHIM_E_LIBRARY, so that software takes over.
 * - More surfaces are asked for than the codec needs: pictures stay there while they are scaled, encoded, and kept as the last one.
 */
#include "avdevice.h"
#include "avcodec/avcodec_plugin.h"
#include "avcodec/frame_numbers.h"
#include "entry.h"
#include "h264_nals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Pictures of one stream that the rest of a session holds at a time: a few in queues, one in each output's hands, the last one. */
#define EXTRA_SURFACES 12
/* Of one access unit: what a superframe holds at most (VP9 bitstream specification, annex B). */
#define MAX_MORE_PICTURES 8

struct device_decoder {
  const struct device_row *row;
  /* The device does not decode what the stream has begun. */
  bool refused;
  /* It has decoded nothing yet. */
  bool is_fresh;
  /* The latest access unit brought no picture. */
  bool was_empty;
  AVCodecContext *codec;
  AVPacket *packet;
  /* The picture that the planes of the lent frame belong to, until the next job. */
  AVFrame *picture;
  AVFrame *next;
  struct source *source;
  /* The pool that the source is for. */
  const void *pool;
  /* A stand-in's. */
  AVBufferRef *taken;
  struct frame_numbers numbers;
  /* Something was wrong since the last intact key frame. */
  bool damaged;
};

static void free_decoder(struct context *context) {
  struct device_decoder *decoder = context->state;
  if (decoder == NULL) return;
  av_frame_free(&decoder->picture);
  av_frame_free(&decoder->next);
  av_packet_free(&decoder->packet);
  avcodec_free_context(&decoder->codec);
  source_release(decoder->source);
  av_buffer_unref(&decoder->taken);
  free(decoder);
  context->state = NULL;
}

/* What the library offers for this stream, best first; NONE refuses it. */
static enum AVPixelFormat choose_format(AVCodecContext *codec, const enum AVPixelFormat *offered) {
  struct device_decoder *decoder = codec->opaque;
  bool is_large = codec->coded_width > SHIM_MAX_DIMENSION || codec->coded_height > SHIM_MAX_DIMENSION;
  for (; *offered != AV_PIX_FMT_NONE && !is_large; offered++) {
    if (*offered == decoder->row->device->surfaces) return *offered;
  }
  decoder->refused = !is_large;
  return AV_PIX_FMT_NONE;
}

static int configure(struct device_decoder *decoder, const struct device_row *row) {
  AVCodecContext *codec = decoder->codec;
  codec->thread_count = 1;
  codec->max_pixels = (int64_t)SHIM_MAX_DIMENSION * SHIM_MAX_DIMENSION;
  codec->flags |= AV_CODEC_FLAG_UNALIGNED | AV_CODEC_FLAG_OUTPUT_CORRUPT;
  codec->pkt_timebase = (AVRational){1, 90000};
  decoder->row = row;
  decoder->is_fresh = true;
  codec->opaque = decoder;
  bool by_software = row->device->stand_in != NULL;
  if (row->device->surfaces == AV_PIX_FMT_NONE || by_software) return 0;
  codec->get_format = choose_format;
  codec->extra_hw_frames = EXTRA_SURFACES;
  char reason[128];
  return device_open(row->device, &codec->hw_device_ctx, reason, sizeof reason);
}

static int open_codec(struct device_decoder *decoder, const struct device_row *row) {
  int error = stand_in_before_open(row->device);
  if (error < 0) return error;
  const AVCodec *library = avcodec_find_decoder_by_name(row->library_codec);
  if (library == NULL) return AVERROR_DECODER_NOT_FOUND;
  decoder->codec = avcodec_alloc_context3(library);
  error = decoder->codec == NULL ? AVERROR(ENOMEM) : configure(decoder, row);
  AVDictionary *options = NULL;
  if (error >= 0 && row->options != NULL) error = av_dict_parse_string(&options, row->options, "=", ":", 0);
  if (error >= 0) error = avcodec_open2(decoder->codec, library, &options);
  av_dict_free(&options);
  return error;
}

static int32_t open_decoder(struct context *context, struct job *job) {
  job->detail = 0;
  const struct device_row *row = row_of(context->implementation);
  struct device_decoder *decoder = calloc(1, sizeof *decoder);
  if (decoder == NULL) return SHIM_E_MEMORY;
  context->state = decoder;
  decoder->packet = av_packet_alloc();
  decoder->picture = av_frame_alloc();
  decoder->next = av_frame_alloc();
  int32_t status = SHIM_E_MEMORY;
  if (decoder->packet != NULL && decoder->picture != NULL && decoder->next != NULL) {
    char said[160];
    log_keep(said, sizeof said);
    job->detail = open_codec(decoder, row);
    log_stop();
    status = job->detail < 0 ? status_of_open(row->device, job->detail) : SHIM_OK;
  }
  if (status != SHIM_OK) free_decoder(context);
  return status;
}

/* Whether surfaces of this pool can be read back here: 8 bits, 4:2:0. */
static bool pool_is_readable(const AVFrame *picture) {
  if (picture->hw_frames_ctx == NULL) return true;
  enum AVPixelFormat format = ((const AVHWFramesContext *)picture->hw_frames_ctx->data)->sw_format;
  return format == AV_PIX_FMT_NV12 || format == AV_PIX_FMT_YUV420P;
}

static struct frame *on_device(struct context *context, struct device_decoder *decoder, struct device *device) {
  AVFrame *picture = decoder->picture;
  const void *pool = picture->hw_frames_ctx == NULL ? NULL : picture->hw_frames_ctx->data;
  if (decoder->source == NULL || decoder->pool != pool) {
    source_release(decoder->source);
    decoder->source = source_create(device);
    decoder->pool = pool;
    if (decoder->source == NULL) return NULL;
  }
  struct frame *frame = surface_hand_out(context->engine, decoder->source, picture, picture->pts);
  if (frame != NULL) av_frame_unref(picture);
  return frame;
}

/* A picture in memory: lent where it is I420, else copied. */
static struct frame *in_memory(struct context *context, AVFrame *picture, struct job *job) {
  struct frame *frame = frame_create(context->engine, picture->width, picture->height, picture->pts);
  if (frame == NULL) {
    job->status = SHIM_E_MEMORY;
    return NULL;
  }
  if (conversion_of(picture) == CONVERSION_LEND) {
    frame_lend(context, frame, picture->data, picture->linesize[0], picture->linesize[1]);
  } else if (!surface_to_planes(picture, frame)) {
    frame_release(context->engine, frame);
    return NULL;
  }
  return frame;
}

static int32_t hand_out(struct context *context, struct device_decoder *decoder, struct job *job) {
  AVFrame *picture = decoder->picture;
  struct device *device = row_of(context->implementation)->device;
  const struct stand_in *stand_in = device->stand_in;
  bool sane = picture->width >= 1 && picture->height >= 1 && picture->width <= SHIM_MAX_DIMENSION &&
              picture->height <= SHIM_MAX_DIMENSION;
  if (!sane || !pool_is_readable(picture)) {
    job->detail = picture->format;
    av_frame_unref(picture);
    return SHIM_E_LIBRARY;
  }
  bool stays = picture->hw_frames_ctx != NULL;
  if (stand_in != NULL && stand_in->take != NULL) {
    stays = true;
    job->detail = stand_in->take(device, &decoder->taken, picture);
    if (job->detail < 0) return status_of_decode(device, job->detail);
  }
  job->out_frame = stays ? on_device(context, decoder, device) : in_memory(context, picture, job);
  if (job->out_frame != NULL) return SHIM_OK;
  return stays || job->status == SHIM_E_MEMORY ? SHIM_E_MEMORY : SHIM_E_LIBRARY;
}

static bool is_key_picture(const AVFrame *picture) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
  return (picture->flags & AV_FRAME_FLAG_KEY) != 0;
#else
  return picture->key_frame != 0;
#endif
}

/* Whether something is missing or wrong in what has just been decoded. */
static bool is_wrong(struct device_decoder *decoder, const struct job *job, bool has_picture, bool at_once) {
  const AVFrame *picture = decoder->picture;
  if (job->detail < 0) return true;
  if (has_picture) return (picture->flags & AV_FRAME_FLAG_CORRUPT) != 0 || picture->decode_error_flags != 0;
  struct nal_types types = find_nal_types(job->in_bytes->data, job->in_size);
  return at_once && types.slice && decoder->codec->has_b_frames == 0;
}

/*
 * The pictures that one access unit has brought. A VP9 or AV1 unit with spatial layers brings each of them: the largest comes last. H.264
 * and devices that decode by themselves are late; of those one picture is taken, and a second one waits for the next unit.
 *
 * Returns what the library says when it has no more.
 */
static int receive(struct device_decoder *decoder, bool takes_last, bool *has_picture) {
  int error = avcodec_receive_frame(decoder->codec, decoder->picture);
  *has_picture = error == 0;
  for (int more = 0; takes_last && error == 0 && more < MAX_MORE_PICTURES; more++) {
    error = avcodec_receive_frame(decoder->codec, decoder->next);
    if (error < 0) break;
    av_frame_unref(decoder->picture);
    av_frame_move_ref(decoder->picture, decoder->next);
  }
  return error;
}

/* The library's answer to one access unit; 0 also where no picture came with it. */
static int exchange(struct device_decoder *decoder, const struct device_row *row, const struct job *job, bool is_h264,
                    bool *has_picture) {
  *has_picture = false;
  decoder->refused = false;
  int error = stand_in_before_job(row->device);
  if (error < 0) return error;
  decoder->packet->data = job->in_bytes->data;
  decoder->packet->size = (int)job->in_size;
  decoder->packet->pts = job->timestamp_rtp90k;
  bool takes_last = (row->traits & ROW_HWACCEL) != 0 && !is_h264;
  error = avcodec_send_packet(decoder->codec, decoder->packet);
  int received = receive(decoder, takes_last, has_picture);
  return error == 0 && received < 0 && received != AVERROR(EAGAIN) ? received : error;
}

/*
 * After some damage a decoder takes nothing any more, key frames neither: in libavcodec's VP9 decoder a size that was refused stays half set,
 * which shows in an error other than INVALIDDATA; in others it shows in nothing but that no picture comes, even of a key frame. (One that is
 * only late, as devices may be, has brought earlier ones until then.) A fresh one then gets the same access unit.
 */
static bool may_be_stuck(const struct device_decoder *decoder, int error, bool entry) {
  bool is_odd = error == AVERROR(EINVAL) || error == AVERROR_EOF || error == AVERROR_PATCHWELCOME;
  bool is_dead = entry && decoder->was_empty && (error == 0 || error == AVERROR_INVALIDDATA);
  return (is_odd || is_dead) && !decoder->refused && !decoder->is_fresh;
}

static int32_t run_decoder(struct context *context, struct job *job) {
  const struct device_row *row = row_of(context->implementation);
  bool is_h264 = strcmp(context->implementation->codec, "H264") == 0;
  struct device_decoder *decoder = context->state;
  /* As in software (avcodec/h264_decoder.c): a damaged parameter set may have asked for a long delay. */
  if (is_h264 && decoder != NULL && decoder->damaged && h264_is_entry(job->in_bytes->data, job->in_size)) free_decoder(context);
  if (context->state == NULL) {
    int32_t status = open_decoder(context, job);
    if (status != SHIM_OK) return status;
  }
  decoder = context->state;
  av_frame_unref(decoder->picture);
  bool has_picture;
  job->detail = exchange(decoder, row, job, is_h264, &has_picture);
  bool entry = !has_picture && is_entry(context->implementation->codec, job->in_bytes->data, job->in_size);
  if (!has_picture && may_be_stuck(decoder, job->detail, entry)) {
    free_decoder(context);
    int32_t status = open_decoder(context, job);
    if (status != SHIM_OK) return status;
    decoder = context->state;
    job->detail = exchange(decoder, row, job, is_h264, &has_picture);
  }
  decoder->is_fresh = false;
  decoder->was_empty = !has_picture;
  /* Only libavcodec's own decoders show a picture as soon as its order allows. */
  bool wrong = is_wrong(decoder, job, has_picture, is_h264 && (row->traits & ROW_HWACCEL) != 0);
  wrong |= is_h264 && frame_numbers_show_loss(&decoder->numbers, job->in_bytes->data, job->in_size);
  if (has_picture && !wrong && is_key_picture(decoder->picture)) decoder->damaged = false;
  if (wrong) decoder->damaged = true;
  if (decoder->damaged) job->out_flags |= SHIM_CORRUPT;
  if (has_picture) {
    job->detail = 0;
    return hand_out(context, decoder, job);
  }
  if (job->detail < 0 && decoder->refused) return SHIM_E_LIBRARY;
  return job->detail < 0 ? status_of_decode(row->device, job->detail) : SHIM_OK;
}

const struct codec_operations device_decoder_operations = {.run = run_decoder, .free = free_decoder};
