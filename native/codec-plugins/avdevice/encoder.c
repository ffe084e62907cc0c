/*
 * Encoding on a device. A picture that lies there already is encoded where it is; another one is copied there, or stays in memory
 * where the device takes pictures from there.
 *
 * What will surprise you:
 * - One picture in, one access unit out: rows set what keeps an encoder from holding pictures back, and the probe refuses one that
 *   does. Should one come late all the same, the unit has the time stamp of the picture that is in it.
 * - Most of these encoders cannot change their rate: they are opened anew, with a key frame, and so only where the rate has moved far
 *   (RATE_...). So they are, too, for another size and for pictures of another pool, as of a new decoder.
 */
#include "avdevice.h"
#include "h264_nals.h"
#include "rate_clock.h"

#include <errno.h>
#include <libavutil/avutil.h>
#include <libavutil/opt.h>
#include <stdlib.h>
#include <string.h>

/* Pictures on their way whose time stamps are known. */
#define PENDING 16
/* Where an encoder is opened anew for its rate: down at once, up when it has run for a second. */
#define RATE_DOWN_PERCENT 85
#define RATE_UP_PERCENT 125
/* Key frames come on request; some libraries take no "never". */
#define GOP_PICTURES (1 << 20)
#define PARAMETER_SET_BYTES 512

struct device_encoder {
  AVCodecContext *codec;
  AVPacket *packet;
  /* What is filled from planes; what is sent to the library. */
  AVFrame *memory;
  AVFrame *input;
  AVBufferRef *frames;
  struct shim_settings settings;
  struct rate_clock clock;
  int64_t opened_rtp90k;
  int32_t applied_millihertz;
  bool key_frame_owed;
  uint32_t sent;
  struct {
    int64_t pts;
    int64_t timestamp_rtp90k;
  } pending[PENDING];
  /* SPS and PPS as they came first: some drivers send them once. */
  uint8_t parameter_sets[PARAMETER_SET_BYTES];
  size_t parameter_set_bytes;
};

bool device_encoder_accepts(const struct shim_settings *settings) {
  return settings->max_nal_bytes == 0 && settings->error_resilient == 0 && settings->speed == SHIM_DEFAULT;
}

static void close_codec(struct device_encoder *encoder) {
  avcodec_free_context(&encoder->codec);
  av_buffer_unref(&encoder->frames);
  av_frame_unref(encoder->memory);
}

static void free_encoder(struct context *context) {
  struct device_encoder *encoder = context->state;
  if (encoder == NULL) return;
  close_codec(encoder);
  av_frame_free(&encoder->memory);
  av_frame_free(&encoder->input);
  av_packet_free(&encoder->packet);
  free(encoder);
  context->state = NULL;
}

static int add_options(AVDictionary **options, const char *pairs) {
  return pairs == NULL ? 0 : av_dict_parse_string(options, pairs, "=", ":", 0);
}

static bool is_h264(const struct context *context) { return strcmp(context->implementation->codec, "H264") == 0; }

static int64_t rate_for(const struct device_encoder *encoder, const struct device_row *row) {
  int64_t rate = encoder->settings.target_bps;
  if ((row->traits & ROW_COUNTS_PICTURES) == 0) return rate;
  return rate * encoder->settings.max_frame_rate_millihertz / encoder->applied_millihertz;
}

static void apply_rate(struct device_encoder *encoder, const struct device_row *row) {
  int64_t rate = rate_for(encoder, row);
  encoder->codec->bit_rate = rate;
  encoder->codec->rc_min_rate = rate;
  encoder->codec->rc_max_rate = rate;
  encoder->codec->rc_buffer_size = (int)(rate > INT32_MAX ? INT32_MAX : rate);
}

