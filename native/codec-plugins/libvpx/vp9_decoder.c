/*
 * Decoding VP9 with libvpx: profile 0 only, which is all that calls use.
 *
 * What will surprise you:
 * - Any VP9 picture may bring a size of its own, up to 65536 x 65536, and the library allocates for it before it looks
 *   at anything else. Pictures may follow one another without an index (spatial layers from RTP), and where the next
 *   begins only the library knows. So its hook for encrypted streams is used: it is called with each header before that
 *   is read, and spoils one that asks for too much.
 * - Of several pictures in one access unit the last is shown.
 */
#include "libvpx.h"
#include "vp9_header.h"

#include <string.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

/*
 * The library asks for pieces of entropy-coded data with at most 9 bytes (its bit reader's buffer), and for headers
 * with up to 80. Two zero bytes behind the access unit, which it skips, make every header that can carry a size longer
 * than the former.
 */
#define MOST_BYTES_OF_DATA 9
#define PADDING 2

static void copy_checked(void *state, const unsigned char *in, unsigned char *out, int count) {
  (void)state;
  memcpy(out, in, (size_t)count);
  if (count > MOST_BYTES_OF_DATA && !vp9_header_is_allowed(in, (size_t)count)) out[0] = 0;
}

static int32_t open_decoder(struct context *context) {
  int32_t status = open_library_decoder(context, vpx_codec_vp9_dx());
  if (status != SHIM_OK) return status;
  vpx_decrypt_init hook = {.decrypt_cb = copy_checked};
  if (vpx_codec_control((vpx_codec_ctx_t *)context->state, VPXD_SET_DECRYPTOR, &hook) == VPX_CODEC_OK) return SHIM_OK;
  free_library_decoder(context);
  return SHIM_E_LIBRARY;
}

static int32_t run_decoder(struct context *context, struct job *job) {
  if (job->in_bytes == NULL) return SHIM_E_PARAMETER;
  const uint8_t *data = job->in_bytes->data;
  size_t size = job->in_size;
  struct vp9_index index;
  vp9_index_read(&index, data, size);
  size_t at = 0;
  for (int32_t i = 0; i < index.count; i++) {
    if (!vp9_header_is_allowed(data + at, index.sizes[i])) return SHIM_E_BITSTREAM;
    at += index.sizes[i];
  }
  if (context->state == NULL) {
    int32_t status = open_decoder(context);
    if (status != SHIM_OK) return status;
  }
  vpx_codec_ctx_t *codec = context->state;
  if (vp9_header_is_key_frame(data, size)) job->out_flags |= SHIM_KEY_FRAME;
  /* Behind an index padding would hide it. */
  size_t padding = index.count == 0 ? PADDING : 0;
  vpx_codec_err_t error = vpx_codec_decode(codec, data, (unsigned)(size + padding), NULL, 0);
  if (error != VPX_CODEC_OK) {
    job->detail = error;
    /* Sizes are checked before, so a lack of memory is what a damaged stream asked for. */
    return SHIM_E_BITSTREAM;
  }
  int32_t status = take_picture(context, codec, job);
  int corrupt = 0;
  if (vpx_codec_control(codec, VP8D_GET_FRAME_CORRUPTED, &corrupt) == VPX_CODEC_OK && corrupt != 0) {
    job->out_flags |= SHIM_CORRUPT;
  }
  return status;
}

const struct codec_operations vp9_decoder_operations = {.run = run_decoder, .free = free_library_decoder};
