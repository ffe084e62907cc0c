/*
 * Scaling on the device, with libavfilter's filter for it (scale_cuda, scale_vaapi, vpp_qsv): one graph of source, filter and sink for
 * one pair of sizes.
 *
 * What will surprise you: libavfilter is opened by its name when the first device scales, not linked: it takes 21 MB and as long as
 * libavcodec to load, in every process that has codecs, while most machines have no such device. Without it (or without its headers
 * when this was built) pictures are copied to memory and scaled there.
 */
#include "avdevice.h"

#include <stdio.h>
#include <stdlib.h>

#if __has_include(<libavfilter/avfilter.h>)

#include <dlfcn.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/macros.h>
#include <libavutil/mem.h>
#include <string.h>

#define LIBRARY "libavfilter.so." AV_STRINGIFY(LIBAVFILTER_VERSION_MAJOR)

/* All that is called. */
#define FUNCTIONS(EACH)                                                                                                  \
  EACH(avfilter_graph_alloc)                                                                                             \
  EACH(avfilter_graph_alloc_filter)                                                                                      \
  EACH(avfilter_graph_create_filter)                                                                                     \
  EACH(avfilter_graph_config)                                                                                            \
  EACH(avfilter_graph_free)                                                                                              \
  EACH(avfilter_get_by_name)                                                                                             \
  EACH(avfilter_init_str)                                                                                                \
  EACH(avfilter_link)                                                                                                    \
  EACH(av_buffersrc_parameters_alloc)                                                                                    \
  EACH(av_buffersrc_parameters_set)                                                                                      \
  EACH(av_buffersrc_add_frame_flags)                                                                                     \
  EACH(av_buffersink_get_frame)

#define MEMBER(name) __typeof__(&name) name;
static struct {
  bool there;
  FUNCTIONS(MEMBER)
} filter;
static pthread_once_t loaded = PTHREAD_ONCE_INIT;

static bool find(void *library, const char *name, void *function, size_t size) {
  void *symbol = dlsym(library, name);
  memcpy(function, &symbol, size);
  return symbol != NULL;
}

static void load(void) {
  void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return;
  bool all = true;
#define FIND(name) all &= find(library, #name, &filter.name, sizeof filter.name);
  FUNCTIONS(FIND)
  filter.there = all;
}

struct scaler {
  AVFilterGraph *graph;
  AVFilterContext *in;
  AVFilterContext *out;
};

static int open_source(struct scaler *scaler, const AVFrame *like) {
  scaler->in = filter.avfilter_graph_alloc_filter(scaler->graph, filter.avfilter_get_by_name("buffer"), "in");
  AVBufferSrcParameters *parameters = filter.av_buffersrc_parameters_alloc();
  int error = scaler->in == NULL || parameters == NULL ? AVERROR(ENOMEM) : 0;
  if (error == 0) {
    parameters->format = like->format;
    parameters->width = like->width;
    parameters->height = like->height;
    parameters->time_base = (AVRational){1, 90000};
    parameters->hw_frames_ctx = like->hw_frames_ctx;
#if LIBAVFILTER_VERSION_INT >= AV_VERSION_INT(10, 1, 100)
    parameters->color_space = like->colorspace;
    parameters->color_range = like->color_range;
#endif
    error = filter.av_buffersrc_parameters_set(scaler->in, parameters);
  }
  av_free(parameters);
  return error < 0 ? error : filter.avfilter_init_str(scaler->in, NULL);
}

static int build(struct scaler *scaler, const struct device *device, const AVFrame *like, const char *options) {
  scaler->graph = filter.avfilter_graph_alloc();
  if (scaler->graph == NULL) return AVERROR(ENOMEM);
  int error = open_source(scaler, like);
  if (error < 0) return error;
  const AVFilter *kind = filter.avfilter_get_by_name(device->scale_filter);
  if (kind == NULL) return AVERROR_FILTER_NOT_FOUND;
  AVFilterContext *scale = NULL;
  error = filter.avfilter_graph_create_filter(&scale, kind, "scale", options, NULL, scaler->graph);
  if (error < 0) return error;
  error = filter.avfilter_graph_create_filter(&scaler->out, filter.avfilter_get_by_name("buffersink"), "out", NULL, NULL,
                                              scaler->graph);
  if (error >= 0) error = filter.avfilter_link(scaler->in, 0, scale, 0);
  if (error >= 0) error = filter.avfilter_link(scale, 0, scaler->out, 0);
  return error < 0 ? error : filter.avfilter_graph_config(scaler->graph, NULL);
}

struct scaler *scaler_open(const struct device *device, const AVFrame *like, int width, int height, int32_t filter_number) {
  pthread_once(&loaded, load);
  if (!filter.there) return NULL;
  struct scaler *scaler = calloc(1, sizeof *scaler);
  if (scaler == NULL) return NULL;
  char options[128];
  const char *quality = device->scale_options[filter_number];
  snprintf(options, sizeof options, "w=%d:h=%d%s%s", width, height, quality == NULL ? "" : ":", quality == NULL ? "" : quality);
  char said[160];
  log_keep(said, sizeof said);
  int error = build(scaler, device, like, options);
  log_stop();
  if (error >= 0) return scaler;
  scaler_close(scaler);
  return NULL;
}

int scaler_run(struct scaler *scaler, const AVFrame *picture, AVFrame *scaled) {
  int error = filter.av_buffersrc_add_frame_flags(scaler->in, (AVFrame *)picture, AV_BUFFERSRC_FLAG_KEEP_REF);
  return error < 0 ? error : filter.av_buffersink_get_frame(scaler->out, scaled);
}

void scaler_close(struct scaler *scaler) {
  if (scaler == NULL) return;
  filter.avfilter_graph_free(&scaler->graph);
  free(scaler);
}

#else

struct scaler *scaler_open(const struct device *device, const AVFrame *like, int width, int height, int32_t filter_number) {
  (void)device, (void)like, (void)width, (void)height, (void)filter_number;
  return NULL;
}

int scaler_run(struct scaler *scaler, const AVFrame *picture, AVFrame *scaled) {
  (void)scaler, (void)picture, (void)scaled;
  return AVERROR_FILTER_NOT_FOUND;
}

void scaler_close(struct scaler *scaler) { (void)scaler; }

#endif