static int configure(struct device_encoder *encoder, const struct context *context, const AVFrame *surface) {
  const struct device_row *row = row_of(context->implementation);
  AVCodecContext *codec = encoder->codec;
  codec->width = encoder->settings.width;
  codec->height = encoder->settings.height;
  codec->time_base = (AVRational){1, 90000};
  codec->framerate = (AVRational){encoder->settings.max_frame_rate_millihertz, 1000};
  codec->gop_size = GOP_PICTURES;
  codec->max_b_frames = 0;
  codec->thread_count = 1;
  codec->flags |= AV_CODEC_FLAG_LOW_DELAY;
  apply_rate(encoder, row);
  codec->pix_fmt = row->memory_format;
  if (row->memory_format != AV_PIX_FMT_NONE) return 0;
  AVBufferRef *context_ref = NULL;
  char reason[128];
  int error = device_open(row->device, &context_ref, reason, sizeof reason);
  if (error < 0) return error;
  if (surface != NULL) {
    encoder->frames = av_buffer_ref(surface->hw_frames_ctx);
    if (encoder->frames == NULL) error = AVERROR(ENOMEM);
  } else {
    error = device_frames(row->device, context_ref, codec->width, codec->height, &encoder->frames);
  }
  av_buffer_unref(&context_ref);
  if (error < 0) return error;
  codec->pix_fmt = row->device->surfaces;
  codec->sw_pix_fmt = ((AVHWFramesContext *)encoder->frames->data)->sw_format;
  codec->hw_frames_ctx = av_buffer_ref(encoder->frames);
  return codec->hw_frames_ctx == NULL ? AVERROR(ENOMEM) : 0;
}

static int open_codec(struct device_encoder *encoder, const struct context *context, const AVFrame *surface) {
  const struct device_row *row = row_of(context->implementation);
  int error = stand_in_before_open(row->device);
  if (error < 0) return error;
  const AVCodec *library = avcodec_find_encoder_by_name(row->library_codec);
  if (library == NULL) return AVERROR_ENCODER_NOT_FOUND;
  encoder->codec = avcodec_alloc_context3(library);
  AVDictionary *options = NULL;
  error = encoder->codec == NULL ? AVERROR(ENOMEM) : configure(encoder, context, surface);
  if (error >= 0) error = add_options(&options, row->options);
  if (error >= 0 && is_h264(context)) error = add_options(&options, encoder->settings.profile == 1 ? row->main : row->baseline);
  if (error >= 0) error = avcodec_open2(encoder->codec, library, &options);
  av_dict_free(&options);
  if (error < 0) close_codec(encoder);
  return error;
}

static bool rate_is_far(const struct device_encoder *encoder, const struct shim_settings *wanted) {
  int64_t running = encoder->settings.target_bps;
  int64_t rate = wanted->target_bps;
  if (rate * 100 < running * RATE_DOWN_PERCENT) return true;
  return rate * 100 > running * RATE_UP_PERCENT && encoder->clock.now_rtp90k - encoder->opened_rtp90k >= 90000;
}

static bool needs_reopening(const struct device_encoder *encoder, const struct device_row *row,
                            const struct shim_settings *wanted, const AVFrame *surface) {
  const struct shim_settings *running = &encoder->settings;
  if (running->width != wanted->width || running->height != wanted->height || running->profile != wanted->profile) return true;
  if ((row->traits & ROW_FOLLOWS_RATE) == 0 && rate_is_far(encoder, wanted)) return true;
  return surface != NULL && encoder->frames != NULL && surface->hw_frames_ctx->data != encoder->frames->data;
}

/* As the frame rate that really comes; see openh264's encoder. */
static void follow_frame_rate(struct device_encoder *encoder) {
  int32_t measured = rate_clock_measured_millihertz(&encoder->clock);
  if (measured == 0) return;
  int32_t wanted = encoder->settings.max_frame_rate_millihertz;
  if (measured < wanted) wanted = measured < 1000 ? 1000 : measured;
  int32_t difference = abs(wanted - encoder->applied_millihertz);
  if (difference > encoder->applied_millihertz / 10) encoder->applied_millihertz = wanted;
}

