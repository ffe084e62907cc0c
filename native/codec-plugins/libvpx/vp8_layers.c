/* The schemes that vp8_layers.h describes. */
#include "vp8_layers.h"

#define ONLY_LAST (VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_REF_ARF)
#define KEEP_ALL (VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF | VP8_EFLAG_NO_UPD_ENTROPY)
#define BASE (ONLY_LAST | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF)
#define MIDDLE (ONLY_LAST | VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_ARF | VP8_EFLAG_NO_UPD_ENTROPY)

static const int32_t cycles[VP8_MAX_TEMPORAL_LAYERS + 1][4] = {{0}, {0}, {0, 1}, {0, 2, 1, 2}};
static const int32_t cycle_lengths[VP8_MAX_TEMPORAL_LAYERS + 1] = {1, 1, 2, 4};

void vp8_layers_set_count(struct vp8_layers *layers, int32_t count) {
  layers->must_replace_all = layers->count > 1 && count == 1;
  layers->count = count;
  layers->position = 0;
  layers->golden_is_fresh = false;
}

static struct vp8_layer_picture choose(struct vp8_layers *layers, bool key_frame) {
  struct vp8_layer_picture picture = {0};
  if (key_frame) layers->position = 0;
  int32_t position = layers->position;
  layers->position = (position + 1) % cycle_lengths[layers->count];
  if (layers->count == 1) {
    if (layers->must_replace_all && !key_frame) picture.flags = ONLY_LAST | VP8_EFLAG_FORCE_GF | VP8_EFLAG_FORCE_ARF;
    return picture;
  }
  picture.layer = cycles[layers->count][position];
  if (position == 0) {
    layers->golden_is_fresh = false;
    picture.sync = key_frame;
    picture.flags = key_frame ? 0 : BASE;
  } else if (picture.layer < layers->count - 1) {
    picture.sync = true;
    picture.replaces_golden = true;
    picture.flags = MIDDLE;
  } else {
    picture.sync = !layers->golden_is_fresh;
    picture.flags = KEEP_ALL | (layers->golden_is_fresh ? VP8_EFLAG_NO_REF_ARF : ONLY_LAST);
  }
  return picture;
}

static bool keeps_probabilities(const struct vp8_layer_picture *picture) {
  return (picture->flags & VP8_EFLAG_NO_UPD_ENTROPY) != 0;
}

struct vp8_layer_picture vp8_layers_next(struct vp8_layers *layers, bool key_frame) {
  struct vp8_layer_picture picture = choose(layers, key_frame);
  picture.may_be_skipped = !keeps_probabilities(&picture) || layers->probabilities_are_saved;
  return picture;
}

void vp8_layers_encoded(struct vp8_layers *layers, const struct vp8_layer_picture *picture) {
  if (picture->replaces_golden) layers->golden_is_fresh = true;
  layers->must_replace_all = false;
  layers->probabilities_are_saved = keeps_probabilities(picture);
}

void vp8_layers_configure(vpx_codec_enc_cfg_t *config, int32_t count) {
  /*
   * Lower layers get more for each picture: what is predicted from them is further away, and everybody sees them. On a
   * 360p camera clip at 0.4 and 0.9 Mbit/s, 54 and 84 were 0.2 to 0.3 dB better over all pictures than 50 and 75, and
   * 0.8 to 1.1 dB better than 40 and 60.
   */
  static const unsigned percent[VP8_MAX_TEMPORAL_LAYERS + 1][3] = {{100}, {100}, {65, 100}, {54, 84, 100}};
  config->ts_number_layers = (unsigned)count;
  config->ts_periodicity = (unsigned)cycle_lengths[count];
  for (int32_t i = 0; i < cycle_lengths[count]; i++) config->ts_layer_id[i] = (unsigned)cycles[count][i];
  for (int32_t i = 0; i < count; i++) {
    config->ts_rate_decimator[i] = 1u << (count - 1 - i);
    config->ts_target_bitrate[i] = config->rc_target_bitrate * percent[count][i] / 100;
  }
}
