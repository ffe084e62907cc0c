/*
 * Whether a row of the table works here, by doing it: a small picture is encoded, or a small key frame decoded, read back and held
 * against what it shows. Libraries list codecs that the device behind them has not (an H200 opens, and has no encoder).
 */
#include "avdevice.h"
#include "key_frames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Devices ask for a least size; this is above all that are known. */
#define WIDTH 320
#define HEIGHT 192
/* Pictures that an encoder gets, and access units after which a decoder must have shown something. */
#define TRIES 4

/* Only whether it came out grey enough: codecs lose a little, devices round. */
static bool is_grey(const struct frame *frame) {
  const uint8_t *samples[3] = {frame->y, frame->u, frame->v};
  const int32_t strides[3] = {frame->stride_y, frame->stride_uv, frame->stride_uv};
  const int wanted[3] = {KEY_FRAME_Y, KEY_FRAME_U, KEY_FRAME_V};
  for (int plane = 0; plane < 3; plane++) {
    int32_t row = (plane == 0 ? HEIGHT : HEIGHT / 2) / 2;
    int32_t column = (plane == 0 ? WIDTH : WIDTH / 2) / 2;
    if (abs(samples[plane][row * strides[plane] + column] - wanted[plane]) > 4) return false;
  }
  return true;
}

static const char *words_of_status(int32_t status, int32_t detail, char *text, size_t capacity) {
  switch (status) {
    case SHIM_E_MEMORY:
      return "out of memory";
    case SHIM_E_SESSION_LIMIT:
      return "no more sessions, or no memory";
    default:
      return detail < 0 ? words_of(detail, text, capacity) : "it failed";
  }
}

static struct job job_for(int64_t timestamp_rtp90k) {
  return (struct job){.timestamp_rtp90k = timestamp_rtp90k,
                      .settings = {.width = WIDTH,
                                   .height = HEIGHT,
                                   .target_bps = 500000,
                                   .max_frame_rate_millihertz = 30000,
                                   .threads = 1,
                                   .spatial_layers = 1,
                                   .temporal_layers = 1,
                                   .speed = SHIM_DEFAULT}};
}

/* Each runs one codec as the core does, on this thread. */
static bool try_encoder(struct context *context, char *reason, size_t capacity) {
  struct frame *frame = frame_create(context->engine, WIDTH, HEIGHT, 0);
  if (frame == NULL) return false;
  memset(frame->y, KEY_FRAME_Y, (size_t)frame->stride_y * HEIGHT);
  memset(frame->u, KEY_FRAME_U, (size_t)frame->stride_uv * HEIGHT / 2);
  memset(frame->v, KEY_FRAME_V, (size_t)frame->stride_uv * HEIGHT / 2);
  bool works = true;
  for (int i = 0; i < TRIES && works; i++) {
    struct job job = job_for(i * 3000);
    job.in_frame = frame;
    int32_t status = context->implementation->operations->run(context, &job);
    bool came = job.out_bytes != NULL && job.timestamp_rtp90k == i * 3000;
    if (job.out_bytes != NULL) block_release(context->engine, job.out_bytes);
    works = status == SHIM_OK && came;
    char words[96];
    if (status != SHIM_OK) snprintf(reason, capacity, "%s", words_of_status(status, job.detail, words, sizeof words));
    else if (!came) snprintf(reason, capacity, "it holds pictures back");
  }
  frame_release(context->engine, frame);
  return works;
}

static bool read_back(struct context *context, struct job *job, char *reason, size_t capacity) {
  bool works = frame_planes(context->engine, job->out_frame) == SHIM_OK && job->out_frame->width == WIDTH &&
               job->out_frame->height == HEIGHT && is_grey(job->out_frame);
  if (!works) snprintf(reason, capacity, "what it decoded is not what was encoded");
  return works;
}

static bool try_decoder(struct context *context, const struct key_frame *key_frame, char *reason, size_t capacity) {
  struct block *block = block_take(context->engine, key_frame->size + 64);
  if (block == NULL) return false;
  memcpy(block->data, key_frame->data, key_frame->size);
  memset(block->data + key_frame->size, 0, 64);
  bool works = false;
  bool failed = false;
  snprintf(reason, capacity, "no picture came");
  for (int i = 0; i < TRIES && !works && !failed; i++) {
    struct job job = job_for(i * 3000);
    job.in_bytes = block;
    job.in_size = key_frame->size;
    int32_t status = context->implementation->operations->run(context, &job);
    char words[96];
    failed = status != SHIM_OK;
    if (failed) snprintf(reason, capacity, "%s", words_of_status(status, job.detail, words, sizeof words));
    if (job.out_frame == NULL) continue;
    works = read_back(context, &job, reason, capacity);
    failed |= !works;
    frame_release(context->engine, job.out_frame);
  }
  block_release(context->engine, block);
  return works;
}

static bool library_has(const struct codec_implementation *implementation, char *reason, size_t capacity) {
  const struct device_row *row = row_of(implementation);
  bool encodes = implementation->direction == CODEC_ENCODE;
  const AVCodec *library =
      encodes ? avcodec_find_encoder_by_name(row->library_codec) : avcodec_find_decoder_by_name(row->library_codec);
  bool has = library != NULL;
  if (has && (row->traits & ROW_HWACCEL) != 0 && row->device->stand_in == NULL) {
    has = false;
    for (int i = 0; avcodec_get_hw_config(library, i) != NULL; i++) {
      has |= avcodec_get_hw_config(library, i)->device_type == row->device->type;
    }
  }
  char version[32];
  device_codec_version(version, sizeof version);
  if (!has) {
    snprintf(reason, capacity, "libavcodec %s was built without %s for %s", version, row->library_codec, row->device->name);
  }
  return has;
}

static const struct key_frame *key_frame_of(const char *codec) {
  for (size_t i = 0; i < sizeof key_frames / sizeof key_frames[0]; i++) {
    if (strcmp(key_frames[i].codec, codec) == 0) return &key_frames[i];
  }
  return NULL;
}

bool probe_row(struct context *context, char *reason, size_t capacity) {
  const struct codec_implementation *implementation = context->implementation;
  AVBufferRef *device = NULL;
  bool opened = device_open(row_of(implementation)->device, &device, reason, capacity) == 0;
  av_buffer_unref(&device);
  if (!opened || !library_has(implementation, reason, capacity)) return false;
  bool encodes = implementation->direction == CODEC_ENCODE;
  const struct key_frame *key_frame = key_frame_of(implementation->codec);
  char said[160] = "out of memory";
  if (encodes ? try_encoder(context, said, sizeof said)
              : key_frame != NULL && try_decoder(context, key_frame, said, sizeof said)) {
    return true;
  }
  snprintf(reason, capacity, "opened, but this device does not %s %s: %s", encodes ? "encode" : "decode", implementation->codec,
           said);
  return false;
}
