/*
 * Pictures that lie in a device's memory: copied to planes once, for whoever is the first to need them, and given back by a pool
 * thread, because the last picture of a decoder takes the device's memory with it.
 */
#include "internal.h"

#include <stdlib.h>

struct frame *frame_on_device(struct engine *engine, int32_t width, int32_t height, int64_t timestamp_rtp90k,
                              struct device_picture *picture) {
  struct frame *frame = calloc(1, sizeof *frame);
  if (frame == NULL) return NULL;
  frame->references = 1;
  frame->width = width;
  frame->height = height;
  frame->timestamp_rtp90k = timestamp_rtp90k;
  frame->device = picture;
  pthread_mutex_lock(&engine->lock);
  engine->live.frames++;
  pthread_mutex_unlock(&engine->lock);
  return frame;
}

static int32_t download(struct engine *engine, const struct frame *frame, struct frame *planes) {
  *planes = (struct frame){.width = frame->width, .height = frame->height};
  planes->block = block_take(engine, frame_bytes(frame->width, frame->height));
  if (planes->block == NULL) return SHIM_E_MEMORY;
  frame_use_own_planes(planes);
  return frame->device->operations->download(frame->device, planes);
}

int32_t frame_planes(struct engine *engine, struct frame *frame) {
  if (frame->device == NULL) return SHIM_OK;
  pthread_mutex_lock(&engine->lock);
  while (frame->downloading) pthread_cond_wait(&engine->unread, &engine->lock);
  int32_t status = SHIM_OK;
  if (frame->block == NULL) {
    frame->downloading = true;
    pthread_mutex_unlock(&engine->lock);
    struct frame planes;
    status = download(engine, frame, &planes);
    pthread_mutex_lock(&engine->lock);
    frame->downloading = false;
    if (status == SHIM_OK) {
      frame->block = planes.block;
      frame_use_own_planes(frame);
    } else {
      block_release_locked(engine, planes.block);
    }
    pthread_cond_broadcast(&engine->unread);
  }
  pthread_mutex_unlock(&engine->lock);
  return status;
}

void device_picture_release_locked(struct engine *engine, struct device_picture *picture) {
  picture->next = engine->dead_pictures;
  engine->dead_pictures = picture;
  pthread_cond_signal(&engine->work);
}

void device_pictures_free(struct engine *engine) {
  struct device_picture *picture = engine->dead_pictures;
  engine->dead_pictures = NULL;
  pthread_mutex_unlock(&engine->lock);
  while (picture != NULL) {
    struct device_picture *next = picture->next;
    picture->operations->free(picture);
    picture = next;
  }
  pthread_mutex_lock(&engine->lock);
}
