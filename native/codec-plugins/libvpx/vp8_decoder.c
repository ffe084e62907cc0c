/*
 * Decoding VP8 with libvpx (RFC 6386).
 *
 * What will surprise you: a decoder hides a damaged picture rather than failing, and every picture predicted from it
 * stays marked as corrupt until the next key frame.
 */
#include "libvpx.h"

#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

static int32_t run_decoder(struct context *context, struct job *job) {
  if (job->in_bytes == NULL) return SHIM_E_PARAMETER;
  if (context->state == NULL) {
    int32_t status = open_library_decoder(context, vpx_codec_vp8_dx());
    if (status != SHIM_OK) return status;
  }
  vpx_codec_ctx_t *codec = context->state;
  const uint8_t *data = job->in_bytes->data;
  /* The first bit of the frame tag is 0 for a key frame (RFC 6386 section 9.1), which alone carries a size. */
  if ((data[0] & 1) == 0) {
    vpx_codec_stream_info_t info = {.sz = sizeof info};
    vpx_codec_err_t error = vpx_codec_peek_stream_info(vpx_codec_vp8_dx(), data, (unsigned)job->in_size, &info);
    if (error != VPX_CODEC_OK || info.w > SHIM_MAX_DIMENSION || info.h > SHIM_MAX_DIMENSION) {
      job->detail = error;
      return SHIM_E_BITSTREAM;
    }
    job->out_flags |= SHIM_KEY_FRAME;
  }
  vpx_codec_err_t error = vpx_codec_decode(codec, data, (unsigned)job->in_size, NULL, 0);
  if (error != VPX_CODEC_OK) {
    job->detail = error;
    /* Sizes are checked before, so a lack of memory is what a damaged stream asked for. */
    return SHIM_E_BITSTREAM;
  }
  int corrupt = 0;
  if (vpx_codec_control(codec, VP8D_GET_FRAME_CORRUPTED, &corrupt) == VPX_CODEC_OK && corrupt != 0) {
    job->out_flags |= SHIM_CORRUPT;
  }
  return take_picture(context, codec, job);
}

const struct codec_operations vp8_decoder_operations = {.run = run_decoder, .free = free_library_decoder};
