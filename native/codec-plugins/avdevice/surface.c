/*
 * Pictures on a device, as the core sees them: an AVFrame that holds everything it needs (its pool, the device), so it may outlive the
 * decoder that made it.
 *
 * What will surprise you: scalers belong to the source of the pictures (a decoder with one pool), not to the device, so that they and what
 * they keep there are gone with the decoder and its last picture. A cache for each device would keep memory of streams that ended; one in
 * FFmpeg's own pool would keep the pool, which its graphs refer to.
 */
#include "avdevice.h"
#include "avcodec/avcodec_plugin.h"

#include <libyuv.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Sizes that one stream is scaled to at a time; more of them are scaled in memory. */
#define MAX_SCALERS 8

struct scaled_to {
  pthread_mutex_t lock;
  int width;
  int height;
  int32_t filter;
  /* NULL where the device cannot. */
  struct scaler *scaler;
  struct source *results;
};

struct source {
  atomic_int references;
  struct device *device;
  pthread_mutex_t lock;
  int scaled_count;
  struct scaled_to scaled[MAX_SCALERS];
};

struct surface {
  struct device_picture shared;
  AVFrame *picture;
  struct source *source;
};

void source_release(struct source *source) {
  if (source == NULL || atomic_fetch_sub(&source->references, 1) > 1) return;
  for (int i = 0; i < source->scaled_count; i++) {
    scaler_close(source->scaled[i].scaler);
    source_release(source->scaled[i].results);
    pthread_mutex_destroy(&source->scaled[i].lock);
  }
  pthread_mutex_destroy(&source->lock);
  free(source);
}

struct source *source_create(struct device *device) {
  struct source *source = calloc(1, sizeof *source);
  if (source == NULL) return NULL;
  atomic_init(&source->references, 1);
  source->device = device;
  pthread_mutex_init(&source->lock, NULL);
  return source;
}

bool surface_to_planes(const AVFrame *picture, const struct frame *into) {
  if (picture->format == AV_PIX_FMT_NV12) {
    return NV12ToI420(picture->data[0], picture->linesize[0], picture->data[1], picture->linesize[1], into->y, into->stride_y,
                      into->u, into->stride_uv, into->v, into->stride_uv, into->width, into->height) == 0;
  }
  if (picture->format == AV_PIX_FMT_YUV420P || picture->format == AV_PIX_FMT_YUVJ420P) {
    return I420Copy(picture->data[0], picture->linesize[0], picture->data[1], picture->linesize[1], picture->data[2],
                    picture->linesize[2], into->y, into->stride_y, into->u, into->stride_uv, into->v, into->stride_uv,
                    into->width, into->height) == 0;
  }
  return conversion_of(picture) == CONVERSION_COPY && convert_picture(picture, (struct frame *)into) == 0;
}

void surface_from_planes(const struct frame *planes, AVFrame *picture) {
  if (picture->format == AV_PIX_FMT_NV12) {
    I420ToNV12(planes->y, planes->stride_y, planes->u, planes->stride_uv, planes->v, planes->stride_uv, picture->data[0],
               picture->linesize[0], picture->data[1], picture->linesize[1], planes->width, planes->height);
  } else {
    I420Copy(planes->y, planes->stride_y, planes->u, planes->stride_uv, planes->v, planes->stride_uv, picture->data[0],
             picture->linesize[0], picture->data[1], picture->linesize[1], picture->data[2], picture->linesize[2],
             planes->width, planes->height);
  }
}

int surface_transfer(struct device *device, AVFrame *to, const AVFrame *from) {
  device_begin(device);
  int error = av_hwframe_transfer_data(to, from, 0);
  device_end(device);
  return error;
}

int surface_upload(struct device *device, AVBufferRef *frames, const AVFrame *memory, AVFrame *surface) {
  int error = av_hwframe_get_buffer(frames, surface, 0);
  if (error < 0) return error;
  surface->width = memory->width;
  surface->height = memory->height;
  return surface_transfer(device, surface, memory);
}