static int prepare(struct device_encoder *encoder, struct context *context, const struct job *job, const AVFrame *surface) {
  const struct device_row *row = row_of(context->implementation);
  if (encoder->codec != NULL && needs_reopening(encoder, row, &job->settings, surface)) close_codec(encoder);
  if (encoder->codec == NULL) {
    encoder->settings = job->settings;
    encoder->applied_millihertz = job->settings.max_frame_rate_millihertz;
    encoder->opened_rtp90k = encoder->clock.now_rtp90k;
    return open_codec(encoder, context, surface);
  }
  if ((row->traits & ROW_FOLLOWS_RATE) != 0) {
    int32_t announced = encoder->settings.max_frame_rate_millihertz;
    encoder->settings.target_bps = job->settings.target_bps;
    if (job->settings.max_frame_rate_millihertz < announced && job->settings.max_frame_rate_millihertz < encoder->applied_millihertz) {
      encoder->applied_millihertz = job->settings.max_frame_rate_millihertz;
    }
    apply_rate(encoder, row);
  }
  return 0;
}

static int memory_picture(struct device_encoder *encoder, const struct device_row *row, const struct frame *planes) {
  AVFrame *memory = encoder->memory;
  int error = 0;
  if (memory->buf[0] == NULL) {
    memory->format = row->memory_format == AV_PIX_FMT_NONE ? AV_PIX_FMT_NV12 : row->memory_format;
    memory->width = planes->width;
    memory->height = planes->height;
    error = av_frame_get_buffer(memory, 0);
  } else {
    /* The library may still hold the one before. */
    error = av_frame_make_writable(memory);
  }
  if (error < 0) return error;
  surface_from_planes(planes, memory);
  return 0;
}

/* The picture as the library wants it, in `input`. */
static int fill_input(struct device_encoder *encoder, struct context *context, struct frame *frame, const AVFrame *surface) {
  const struct device_row *row = row_of(context->implementation);
  if (surface != NULL && row->memory_format != AV_PIX_FMT_NONE && surface->hw_frames_ctx != NULL) {
    /* A stand-in's: software takes it from memory. */
    encoder->input->format = row->memory_format;
    return surface_transfer(row->device, encoder->input, surface);
  }
  if (surface != NULL) return av_frame_ref(encoder->input, surface);
  int error = memory_picture(encoder, row, frame);
  if (error < 0) return error;
  if (row->memory_format != AV_PIX_FMT_NONE) return av_frame_ref(encoder->input, encoder->memory);
  return surface_upload(row->device, encoder->frames, encoder->memory, encoder->input);
}

static int exchange(struct device_encoder *encoder, struct job *job) {
  AVFrame *input = encoder->input;
  input->pts = encoder->clock.now_rtp90k;
  input->pict_type = encoder->key_frame_owed ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
  uint32_t place = encoder->sent++ % PENDING;
  encoder->pending[place].pts = input->pts;
  encoder->pending[place].timestamp_rtp90k = job->timestamp_rtp90k;
  int error = avcodec_send_frame(encoder->codec, input);
  return error < 0 ? error : avcodec_receive_packet(encoder->codec, encoder->packet);
}

/* Remembers parameter sets, and answers how many bytes of them a key frame lacks. */
static size_t missing_parameter_sets(struct device_encoder *encoder, const uint8_t *data, size_t size) {
  struct nal_types types = find_nal_types(data, size);
  if (!types.idr) return 0;
  if (!types.sps) return encoder->parameter_set_bytes;
  for (size_t i = 0; i + 3 < size; i++) {
    if (data[i] != 0 || data[i + 1] != 0 || data[i + 2] != 1 || (data[i + 3] & 31) != 5) continue;
    size_t head = i > 0 && data[i - 1] == 0 ? i - 1 : i;
    encoder->parameter_set_bytes = head <= PARAMETER_SET_BYTES ? head : 0;
    memcpy(encoder->parameter_sets, data, encoder->parameter_set_bytes);
    return 0;
  }
  return 0;
}

