/* Blocks that are reused, and the reference-counted I420 pictures that live in them. */
#include "internal.h"

#include <libyuv.h>
#include <stdlib.h>

#define ALIGNMENT 64
/* What the free list keeps at most: enough for a dozen 720p pictures and the bitstreams between them. */
#define SPARE_BLOCKS 32u
#define SPARE_BYTES ((size_t)48 << 20)

static size_t round_up(size_t value, size_t step) { return (value + step - 1) / step * step; }

/* The smallest spare block that fits without wasting more than half of itself. */
static struct block *take_spare_locked(struct block_list *list, size_t bytes) {
  struct block **best = NULL;
  for (struct block **link = &list->first; *link != NULL; link = &(*link)->next) {
    size_t capacity = (*link)->capacity;
    if (capacity < bytes || capacity / 2 > bytes) continue;
    if (best == NULL || capacity < (*best)->capacity) best = link;
  }
  if (best == NULL) return NULL;
  struct block *block = *best;
  *best = block->next;
  block->next = NULL;
  list->count--;
  list->bytes -= block->capacity;
  return block;
}

struct block *block_take(struct engine *engine, size_t bytes) {
  /* Bitstreams of similar length share blocks. */
  size_t capacity = round_up(bytes == 0 ? 1 : bytes, 4096);
  pthread_mutex_lock(&engine->lock);
  struct block *block = take_spare_locked(&engine->spare_blocks, capacity);
  pthread_mutex_unlock(&engine->lock);
  if (block != NULL) return block;
  block = aligned_alloc(ALIGNMENT, ALIGNMENT + capacity);
  if (block == NULL) return NULL;
  *block = (struct block){.capacity = capacity, .data = (uint8_t *)block + ALIGNMENT};
  return block;
}

void block_release_locked(struct engine *engine, struct block *block) {
  if (block == NULL) return;
  struct block_list *list = &engine->spare_blocks;
  if (list->count >= SPARE_BLOCKS || list->bytes + block->capacity > SPARE_BYTES) {
    free(block);
    return;
  }
  block->next = list->first;
  list->first = block;
  list->count++;
  list->bytes += block->capacity;
}

void block_release(struct engine *engine, struct block *block) {
  pthread_mutex_lock(&engine->lock);
  block_release_locked(engine, block);
  pthread_mutex_unlock(&engine->lock);
}

void block_list_free(struct block_list *list) {
  while (list->first != NULL) {
    struct block *block = list->first;
    list->first = block->next;
    free(block);
  }
  *list = (struct block_list){0};
}

size_t frame_bytes(int32_t width, int32_t height) {
  size_t size_y = round_up((size_t)width, ALIGNMENT) * (size_t)height;
  size_t size_uv = round_up(((size_t)width + 1) / 2, ALIGNMENT) * (((size_t)height + 1) / 2);
  return size_y + 2 * size_uv;
}

void frame_use_own_planes(struct frame *frame) {
  size_t stride_y = round_up((size_t)frame->width, ALIGNMENT);
  size_t stride_uv = round_up(((size_t)frame->width + 1) / 2, ALIGNMENT);
  frame->stride_y = (int32_t)stride_y;
  frame->stride_uv = (int32_t)stride_uv;
  frame->y = frame->block->data;
  frame->u = frame->y + stride_y * (size_t)frame->height;
  frame->v = frame->u + stride_uv * (((size_t)frame->height + 1) / 2);
}

struct frame *frame_create(struct engine *engine, int32_t width, int32_t height, int64_t timestamp_rtp90k) {
  struct frame *frame = calloc(1, sizeof *frame);
  if (frame == NULL) return NULL;
  frame->block = block_take(engine, frame_bytes(width, height));
  if (frame->block == NULL) {
    free(frame);
    return NULL;
  }
  frame->references = 1;
  frame->width = width;
  frame->height = height;
  frame_use_own_planes(frame);
  frame->timestamp_rtp90k = timestamp_rtp90k;
  pthread_mutex_lock(&engine->lock);
  engine->live.frames++;
  pthread_mutex_unlock(&engine->lock);
  return frame;
}

void frame_lend(struct context *lender, struct frame *frame, uint8_t *const planes[3], int32_t stride_y,
                int32_t stride_uv) {
  struct core_context *context = (struct core_context *)lender;
  frame->y = planes[0];
  frame->u = planes[1];
  frame->v = planes[2];
  frame->stride_y = stride_y;
  frame->stride_uv = stride_uv;
  pthread_mutex_lock(&lender->engine->lock);
  frame->lender = lender;
  context->lent = frame;
  pthread_mutex_unlock(&lender->engine->lock);
}

void frame_take_back(struct core_context *lender) {
  struct engine *engine = lender->shared.engine;
  pthread_mutex_lock(&engine->lock);
  /* Readers run on other threads and end by themselves; the frame may be gone with the last of them. */
  while (lender->lent != NULL && lender->lent->readers > 0) pthread_cond_wait(&engine->unread, &engine->lock);
  struct frame *frame = lender->lent;
  if (frame != NULL) {
    /* Under the lock, so that nobody begins to read meanwhile: 0.15 ms at 720p, and only for a picture that was kept. */
    struct frame lent = *frame;
    frame_use_own_planes(frame);
    I420Copy(lent.y, lent.stride_y, lent.u, lent.stride_uv, lent.v, lent.stride_uv, frame->y, frame->stride_y, frame->u,
             frame->stride_uv, frame->v, frame->stride_uv, frame->width, frame->height);
    frame->lender = NULL;
    lender->lent = NULL;
  }
  pthread_mutex_unlock(&engine->lock);
}

void frame_begin_read(struct frame *frame) { frame->readers++; }

void frame_end_read(struct engine *engine, struct frame *frame) {
  if (--frame->readers == 0 && frame->lender != NULL) pthread_cond_broadcast(&engine->unread);
}

void frame_release_locked(struct engine *engine, struct frame *frame) {
  if (frame == NULL || --frame->references > 0) return;
  if (frame->lender != NULL) ((struct core_context *)frame->lender)->lent = NULL;
  if (frame->device != NULL) device_picture_release_locked(engine, frame->device);
  block_release_locked(engine, frame->block);
  engine->live.frames--;
  free(frame);
}

void frame_release(struct engine *engine, struct frame *frame) {
  pthread_mutex_lock(&engine->lock);
  frame_release_locked(engine, frame);
  pthread_mutex_unlock(&engine->lock);
}