static int32_t download(struct device_picture *picture, const struct frame *into) {
  const struct surface *surface = (const struct surface *)picture;
  struct device *device = surface->source->device;
  if (device->stand_in != NULL && device->stand_in->count_download != NULL) device->stand_in->count_download(device);
  if (surface->picture->hw_frames_ctx == NULL) return surface_to_planes(surface->picture, into) ? SHIM_OK : SHIM_E_LIBRARY;
  AVFrame *memory = av_frame_alloc();
  if (memory == NULL) return SHIM_E_MEMORY;
  int32_t status = SHIM_OK;
  int error = surface_transfer(device, memory, surface->picture);
  if (error < 0) {
    status = status_of_encode(device, error);
  } else if (!surface_to_planes(memory, into)) {
    status = SHIM_E_LIBRARY;
  }
  av_frame_free(&memory);
  return status;
}

static void free_surface(struct device_picture *picture) {
  struct surface *surface = (struct surface *)picture;
  av_frame_free(&surface->picture);
  source_release(surface->source);
  free(surface);
}

/* The place of a size, made where there is room; its lock is then held. */
static struct scaled_to *place_of(struct source *source, const AVFrame *like, int width, int height, int32_t filter) {
  pthread_mutex_lock(&source->lock);
  struct scaled_to *place = NULL;
  for (int i = 0; i < source->scaled_count; i++) {
    struct scaled_to *one = &source->scaled[i];
    if (one->width == width && one->height == height && one->filter == filter) place = one;
  }
  bool is_new = place == NULL && source->scaled_count < MAX_SCALERS;
  if (is_new) {
    place = &source->scaled[source->scaled_count++];
    *place = (struct scaled_to){.width = width, .height = height, .filter = filter};
    pthread_mutex_init(&place->lock, NULL);
  }
  if (place != NULL) pthread_mutex_lock(&place->lock);
  pthread_mutex_unlock(&source->lock);
  if (is_new) {
    place->results = source_create(source->device);
    if (place->results != NULL) place->scaler = scaler_open(source->device, like, width, height, filter);
  }
  return place;
}

static struct surface *surface_create(struct source *source, const AVFrame *picture);

static struct device_picture *scale(struct device_picture *picture, int32_t width, int32_t height, int32_t filter) {
  struct surface *surface = (struct surface *)picture;
  struct source *source = surface->source;
  if (width == surface->picture->width && height == surface->picture->height) {
    struct surface *same = surface_create(source, surface->picture);
    return same == NULL ? NULL : &same->shared;
  }
  if (source->device->scale_filter == NULL || surface->picture->hw_frames_ctx == NULL) return NULL;
  struct scaled_to *place = place_of(source, surface->picture, width, height, filter);
  if (place == NULL) return NULL;
  AVFrame *scaled = place->scaler == NULL ? NULL : av_frame_alloc();
  struct surface *result = NULL;
  if (scaled != NULL) {
    device_begin(source->device);
    int error = scaler_run(place->scaler, surface->picture, scaled);
    device_end(source->device);
    if (error == 0) result = surface_create(place->results, scaled);
  }
  pthread_mutex_unlock(&place->lock);
  av_frame_free(&scaled);
  return result == NULL ? NULL : &result->shared;
}

static const struct device_picture_operations operations = {.download = download, .scale = scale, .free = free_surface};

/* With references of its own. */
static struct surface *surface_create(struct source *source, const AVFrame *picture) {
  struct surface *surface = calloc(1, sizeof *surface);
  if (surface == NULL) return NULL;
  surface->shared.operations = &operations;
  surface->picture = av_frame_clone(picture);
  if (surface->picture == NULL) {
    free(surface);
    return NULL;
  }
  surface->source = source;
  atomic_fetch_add(&source->references, 1);
  return surface;
}

const AVFrame *surface_of(const struct frame *frame, const struct device *device) {
  if (frame->device == NULL || frame->device->operations != &operations) return NULL;
  const struct surface *surface = (const struct surface *)frame->device;
  return surface->source->device == device ? surface->picture : NULL;
}

struct frame *surface_hand_out(struct engine *engine, struct source *source, const AVFrame *picture, int64_t timestamp_rtp90k) {
  struct surface *surface = surface_create(source, picture);
  if (surface == NULL) return NULL;
  struct frame *frame = frame_on_device(engine, picture->width, picture->height, timestamp_rtp90k, &surface->shared);
  if (frame == NULL) free_surface(&surface->shared);
  return frame;
}