/* The quantiser as libavcodec reports it beside some packets, in the terms of H.264; -1: it does not. */
static int32_t quantiser_of(const struct context *context, const AVPacket *packet) {
  if (!is_h264(context)) return -1;
  size_t size = 0;
  const uint8_t *data = av_packet_get_side_data(packet, AV_PKT_DATA_QUALITY_STATS, &size);
  if (data == NULL || size < 4) return -1;
  uint32_t quality = (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
  return (int32_t)(quality / FF_QP2LAMBDA);
}

static int32_t collect(struct context *context, struct device_encoder *encoder, struct job *job) {
  const uint8_t *data = encoder->packet->data;
  size_t size = (size_t)encoder->packet->size;
  /* An AV1 temporal delimiter is not sent (AV1 RTP payload format, section 5). */
  if (strcmp(context->implementation->codec, "AV1") == 0 && size > 2 && data[0] == 0x12 && data[1] == 0) {
    data += 2;
    size -= 2;
  }
  size_t head = is_h264(context) ? missing_parameter_sets(encoder, data, size) : 0;
  struct block *block = block_take(context->engine, head + size);
  if (block == NULL) return SHIM_E_MEMORY;
  memcpy(block->data, encoder->parameter_sets, head);
  memcpy(block->data + head, data, size);
  job->out_bytes = block;
  job->out_size = head + size;
  job->quantiser = quantiser_of(context, encoder->packet);
  for (int i = 0; i < PENDING; i++) {
    if (encoder->pending[i].pts == encoder->packet->pts) job->timestamp_rtp90k = encoder->pending[i].timestamp_rtp90k;
  }
  if ((encoder->packet->flags & AV_PKT_FLAG_KEY) != 0) {
    job->out_flags |= SHIM_KEY_FRAME;
    encoder->key_frame_owed = false;
  }
  return SHIM_OK;
}

static int32_t make_state(struct context *context) {
  struct device_encoder *encoder = calloc(1, sizeof *encoder);
  if (encoder == NULL) return SHIM_E_MEMORY;
  context->state = encoder;
  encoder->packet = av_packet_alloc();
  encoder->memory = av_frame_alloc();
  encoder->input = av_frame_alloc();
  if (encoder->packet != NULL && encoder->memory != NULL && encoder->input != NULL) return SHIM_OK;
  free_encoder(context);
  return SHIM_E_MEMORY;
}

static int encode(struct device_encoder *encoder, struct context *context, struct job *job, const AVFrame *surface) {
  int error = stand_in_before_job(row_of(context->implementation)->device);
  if (error >= 0) error = fill_input(encoder, context, job->in_frame, surface);
  if (error >= 0) error = exchange(encoder, job);
  av_frame_unref(encoder->input);
  return error;
}

static int32_t run_encoder(struct context *context, struct job *job) {
  struct device *device = row_of(context->implementation)->device;
  /* References of the caller's own choice are libvpx's. */
  if ((job->flags & ~SHIM_FORCE_KEY_FRAME) != 0) return SHIM_E_PARAMETER;
  const AVFrame *surface = surface_of(job->in_frame, device);
  int32_t status = surface == NULL ? frame_planes(context->engine, job->in_frame) : SHIM_OK;
  if (status == SHIM_OK && context->state == NULL) status = make_state(context);
  if (status != SHIM_OK) return status;
  struct device_encoder *encoder = context->state;
  rate_clock_advance(&encoder->clock, job->timestamp_rtp90k);
  if ((job->flags & SHIM_FORCE_KEY_FRAME) != 0) encoder->key_frame_owed = true;
  char said[160];
  log_keep(said, sizeof said);
  job->detail = prepare(encoder, context, job, surface);
  log_stop();
  if (job->detail < 0) return status_of_open(device, job->detail);
  follow_frame_rate(encoder);
  job->detail = encode(encoder, context, job, surface);
  if (job->detail == AVERROR(EAGAIN)) {
    /* Its rate control has left this picture out. */
    job->detail = 0;
    return SHIM_OK;
  }
  if (job->detail < 0) return status_of_encode(device, job->detail);
  status = collect(context, encoder, job);
  av_packet_unref(encoder->packet);
  return status;
}

const struct codec_operations device_encoder_operations = {.run = run_encoder, .free = free_encoder};
