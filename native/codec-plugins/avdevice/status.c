/*
 * Errors of libavcodec as statuses of the shim. libavcodec has few numbers for many causes: what NVENC answers to one session too many
 * is its "out of memory", V4L2's is "busy", and a lost device is a general external error or EIO.
 */
#include "avdevice.h"

#include <errno.h>
#include <libavutil/error.h>
#include <stdio.h>

const char *words_of(int error, char *text, size_t capacity) {
  av_strerror(error, text, capacity);
  return text;
}

static bool may_be_loss(int error) {
  return error == AVERROR_EXTERNAL || error == AVERROR_UNKNOWN || error == AVERROR(EIO) || error == AVERROR(ENODEV) ||
         error == AVERROR(ENXIO);
}

/* A damaged stream brings the same numbers as a lost device: the device itself is asked. */
static int32_t status_of(struct device *device, int error) {
  return may_be_loss(error) && !device_is_well(device) ? SHIM_E_DEVICE_LOST : SHIM_E_LIBRARY;
}

int32_t status_of_open(struct device *device, int error) {
  bool is_full = error == AVERROR(ENOMEM) || error == AVERROR(EBUSY) || error == AVERROR(ENOSPC) || error == AVERROR(EAGAIN);
  return is_full ? SHIM_E_SESSION_LIMIT : status_of(device, error);
}

int32_t status_of_encode(struct device *device, int error) { return status_of(device, error); }

int32_t status_of_decode(struct device *device, int error) {
  /* The others are what libavcodec's own decoders say of headers that make no sense. */
  bool is_damage = error == AVERROR_INVALIDDATA || error == AVERROR(EINVAL) || error == AVERROR_PATCHWELCOME ||
                   error == AVERROR_EOF;
  return is_damage ? SHIM_E_BITSTREAM : status_of(device, error);
}
