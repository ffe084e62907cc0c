/*
 * What libav* says. The process's standard error is not the libraries': lines are dropped, but for the first error of a thread that
 * wants a reason, which often names the cause better than the number ("Cannot load libcuda.so.1").
 */
#include "avdevice.h"

#include <libavutil/log.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char *wanted;
static _Thread_local size_t wanted_capacity;
static pthread_once_t installed = PTHREAD_ONCE_INIT;

static void keep_first(void *object, int level, const char *format, va_list arguments) {
  (void)object;
  if (wanted == NULL || wanted[0] != 0 || level > AV_LOG_ERROR) return;
  vsnprintf(wanted, wanted_capacity, format, arguments);
  /* Tabs separate fields of a description. */
  for (char *at = wanted; *at != 0; at++) {
    if (*at == '\t') *at = ' ';
  }
  for (size_t length = strlen(wanted); length > 0 && strchr("\n .", wanted[length - 1]) != NULL; length--) wanted[length - 1] = 0;
}

static void install(void) { av_log_set_callback(keep_first); }

void log_keep(char *text, size_t capacity) {
  pthread_once(&installed, install);
  text[0] = 0;
  wanted = text;
  wanted_capacity = capacity;
}

void log_stop(void) { wanted = NULL; }
