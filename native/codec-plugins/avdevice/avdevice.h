/*
 * Hardware codecs through libavcodec: one implementation, driven by a table (rows.c) of devices and codecs. FFmpeg's structs stay in
 * this folder and in avcodec/.
 *
 *   rows.c ─▶ probe.c ─▶ encoder.c, decoder.c ─▶ device.c (opened once), surface.c (pictures on it) ─▶ scaler.c (libavfilter)
 *
 * What will surprise you: two kinds of rows. Where the device has memory of its own (`surfaces` names its pixel format), pictures go
 * in and out as AVFrames with an AVHWFramesContext, and stay there as long as nobody needs planes. Where it has not (V4L2), pictures
 * are ordinary ones in memory, and nothing but the codec's name differs from software.
 */
#ifndef COMMUCAT_AVDEVICE_H
#define COMMUCAT_AVDEVICE_H

#include "plugin.h"

#include <libavcodec/avcodec.h>
#include <libavutil/hwcontext.h>

struct stand_in;

struct device {
  const char *name;
  /* AV_HWDEVICE_TYPE_NONE: nothing to open, pictures in memory. */
  enum AVHWDeviceType type;
  enum AVPixelFormat surfaces;
  /* What is tried in turn, up to a NULL; NULL: the library's own choice. */
  const char *const *nodes;
  /* A pattern of files one of which must exist; NULL: none. */
  const char *files;
  /* Pictures of an upload pool; 0: as many as it takes. */
  int pool_size;
  /* libavfilter's scaler, and its options for each shim_filter; NULL: pictures are scaled in memory. */
  const char *scale_filter;
  const char *scale_options[4];
  /* Only in tests: what plays the device. */
  const struct stand_in *stand_in;
  /* libavutil's support for it is not made for several threads: one transfer or scaling at a time. */
  bool one_at_a_time;

  pthread_mutex_t lock;
  pthread_mutex_t work;
  /* Opened by the first who needs it, for the life of the process or until it is lost. */
  AVBufferRef *context;
};

enum row_traits {
  /* An encoder that takes another bit_rate between two pictures; others are opened anew, with a key frame. */
  ROW_FOLLOWS_RATE = 1,
  /* An encoder that gives every picture its share of the announced frame rate, whatever the timestamps say. */
  ROW_COUNTS_PICTURES = 2,
  /* A decoder of libavcodec's own that hands the work to the device (hwaccel). */
  ROW_HWACCEL = 4,
};

struct device_row {
  struct device *device;
  /* By libavcodec's name. */
  const char *library_codec;
  int traits;
  /* Of an encoder that takes pictures from memory. */
  enum AVPixelFormat memory_format;
  /* Of an encoder: key=value with : between, for every stream, and for the two H.264 profiles. */
  const char *options;
  const char *baseline;
  const char *main;
};

static inline const struct device_row *row_of(const struct codec_implementation *implementation) {
  return implementation->data;
}

/*
 * Tests play devices that this machine lacks with libavcodec's software codecs (native/codec-plugins-testing); in the plugin that is
 * shipped every device has NULL here. Each may be NULL; errors are AVERROR codes.
 */
struct stand_in {
  /* Before a codec is opened, before each picture or access unit, and while a device is asked whether it is well. */
  int (*before_open)(const struct device *device);
  int (*before_job)(const struct device *device);
  int (*ask)(const struct device *device);
  /* What a software decoder has decoded becomes a picture on the device; `frames` keeps the pool from picture to picture. */
  int (*take)(struct device *device, AVBufferRef **frames, AVFrame *picture);
  void (*count_download)(const struct device *device);
};

static inline int stand_in_before_open(const struct device *device) {
  return device->stand_in == NULL || device->stand_in->before_open == NULL ? 0 : device->stand_in->before_open(device);
}

static inline int stand_in_before_job(const struct device *device) {
  return device->stand_in == NULL || device->stand_in->before_job == NULL ? 0 : device->stand_in->before_job(device);
}

/* log.c: what libav* says on this thread between the two calls; the first error is kept. */
void log_keep(char *text, size_t capacity);
void log_stop(void);

/* status.c: AVERROR codes to statuses of the shim, in this one place. */
int32_t status_of_open(struct device *device, int error);
int32_t status_of_encode(struct device *device, int error);
int32_t status_of_decode(struct device *device, int error);
const char *words_of(int error, char *text, size_t capacity);

/* device.c: a new reference to the opened device (NULL for one with nothing to open). 0, or an error with a reason in words. */
int device_open(struct device *device, AVBufferRef **context, char *reason, size_t capacity);
/* Whether it still does the least that can be asked of it. Where it does not, the next who needs it opens it anew. */
bool device_is_well(struct device *device);
void device_begin(struct device *device);
void device_end(struct device *device);
/* New frames of the device, NV12. */
int device_frames(const struct device *device, AVBufferRef *context, int width, int height, AVBufferRef **frames);

/* surface.c */
/* The device's own picture, or NULL where the frame lies elsewhere. */
const AVFrame *surface_of(const struct frame *frame, const struct device *device);
/* Where pictures of one pool come from, with the scalers for them: its maker and each of its pictures have a reference. */
struct source *source_create(struct device *device);
void source_release(struct source *source);
/* A frame with a reference of its own to the picture; NULL: no memory. */
struct frame *surface_hand_out(struct engine *engine, struct source *source, const AVFrame *picture, int64_t timestamp_rtp90k);
/* Copies a picture in memory into planes; false for a pixel format that nobody here reads. */
bool surface_to_planes(const AVFrame *picture, const struct frame *into);
/* Copies planes into a picture of its format and size (NV12 or I420). */
void surface_from_planes(const struct frame *planes, AVFrame *picture);
int surface_upload(struct device *device, AVBufferRef *frames, const AVFrame *memory, AVFrame *surface);
/* To or from the device. */
int surface_transfer(struct device *device, AVFrame *to, const AVFrame *from);

/* scaler.c: scales with the device's filter, one graph for one pair of sizes. */
struct scaler;
struct scaler *scaler_open(const struct device *device, const AVFrame *like, int width, int height, int32_t filter);
int scaler_run(struct scaler *scaler, const AVFrame *picture, AVFrame *scaled);
void scaler_close(struct scaler *scaler);

/* probe.c, encoder.c, decoder.c: for the table. */
bool probe_row(struct context *context, char *reason, size_t capacity);
bool device_encoder_accepts(const struct shim_settings *settings);
void device_codec_version(char *text, size_t capacity);
extern const struct codec_operations device_encoder_operations;
extern const struct codec_operations device_decoder_operations;

/* Rows of a table; `...` are members of struct device_row. */
#define DEVICE_ROW(device_, codec_, name_, direction_)                                                                   \
  .name = #device_ "-" name_, .codec = codec_, .direction = direction_, .hardware = true, .device = #device_,            \
  .takes_device_pictures = true, .library = "libavcodec", .spatial_layers = 1, .temporal_layers = 1,                     \
  .version = device_codec_version, .probe = probe_row
#define DEVICE_ENCODER(device_, codec_, name_, ...)                                                                      \
  {DEVICE_ROW(device_, codec_, name_, CODEC_ENCODE), .accepts = device_encoder_accepts,                                  \
   .operations = &device_encoder_operations, .data = &(const struct device_row){.device = &device_, __VA_ARGS__}}
#define DEVICE_DECODER(device_, codec_, name_, ...)                                                                      \
  {DEVICE_ROW(device_, codec_, name_, CODEC_DECODE), .operations = &device_decoder_operations,                           \
   .data = &(const struct device_row){.device = &device_, __VA_ARGS__}}

#endif
