/*
 * AV1 decoding with dav1d (AV1 Bitstream & Decoding Process Specification; temporal units in the low-overhead format, section 5.2).
 *
 * What will surprise you:
 * - One thread and no frame delay: each temporal unit gives its picture at once.
 * - Of a damaged unit nothing is shown; a picture that was lost altogether cannot be noticed here: count outside.
 * - After damage the library may show nothing any more, not even of key frames (found by fuzzing). So whatever was wrong, the next key frame gets
 *   a fresh decoder.
 * - Only 8 bits of 4:2:0 (the main profile as calls use it).
 */
#include "entry.h"
#include "plugin.h"

#include <dav1d/dav1d.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct av1_decoder {
  Dav1dContext *codec;
  /* What the planes of the lent frame belong to, until the next job. */
  Dav1dPicture picture;
  /* Something was wrong since the last key frame. */
  bool damaged;
  /* The latest unit showed nothing. */
  bool was_empty;
};

static void free_decoder(struct context *context) {
  struct av1_decoder *decoder = context->state;
  if (decoder == NULL) return;
  dav1d_picture_unref(&decoder->picture);
  dav1d_close(&decoder->codec);
  free(decoder);
  context->state = NULL;
}

static int32_t open_decoder(struct context *context, struct job *job) {
  struct av1_decoder *decoder = calloc(1, sizeof *decoder);
  if (decoder == NULL) return SHIM_E_MEMORY;
  Dav1dSettings settings;
  dav1d_default_settings(&settings);
  settings.n_threads = 1;
  settings.max_frame_delay = 1;
  settings.all_layers = 0;
  settings.frame_size_limit = (unsigned)SHIM_MAX_DIMENSION * SHIM_MAX_DIMENSION;
  settings.logger.callback = NULL;
  job->detail = dav1d_open(&decoder->codec, &settings);
  if (job->detail < 0) {
    free(decoder);
    return SHIM_E_LIBRARY;
  }
  context->state = decoder;
  return SHIM_OK;
}

/* Keeps the latest picture that the library has ready. 0 or the library's error. */
static int take_pictures(struct av1_decoder *decoder) {
  for (;;) {
    Dav1dPicture picture;
    memset(&picture, 0, sizeof picture);
    int error = dav1d_get_picture(decoder->codec, &picture);
    if (error == DAV1D_ERR(EAGAIN)) return 0;
    if (error < 0) return error;
    dav1d_picture_unref(&decoder->picture);
    decoder->picture = picture;
  }
}

static int decode(struct av1_decoder *decoder, const struct job *job) {
  Dav1dData data;
  memset(&data, 0, sizeof data);
  uint8_t *bytes = dav1d_data_create(&data, job->in_size);
  if (bytes == NULL) return DAV1D_ERR(ENOMEM);
  memcpy(bytes, job->in_bytes->data, job->in_size);
  int error = 0;
  while (error == 0 && data.sz > 0) {
    error = dav1d_send_data(decoder->codec, &data);
    if (error == DAV1D_ERR(EAGAIN)) error = 0;
    int taken = take_pictures(decoder);
    if (error == 0) error = taken;
  }
  dav1d_data_unref(&data);
  return error;
}

static int32_t run_decoder(struct context *context, struct job *job) {
  struct av1_decoder *before = context->state;
  if (before != NULL && (before->damaged || before->was_empty) && av1_is_entry(job->in_bytes->data, job->in_size)) {
    free_decoder(context);
  }
  if (context->state == NULL) {
    int32_t status = open_decoder(context, job);
    if (status != SHIM_OK) return status;
  }
  struct av1_decoder *decoder = context->state;
  dav1d_picture_unref(&decoder->picture);
  int error = decode(decoder, job);
  decoder->was_empty = decoder->picture.data[0] == NULL;
  if (error < 0) {
    job->detail = error;
    decoder->damaged = true;
    job->out_flags |= SHIM_CORRUPT;
    return error == DAV1D_ERR(ENOMEM) ? SHIM_E_MEMORY : SHIM_E_BITSTREAM;
  }
  const Dav1dPicture *picture = &decoder->picture;
  if (picture->data[0] == NULL) {
    if (decoder->damaged) job->out_flags |= SHIM_CORRUPT;
    return SHIM_OK;
  }
  bool key = picture->frame_hdr->frame_type == DAV1D_FRAME_TYPE_KEY;
  if (key) decoder->damaged = false;
  if (decoder->damaged) job->out_flags |= SHIM_CORRUPT;
  bool usable = picture->p.layout == DAV1D_PIXEL_LAYOUT_I420 && picture->p.bpc == 8 && picture->p.w >= 1 &&
                picture->p.h >= 1 && picture->p.w <= SHIM_MAX_DIMENSION && picture->p.h <= SHIM_MAX_DIMENSION;
  if (!usable) return SHIM_E_BITSTREAM;
  struct frame *frame = frame_create(context->engine, picture->p.w, picture->p.h, job->timestamp_rtp90k);
  if (frame == NULL) return SHIM_E_MEMORY;
  uint8_t *const planes[3] = {picture->data[0], picture->data[1], picture->data[2]};
  frame_lend(context, frame, planes, (int32_t)picture->stride[0], (int32_t)picture->stride[1]);
  job->out_frame = frame;
  if (key) job->out_flags |= SHIM_KEY_FRAME;
  return SHIM_OK;
}

static const struct codec_operations operations = {.run = run_decoder, .free = free_decoder};

static void version(char *text, size_t capacity) { snprintf(text, capacity, "%s", dav1d_version()); }

static const struct codec_implementation implementations[] = {
    {.name = "dav1d",
     .codec = "AV1",
     .direction = CODEC_DECODE,
     .library = "dav1d",
     .spatial_layers = 1,
     .temporal_layers = 1,
     .version = version,
     .operations = &operations},
};

CODEC_PLUGIN(implementations)
