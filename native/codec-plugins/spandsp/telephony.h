/*
 * G.711 and G.722 behind one face: both work on 16-bit mono sound at one rate each.
 *
 * What will surprise you: none of the three can fail on data. Every byte is a sample (G.711) or two (G.722), so a damaged packet is
 * noise, never an error.
 */
#ifndef COMMUCAT_TELEPHONY_H
#define COMMUCAT_TELEPHONY_H

#include "plugin.h"

enum telephony_kind { TELEPHONY_PCMA, TELEPHONY_PCMU, TELEPHONY_G722 };

extern const struct codec_operations telephony_encoder_operations;
extern const struct codec_operations telephony_decoder_operations;

enum telephony_kind telephony_kind_of(const struct context *context);
/* Their one rate, and mono. */
bool telephony_accepts_narrow(const struct shim_settings *settings);
bool telephony_accepts_wide(const struct shim_settings *settings);

#endif
