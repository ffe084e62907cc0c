/*
 * The same encode without Node, without the shim's core and without threads: a loop that reads pictures and calls one codec plugin, whose
 * own sources are linked in. What the engine costs over it is the price of the binding (`codecs.binding-overhead`).
 *
 *   encode IMPLEMENTATION SETTINGS FRAMES_PER_SECOND INPUT PICTURES [OUTPUT]
 *
 * SETTINGS are the int32 fields of struct shim_settings, with commas between; INPUT is tightly packed I420.
 *
 * What will surprise you: a plugin asks its core for blocks and frames, so this file is a core too, the smallest that an encoder needs:
 * one block is kept for the next picture's bytes.
 */
#include "plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTINGS ((int)(sizeof(struct shim_settings) / sizeof(int32_t)))

/* Of plugin.h only a name; a plugin hands it back and never looks in. */
struct engine {
  struct block *spare;
};

static size_t round_up(size_t value, size_t step) { return (value + step - 1) / step * step; }

static struct block *take(struct engine *engine, size_t bytes) {
  struct block *block = engine->spare;
  engine->spare = NULL;
  if (block != NULL && block->capacity >= bytes) return block;
  free(block);
  size_t capacity = round_up(bytes == 0 ? 1 : bytes, 4096);
  block = aligned_alloc(64, 64 + capacity);
  if (block == NULL) return NULL;
  *block = (struct block){.capacity = capacity, .data = (uint8_t *)block + 64};
  return block;
}

static void release(struct engine *engine, struct block *block) {
  if (block == NULL) return;
  free(engine->spare);
  engine->spare = block;
}

/* Encoders make no pictures and lend none. */
static struct frame *no_frame(struct engine *engine, int32_t width, int32_t height, int64_t timestamp_rtp90k) {
  (void)engine, (void)width, (void)height, (void)timestamp_rtp90k;
  return NULL;
}
static void no_release(struct engine *engine, struct frame *frame) { (void)engine, (void)frame; }
static void no_lend(struct context *lender, struct frame *frame, uint8_t *const planes[3], int32_t stride_y, int32_t stride_uv) {
  (void)lender, (void)frame, (void)planes, (void)stride_y, (void)stride_uv;
}

static const struct codec_core core = {
    .block_take = take,
    .block_release = release,
    .frame_create = no_frame,
    .frame_release = no_release,
    .frame_lend = no_lend,
};

static int fail(const char *what) {
  fprintf(stderr, "encode: %s\n", what);
  return 1;
}

static const struct codec_implementation *find_encoder(const char *name) {
  const struct codec_plugin *plugin = codec_plugin_entry(&core);
  for (int32_t i = 0; i < plugin->implementation_count; i++) {
    const struct codec_implementation *implementation = &plugin->implementations[i];
    if (implementation->direction == CODEC_ENCODE && strcmp(implementation->name, name) == 0) return implementation;
  }
  return NULL;
}

static int parse_settings(char *text, struct shim_settings *settings) {
  int32_t fields[sizeof *settings / sizeof(int32_t)];
  int count = 0;
  for (char *part = strtok(text, ","); part != NULL && count < SETTINGS; part = strtok(NULL, ",")) {
    fields[count++] = (int32_t)strtol(part, NULL, 10);
  }
  memcpy(settings, fields, sizeof fields);
  return count == SETTINGS;
}

/* Rows of 64-byte alignment, as the engine's own frames have. */
static int make_picture(const struct shim_settings *settings, struct frame *frame) {
  size_t stride_y = round_up((size_t)settings->width, 64);
  size_t stride_uv = round_up(((size_t)settings->width + 1) / 2, 64);
  size_t size_y = stride_y * (size_t)settings->height;
  size_t size_uv = stride_uv * (((size_t)settings->height + 1) / 2);
  uint8_t *data = aligned_alloc(64, round_up(size_y + 2 * size_uv, 64));
  if (data == NULL) return 0;
  *frame = (struct frame){.references = 1,
                          .width = settings->width,
                          .height = settings->height,
                          .stride_y = (int32_t)stride_y,
                          .stride_uv = (int32_t)stride_uv,
                          .y = data,
                          .u = data + size_y,
                          .v = data + size_y + size_uv};
  return 1;
}

static int read_plane(FILE *input, uint8_t *plane, int32_t stride, int32_t width, int32_t height) {
  for (int32_t row = 0; row < height; row++) {
    if (fread(plane + (size_t)row * (size_t)stride, 1, (size_t)width, input) != (size_t)width) return 0;
  }
  return 1;
}

static int read_picture(FILE *input, const struct frame *frame) {
  int32_t chroma_width = (frame->width + 1) / 2;
  int32_t chroma_height = (frame->height + 1) / 2;
  return read_plane(input, frame->y, frame->stride_y, frame->width, frame->height) &&
         read_plane(input, frame->u, frame->stride_uv, chroma_width, chroma_height) &&
         read_plane(input, frame->v, frame->stride_uv, chroma_width, chroma_height);
}

int main(int count, char **arguments) {
  if (count < 6) return fail("usage: IMPLEMENTATION SETTINGS FRAMES_PER_SECOND INPUT PICTURES [OUTPUT]");
  const struct codec_implementation *implementation = find_encoder(arguments[1]);
  struct shim_settings settings;
  if (implementation == NULL) return fail("no such encoder");
  if (!parse_settings(arguments[2], &settings)) return fail("too few settings");
  double frames_per_second = strtod(arguments[3], NULL);
  FILE *input = fopen(arguments[4], "rb");
  long pictures = strtol(arguments[5], NULL, 10);
  FILE *output = count > 6 ? fopen(arguments[6], "wb") : NULL;
  struct frame frame;
  if (input == NULL || (count > 6 && output == NULL)) return fail("a file cannot be opened");
  if (!make_picture(&settings, &frame)) return fail("out of memory");

  struct engine engine = {NULL};
  struct context context = {.engine = &engine, .implementation = implementation};
  for (long number = 0; number < pictures; number++) {
    if (!read_picture(input, &frame)) return fail("the input ends early");
    frame.timestamp_rtp90k = (int64_t)((double)number * 90000.0 / frames_per_second + 0.5);
    struct job job = {
        .kind = JOB_CODEC, .in_frame = &frame, .timestamp_rtp90k = frame.timestamp_rtp90k, .settings = settings};
    if (implementation->operations->run(&context, &job) != SHIM_OK) return fail("the encoder failed");
    if (job.out_bytes != NULL && output != NULL) fwrite(job.out_bytes->data, 1, job.out_size, output);
    release(&engine, job.out_bytes);
  }
  implementation->operations->free(&context);
  free(engine.spare);
  free(frame.y);
  fclose(input);
  return output != NULL && fclose(output) != 0 ? fail("the output cannot be written") : 0;
}
