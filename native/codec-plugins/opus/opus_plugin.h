#ifndef COMMUCAT_OPUS_PLUGIN_H
#define COMMUCAT_OPUS_PLUGIN_H

#include "plugin.h"

extern const struct codec_operations opus_encoder_operations;
extern const struct codec_operations opus_decoder_operations;

/* Whether libopus runs at this rate, and with so many channels (RFC 6716 section 2.1.3). */
bool opus_accepts_format(const struct shim_settings *settings);
bool opus_accepts_encoder(const struct shim_settings *settings);

#endif
