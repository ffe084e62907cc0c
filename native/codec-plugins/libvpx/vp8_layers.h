/*
 * Which pictures a VP8 picture is predicted from and replaces, with 1 to 3 temporal layers; layers are 0 1 and 0 2 1 2.
 *
 * What will surprise you:
 * - The base layer only ever uses and replaces the last picture, the middle one keeps its own in golden, and the
 *   highest replaces nothing. So whoever leaves out upper layers can decode all that is left, and no picture of an
 *   upper layer depends on an earlier cycle.
 * - Upper layers leave the probabilities as they are (RFC 6386 section 9.11): else the base layer would depend on them.
 * - libvpx puts the probabilities back after each such picture, from a copy that it makes when it writes one. Where it skips a picture it
 *   has made none: what it then puts back is of before the latest base layer picture, no decoder follows, and nothing that comes later can
 *   be seen. (libvpx 1.12; three layers at a starved rate went from 36 to 15 dB.) So an upper layer's picture may only be skipped
 *   where another one was written since the base layer's.
 */
#ifndef COMMUCAT_VP8_LAYERS_H
#define COMMUCAT_VP8_LAYERS_H

#include <stdbool.h>
#include <stdint.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#define VP8_MAX_TEMPORAL_LAYERS 3

struct vp8_layers {
  int32_t count;
  /* Within the cycle of pictures. */
  int32_t position;
  /* Golden holds the middle layer's picture of this cycle. */
  bool golden_is_fresh;
  /* The library's copy of the probabilities is as good as they are. */
  bool probabilities_are_saved;
  /* One layer after several: golden is not what everybody has. */
  bool must_replace_all;
};

struct vp8_layer_picture {
  int32_t layer;
  /* Depends on pictures of the base layer only: RFC 7741 section 4.2, the bit Y. */
  bool sync;
  bool replaces_golden;
  /* Whether the rate control may skip it. */
  bool may_be_skipped;
  vpx_enc_frame_flags_t flags;
};

/* Without a key frame: the next picture opens a new cycle. */
void vp8_layers_set_count(struct vp8_layers *layers, int32_t count);
/* The next picture. A key frame opens a new cycle. */
struct vp8_layer_picture vp8_layers_next(struct vp8_layers *layers, bool key_frame);
/* The picture was encoded, and not skipped. */
void vp8_layers_encoded(struct vp8_layers *layers, const struct vp8_layer_picture *picture);
/* The shares of the rate: layers up to each, in kbit/s, and how often their pictures come. */
void vp8_layers_configure(vpx_codec_enc_cfg_t *config, int32_t count);

#endif
