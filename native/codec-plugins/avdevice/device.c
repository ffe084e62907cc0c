/* Devices: opened once for each process, and asked whether they are well when something on them has failed. */
#include "avdevice.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>

static const char *const any_node[] = {"", NULL};

static bool exists(const char *pattern) {
  glob_t found;
  bool any = glob(pattern, GLOB_NOSORT, NULL, &found) == 0;
  globfree(&found);
  return any;
}

/* With the device's lock. */
static int create_context(struct device *device, char *reason, size_t capacity) {
  if (device->files != NULL && !exists(device->files)) {
    snprintf(reason, capacity, "there is no %s", device->files);
    return AVERROR(ENODEV);
  }
  if (device->type == AV_HWDEVICE_TYPE_NONE) return 0;
  int error = AVERROR(ENODEV);
  char said[160] = "";
  for (const char *const *node = device->nodes == NULL ? any_node : device->nodes; *node != NULL; node++) {
    log_keep(said, sizeof said);
    error = av_hwdevice_ctx_create(&device->context, device->type, **node == 0 ? NULL : *node, NULL, 0);
    log_stop();
    if (error == 0) return 0;
    char words[96];
    snprintf(reason, capacity, "%s cannot be opened%s%s: %s", device->name, **node == 0 ? "" : " at ", *node,
             said[0] != 0 ? said : words_of(error, words, sizeof words));
  }
  return error;
}

int device_open(struct device *device, AVBufferRef **context, char *reason, size_t capacity) {
  *context = NULL;
  pthread_mutex_lock(&device->lock);
  int error = device->context == NULL ? create_context(device, reason, capacity) : 0;
  if (error == 0 && device->context != NULL) {
    *context = av_buffer_ref(device->context);
    if (*context == NULL) error = AVERROR(ENOMEM);
  }
  pthread_mutex_unlock(&device->lock);
  return error;
}

void device_begin(struct device *device) {
  if (device->one_at_a_time) pthread_mutex_lock(&device->work);
}

void device_end(struct device *device) {
  if (device->one_at_a_time) pthread_mutex_unlock(&device->work);
}

int device_frames(const struct device *device, AVBufferRef *context, int width, int height, AVBufferRef **frames) {
  *frames = av_hwframe_ctx_alloc(context);
  if (*frames == NULL) return AVERROR(ENOMEM);
  AVHWFramesContext *settings = (AVHWFramesContext *)(*frames)->data;
  settings->format = device->surfaces;
  settings->sw_format = AV_PIX_FMT_NV12;
  settings->width = width;
  settings->height = height;
  settings->initial_pool_size = device->pool_size;
  int error = av_hwframe_ctx_init(*frames);
  if (error < 0) av_buffer_unref(frames);
  return error;
}

/* One small picture there. */
static int ask(struct device *device, AVBufferRef *context) {
  AVBufferRef *frames = NULL;
  AVFrame *memory = av_frame_alloc();
  AVFrame *surface = av_frame_alloc();
  int error = memory == NULL || surface == NULL ? AVERROR(ENOMEM) : device_frames(device, context, 256, 128, &frames);
  if (error == 0) {
    memory->format = AV_PIX_FMT_NV12;
    memory->width = 256;
    memory->height = 128;
    error = av_frame_get_buffer(memory, 0);
  }
  if (error == 0) error = surface_upload(device, frames, memory, surface);
  av_frame_free(&memory);
  av_frame_free(&surface);
  av_buffer_unref(&frames);
  return error;
}

bool device_is_well(struct device *device) {
  if (device->stand_in != NULL && device->stand_in->ask != NULL && device->stand_in->ask(device) < 0) {
    pthread_mutex_lock(&device->lock);
    av_buffer_unref(&device->context);
    pthread_mutex_unlock(&device->lock);
    return false;
  }
  /* Nothing to ask: the device's own EIO or ENODEV has to be believed. */
  if (device->type == AV_HWDEVICE_TYPE_NONE) return device->stand_in != NULL;
  char reason[128];
  AVBufferRef *context = NULL;
  int error = device_open(device, &context, reason, sizeof reason);
  if (error == 0) error = ask(device, context);
  if (error < 0) {
    pthread_mutex_lock(&device->lock);
    /* Only the one that was asked: another thread may have opened it anew. */
    if (device->context != NULL && context != NULL && device->context->data == context->data) av_buffer_unref(&device->context);
    pthread_mutex_unlock(&device->lock);
  }
  av_buffer_unref(&context);
  return error == 0;
}
