/* VP9's layers in libvpx: rates, sizes and effort of each, and which pictures a receiver may go up at. */
#ifndef COMMUCAT_VP9_LAYERS_H
#define COMMUCAT_VP9_LAYERS_H

#include "shim.h"

#include <stdbool.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#define VP9_MAX_TEMPORAL_LAYERS 3
/* Of the smallest layer of several. */
#define VP9_LEAST_LAYER_SIDE 16
/* Places for reference pictures (VP9 bitstream specification, section 3: NUM_REF_FRAMES). */
#define VP9_SLOTS 8

/* The temporal layer of the picture in each slot. */
struct vp9_slots {
  int32_t layer[VP9_SLOTS];
};

/* The effort for a picture of this size: what the settings say, or our own choice. */
int vp9_speed(const struct shim_settings *settings, int32_t width, int32_t height);
/* Numbers of layers and their shares of config->rc_target_bitrate. */
void vp9_layers_configure(vpx_codec_enc_cfg_t *config, const struct shim_settings *settings);
void vp9_layers_fill(vpx_svc_extra_cfg_t *layers, const vpx_codec_enc_cfg_t *config,
                     const struct shim_settings *settings);
/* Notes what a picture has replaced. Answers whether it depends on pictures of the base layer only. */
bool vp9_slots_encoded(struct vp9_slots *slots, const vpx_svc_ref_frame_config_t *references,
                       const struct shim_settings *settings, int32_t layer, bool key_frame);

#endif
