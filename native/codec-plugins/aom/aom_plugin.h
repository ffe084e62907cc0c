#ifndef COMMUCAT_AOM_PLUGIN_H
#define COMMUCAT_AOM_PLUGIN_H

#include "plugin.h"

bool av1_encoder_accepts(const struct shim_settings *settings);
extern const struct codec_operations av1_encoder_operations;

#endif
