/* What the files of this plugin share. */
#ifndef COMMUCAT_LIBVPX_H
#define COMMUCAT_LIBVPX_H

#include "plugin.h"
#include "picture_clock.h"

#include <vpx/vpx_encoder.h>

extern const struct codec_operations vp8_encoder_operations;
extern const struct codec_operations vp8_decoder_operations;
extern const struct codec_operations vp9_encoder_operations;
extern const struct codec_operations vp9_decoder_operations;

/* Whether the settings are ones that the VP9 encoder can run with. */
bool vp9_accepts(const struct shim_settings *settings);

/* What both codecs' rate control is told: constant rate, one pass, no delay, key frames only on request. */
void set_call_defaults(vpx_codec_enc_cfg_t *config, const struct shim_settings *settings);
/* The largest key frame, in percent of one picture's share: half of the buffer's optimal level, usual in calls. */
unsigned max_intra_percent(const vpx_codec_enc_cfg_t *config, int32_t max_frame_rate_millihertz);

/* The library's view of a picture, without a copy. False where the size is none. */
bool wrap_frame(vpx_image_t *image, const struct frame *frame);
/* The state of a context that decodes is the library's own, and nothing else. */
int32_t open_library_decoder(struct context *context, vpx_codec_iface_t *interface);
void free_library_decoder(struct context *context);
/* The picture that a decoder has, lent to the job; none is no error. */
int32_t take_picture(struct context *context, vpx_codec_ctx_t *codec, struct job *job);

#endif
