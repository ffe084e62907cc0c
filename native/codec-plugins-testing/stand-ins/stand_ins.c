/*
 * Devices that any machine has: libavcodec's software codecs behind the hardware plugin's own code, with its table replaced by this one.
 *
 *   board    pictures in memory, as with V4L2
 *   card     decoded pictures count as the device's, though they lie in memory: what the core does with pictures on a device
 *   vulkan   decoded pictures are really taken to a Vulkan device (Mesa's lavapipe is one without any hardware) and scaled there
 *
 * What will surprise you: faults are set by the tests through functions that only this plugin exports, for the whole process and all
 * devices. The plugin that is shipped has neither.
 */
#include "avdevice/avdevice.h"

#include <errno.h>
#include <stdatomic.h>

/* So many openings are refused as one session too many. */
static atomic_int refused_opens;
/* So many jobs go well, then they fail; -1: all go well. */
static atomic_int good_jobs = -1;
/* What fails then: everything (the device is lost), or one job. */
static atomic_bool device_is_lost;
static atomic_int downloads;

SHIM_EXPORT void stand_in_reset(void);
SHIM_EXPORT void stand_in_refuse_opens(int32_t count);
SHIM_EXPORT void stand_in_fail_after(int32_t jobs, int32_t lose_device);
SHIM_EXPORT int32_t stand_in_downloads(void);

void stand_in_reset(void) {
  atomic_store(&refused_opens, 0);
  atomic_store(&good_jobs, -1);
  atomic_store(&device_is_lost, false);
  atomic_store(&downloads, 0);
}

void stand_in_refuse_opens(int32_t count) { atomic_store(&refused_opens, count); }

void stand_in_fail_after(int32_t jobs, int32_t lose_device) {
  atomic_store(&device_is_lost, lose_device != 0);
  atomic_store(&good_jobs, jobs);
}

int32_t stand_in_downloads(void) { return atomic_load(&downloads); }

static bool is_lost(void) { return atomic_load(&device_is_lost) && atomic_load(&good_jobs) == 0; }

static int before_open(const struct device *device) {
  (void)device;
  if (is_lost()) return AVERROR(EIO);
  int left = atomic_load(&refused_opens);
  while (left > 0 && !atomic_compare_exchange_weak(&refused_opens, &left, left - 1)) {
  }
  return left > 0 ? AVERROR(ENOMEM) : 0;
}

static int before_job(const struct device *device) {
  (void)device;
  int left = atomic_load(&good_jobs);
  while (left > 0 && !atomic_compare_exchange_weak(&good_jobs, &left, left - 1)) {
  }
  if (left != 0) return 0;
  if (!atomic_load(&device_is_lost)) atomic_store(&good_jobs, -1);
  return AVERROR_EXTERNAL;
}

static int ask(const struct device *device) {
  (void)device;
  return is_lost() ? AVERROR(EIO) : 0;
}

static void count_download(const struct device *device) {
  (void)device;
  atomic_fetch_add(&downloads, 1);
}

static int take_as_it_is(struct device *device, AVBufferRef **frames, AVFrame *picture) {
  (void)device, (void)frames, (void)picture;
  return 0;
}

/* An I420 picture in memory as NV12, what devices take. */
static int to_nv12(const AVFrame *picture, AVFrame *nv12) {
  nv12->format = AV_PIX_FMT_NV12;
  nv12->width = picture->width;
  nv12->height = picture->height;
  int error = av_frame_get_buffer(nv12, 0);
  if (error < 0) return error;
  const struct frame planes = {.width = picture->width,
                               .height = picture->height,
                               .y = picture->data[0],
                               .u = picture->data[1],
                               .v = picture->data[2],
                               .stride_y = picture->linesize[0],
                               .stride_uv = picture->linesize[1]};
  surface_from_planes(&planes, nv12);
  return av_frame_copy_props(nv12, picture);
}

static int pool_for(struct device *device, AVBufferRef **frames, const AVFrame *picture) {
  if (*frames != NULL) {
    const AVHWFramesContext *pool = (const AVHWFramesContext *)(*frames)->data;
    if (pool->width == picture->width && pool->height == picture->height) return 0;
    av_buffer_unref(frames);
  }
  char reason[128];
  AVBufferRef *context;
  int error = device_open(device, &context, reason, sizeof reason);
  if (error == 0) error = device_frames(device, context, picture->width, picture->height, frames);
  av_buffer_unref(&context);
  return error;
}

