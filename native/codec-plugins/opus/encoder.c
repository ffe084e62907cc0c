/*
 * Opus encoding with libopus (RFC 6716).
 *
 * What will surprise you: rate, channels, frame length and application stay what they were at the first frame; all else may change
 * from frame to frame. Samples may be 16-bit in one frame and float in the next.
 */
#include "opus_plugin.h"
#include "pcm.h"

#include <opus/opus.h>
#include <stdlib.h>

/* What libopus' documentation recommends as room; the longest packet of 60 ms at 510 kbit/s stays below. */
#define MAX_PACKET_BYTES 4000

struct encoder {
  OpusEncoder *codec;
  /* What it runs with. */
  struct shim_settings settings;
  bool is_configured;
};

bool opus_accepts_encoder(const struct shim_settings *settings) {
  if (!opus_accepts_format(settings)) return false;
  /* Frames of 2.5, 5, 10, 20, 40 and 60 ms (RFC 6716 section 2.1.4); 2.5 ms are a whole number of samples at every rate. */
  int32_t shortest = settings->sample_rate / 400;
  int32_t frame = settings->frame_samples;
  if (frame != shortest && frame != 2 * shortest && frame != 4 * shortest && frame != 8 * shortest &&
      frame != 16 * shortest && frame != 24 * shortest) {
    return false;
  }
  if (settings->target_bps != 0 && (settings->target_bps < 6000 || settings->target_bps > 510000)) return false;
  if (settings->complexity != SHIM_DEFAULT && (settings->complexity < 0 || settings->complexity > 10)) return false;
  if (settings->application < 0 || settings->application > 2) return false;
  return settings->expected_loss_percent >= 0 && settings->expected_loss_percent <= 100;
}

static void free_encoder(struct context *context) {
  struct encoder *encoder = context->state;
  if (encoder == NULL) return;
  opus_encoder_destroy(encoder->codec);
  free(encoder);
  context->state = NULL;
}

static int32_t open_encoder(struct context *context, struct job *job) {
  static const int applications[] = {OPUS_APPLICATION_VOIP, OPUS_APPLICATION_AUDIO,
                                     OPUS_APPLICATION_RESTRICTED_LOWDELAY};
  const struct shim_settings *settings = &job->settings;
  struct encoder *encoder = calloc(1, sizeof *encoder);
  if (encoder == NULL) return SHIM_E_MEMORY;
  int error = OPUS_OK;
  encoder->codec =
      opus_encoder_create(settings->sample_rate, settings->channels, applications[settings->application], &error);
  if (encoder->codec == NULL) {
    free(encoder);
    job->detail = error;
    return error == OPUS_ALLOC_FAIL ? SHIM_E_MEMORY : SHIM_E_LIBRARY;
  }
  context->state = encoder;
  return SHIM_OK;
}

/* Only what differs is told: a control that changes nothing may still reset part of the encoder. */
static int apply_settings(struct encoder *encoder, const struct shim_settings *wanted) {
  const struct shim_settings *running = &encoder->settings;
  bool all = !encoder->is_configured;
  int error = OPUS_OK;
  if (all || running->target_bps != wanted->target_bps) {
    error = opus_encoder_ctl(encoder->codec, OPUS_SET_BITRATE(wanted->target_bps == 0 ? OPUS_AUTO : wanted->target_bps));
  }
  if (error == OPUS_OK && (all || running->variable_bitrate != wanted->variable_bitrate)) {
    error = opus_encoder_ctl(encoder->codec, OPUS_SET_VBR(wanted->variable_bitrate != 0));
  }
  if (error == OPUS_OK && (all || running->in_band_fec != wanted->in_band_fec)) {
    error = opus_encoder_ctl(encoder->codec, OPUS_SET_INBAND_FEC(wanted->in_band_fec != 0));
  }
  if (error == OPUS_OK && (all || running->expected_loss_percent != wanted->expected_loss_percent)) {
    error = opus_encoder_ctl(encoder->codec, OPUS_SET_PACKET_LOSS_PERC(wanted->expected_loss_percent));
  }
  if (error == OPUS_OK && (all || running->dtx != wanted->dtx)) {
    error = opus_encoder_ctl(encoder->codec, OPUS_SET_DTX(wanted->dtx != 0));
  }
  if (error == OPUS_OK && wanted->complexity != SHIM_DEFAULT && (all || running->complexity != wanted->complexity)) {
    error = opus_encoder_ctl(encoder->codec, OPUS_SET_COMPLEXITY(wanted->complexity));
  }
  if (error == OPUS_OK) {
    encoder->settings = *wanted;
    encoder->is_configured = true;
  }
  return error;
}

static int32_t run_encoder(struct context *context, struct job *job) {
  const struct shim_settings *settings = &job->settings;
  if (job->in_bytes == NULL || !pcm_has(job, settings->frame_samples)) return SHIM_E_PARAMETER;
  if (context->state == NULL) {
    int32_t status = open_encoder(context, job);
    if (status != SHIM_OK) return status;
  }
  struct encoder *encoder = context->state;
  int error = apply_settings(encoder, settings);
  if (error != OPUS_OK) {
    job->detail = error;
    return SHIM_E_LIBRARY;
  }
  struct block *block = block_take(context->engine, MAX_PACKET_BYTES);
  if (block == NULL) return SHIM_E_MEMORY;
  const void *pcm = job->in_bytes->data;
  opus_int32 bytes = settings->float_samples != 0
                         ? opus_encode_float(encoder->codec, pcm, settings->frame_samples, block->data, MAX_PACKET_BYTES)
                         : opus_encode(encoder->codec, pcm, settings->frame_samples, block->data, MAX_PACKET_BYTES);
  if (bytes < 1) {
    block_release(context->engine, block);
    job->detail = bytes;
    return SHIM_E_LIBRARY;
  }
  job->out_bytes = block;
  job->out_size = (size_t)bytes;
  job->samples = settings->frame_samples;
  /* One byte or two is what libopus makes of a frame that need not be sent; without DTX it may be a very small packet. */
  if (settings->dtx != 0 && bytes <= 2) job->out_flags |= SHIM_SILENT;
  return SHIM_OK;
}

const struct codec_operations opus_encoder_operations = {.run = run_encoder, .free = free_encoder};
