/* What the files of this plugin share. */
#ifndef COMMUCAT_LIBVPX_H
#define COMMUCAT_LIBVPX_H

#include "plugin.h"
#include "key_frame_size.h"
#include "picture_clock.h"

#include <vpx/vpx_encoder.h>

extern const struct codec_operations vp8_encoder_operations;
extern const struct codec_operations vp8_decoder_operations;
extern const struct codec_operations vp9_encoder_operations;
extern const struct codec_operations vp9_decoder_operations;

/* Whether the settings are ones that the VP9 encoder can run with. */
bool vp9_accepts(const struct shim_settings *settings);

/* A picture is skipped when the buffer has less than this percentage left: sane rates never get there. */
#define SKIP_BELOW_PERCENT 25

/* What both codecs' rate control is told: constant rate, one pass, no delay, key frames only on request. */
void set_call_defaults(vpx_codec_enc_cfg_t *config, const struct shim_settings *settings);

/* What the states of both encoders begin with. */
struct library_encoder {
  vpx_codec_ctx_t codec;
  bool is_open;
  vpx_codec_enc_cfg_t config;
  /* What it runs with. */
  struct shim_settings settings;
  struct picture_clock clock;
  /* A skipped picture does not pay the debt. */
  bool key_frame_owed;
};

/* How the two differ when settings change. */
struct encoder_kind {
  vpx_codec_iface_t *(*interface)(void);
  size_t state_bytes;
  /* The configuration of its own, beyond what calls have in common. */
  void (*configure)(vpx_codec_enc_cfg_t *config, const struct shim_settings *settings);
  void (*configure_layers)(vpx_codec_enc_cfg_t *config, const struct shim_settings *settings);
  /* Whether the change needs the library to be opened anew, which begins with a key frame. */
  bool (*needs_new_library)(const struct shim_settings *running, const struct shim_settings *wanted);
  /* After the library was opened: what is set once. */
  void (*opened)(struct library_encoder *encoder);
  /* After each change, that of the opening included: what holds for a picture from its settings alone. `before`: NULL at the opening. */
  void (*changed)(struct library_encoder *encoder, const struct shim_settings *before);
};

/* Has the context's encoder run with what the job wants; it is made, opened, opened anew or told, as needed. */
int32_t prepare_library_encoder(struct context *context, const struct encoder_kind *kind, struct job *job);
/* Encodes one picture and moves the clock. */
int32_t run_library_encoder(struct library_encoder *encoder, struct job *job, vpx_enc_frame_flags_t flags);
void free_library_encoder(struct context *context);

/* The library's view of a picture, without a copy. False where the size is none. */
bool wrap_frame(vpx_image_t *image, const struct frame *frame);
/* The state of a context that decodes is the library's own, and nothing else. */
int32_t open_library_decoder(struct context *context, vpx_codec_iface_t *interface);
void free_library_decoder(struct context *context);
/* The picture that a decoder has, lent to the job; none is no error. */
int32_t take_picture(struct context *context, vpx_codec_ctx_t *codec, struct job *job);

#endif