/* FFmpeg 5.1 uploads in the background from memory that it does not hold: it is read back before that memory is given up. */
static int upload_and_wait(struct device *device, AVBufferRef *frames, const AVFrame *nv12, AVFrame *surface) {
  AVFrame *back = av_frame_alloc();
  int error = back == NULL ? AVERROR(ENOMEM) : surface_upload(device, frames, nv12, surface);
  if (error == 0) error = surface_transfer(device, back, surface);
  av_frame_free(&back);
  return error;
}

static int take_to_vulkan(struct device *device, AVBufferRef **frames, AVFrame *picture) {
  AVFrame *nv12 = av_frame_alloc();
  AVFrame *surface = av_frame_alloc();
  int error = nv12 == NULL || surface == NULL ? AVERROR(ENOMEM) : pool_for(device, frames, picture);
  if (error == 0) error = to_nv12(picture, nv12);
  if (error == 0) error = upload_and_wait(device, *frames, nv12, surface);
  if (error == 0) error = av_frame_copy_props(surface, nv12);
  if (error == 0) {
    av_frame_unref(picture);
    av_frame_move_ref(picture, surface);
  }
  av_frame_free(&nv12);
  av_frame_free(&surface);
  return error;
}

static const struct stand_in in_memory = {.before_open = before_open, .before_job = before_job, .ask = ask};
static const struct stand_in as_device = {.before_open = before_open,
                                          .before_job = before_job,
                                          .ask = ask,
                                          .take = take_as_it_is,
                                          .count_download = count_download};
static const struct stand_in on_vulkan = {.before_open = before_open,
                                          .before_job = before_job,
                                          .ask = ask,
                                          .take = take_to_vulkan,
                                          .count_download = count_download};

static struct device board = {
    .name = "board",
    .type = AV_HWDEVICE_TYPE_NONE,
    .surfaces = AV_PIX_FMT_NONE,
    .stand_in = &in_memory,
    .lock = PTHREAD_MUTEX_INITIALIZER,
};
static struct device card = {
    .name = "card",
    .type = AV_HWDEVICE_TYPE_NONE,
    .surfaces = AV_PIX_FMT_NONE,
    .stand_in = &as_device,
    .lock = PTHREAD_MUTEX_INITIALIZER,
};
static struct device vulkan = {
    .name = "vulkan",
    .type = AV_HWDEVICE_TYPE_VULKAN,
    .surfaces = AV_PIX_FMT_VULKAN,
    .scale_filter = "scale_vulkan",
    .stand_in = &on_vulkan,
    .one_at_a_time = true,
    .work = PTHREAD_MUTEX_INITIALIZER,
    .lock = PTHREAD_MUTEX_INITIALIZER,
};

#define X264 "preset=ultrafast:tune=zerolatency:forced-idr=1:x264-params=force-cfr=1"
#define LIBVPX "deadline=realtime:cpu-used=8:lag-in-frames=0"

#define H264_ENCODER(device_, format_)                                                                                   \
  DEVICE_ENCODER(device_, "H264", "h264", .library_codec = "libx264", .memory_format = format_,                                 \
          .traits = ROW_FOLLOWS_RATE | ROW_COUNTS_PICTURES, .options = X264, .baseline = "profile=baseline",             \
          .main = "profile=main")

static const struct codec_implementation implementations[] = {
    H264_ENCODER(board, AV_PIX_FMT_NV12),
    DEVICE_ENCODER(board, "VP8", "vp8", .library_codec = "libvpx", .memory_format = AV_PIX_FMT_YUV420P, .options = LIBVPX),
    DEVICE_ENCODER(board, "VP9", "vp9", .library_codec = "libvpx-vp9", .memory_format = AV_PIX_FMT_YUV420P, .options = LIBVPX),
    DEVICE_DECODER(board, "H264", "h264", .library_codec = "h264", .traits = ROW_HWACCEL),
    DEVICE_DECODER(board, "VP8", "vp8", .library_codec = "vp8", .traits = ROW_HWACCEL),
    DEVICE_DECODER(board, "VP9", "vp9", .library_codec = "vp9", .traits = ROW_HWACCEL),
    DEVICE_DECODER(board, "AV1", "av1", .library_codec = "libdav1d"),
    H264_ENCODER(card, AV_PIX_FMT_YUV420P),
    DEVICE_DECODER(card, "H264", "h264", .library_codec = "h264", .traits = ROW_HWACCEL),
    DEVICE_DECODER(card, "VP8", "vp8", .library_codec = "vp8", .traits = ROW_HWACCEL),
    H264_ENCODER(vulkan, AV_PIX_FMT_NV12),
    DEVICE_DECODER(vulkan, "H264", "h264", .library_codec = "h264", .traits = ROW_HWACCEL),
    DEVICE_DECODER(vulkan, "VP8", "vp8", .library_codec = "vp8", .traits = ROW_HWACCEL),
};

CODEC_PLUGIN(implementations)
