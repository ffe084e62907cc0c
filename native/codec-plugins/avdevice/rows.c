/*
 * The table: which device does what, under libavcodec's names for it. NVIDIA, VAAPI (AMD, Intel), Quick Sync (Intel) and V4L2 (boards).
 *
 * Options only say what keeps latency down (no B pictures, no look-ahead, one picture in work), a constant rate, and IDRs on request.
 * Those that a release of FFmpeg does not know are left aside by it. None of this has met the hardware (docs/codecs.md).
 */
#include "avdevice.h"

#include <stdio.h>

static const char *const render_nodes[] = {"/dev/dri/renderD128", "/dev/dri/renderD129", "/dev/dri/renderD130", NULL};

static struct device cuda = {
    .name = "cuda",
    .type = AV_HWDEVICE_TYPE_CUDA,
    .surfaces = AV_PIX_FMT_CUDA,
    .scale_filter = "scale_cuda",
    .scale_options = {"interp_algo=nearest", "interp_algo=bilinear", "interp_algo=bilinear", "interp_algo=bilinear"},
    .lock = PTHREAD_MUTEX_INITIALIZER,
};
static struct device vaapi = {
    .name = "vaapi",
    .type = AV_HWDEVICE_TYPE_VAAPI,
    .surfaces = AV_PIX_FMT_VAAPI,
    .nodes = render_nodes,
    .files = "/dev/dri/renderD*",
    .pool_size = 16,
    .scale_filter = "scale_vaapi",
    .scale_options = {"mode=fast", "mode=default", "mode=default", "mode=hq"},
    .lock = PTHREAD_MUTEX_INITIALIZER,
};
static struct device qsv = {
    .name = "qsv",
    .type = AV_HWDEVICE_TYPE_QSV,
    .surfaces = AV_PIX_FMT_QSV,
    .files = "/dev/dri/renderD*",
    .pool_size = 16,
    .scale_filter = "scale_qsv",
    .lock = PTHREAD_MUTEX_INITIALIZER,
};
static struct device v4l2 = {
    .name = "v4l2",
    .type = AV_HWDEVICE_TYPE_NONE,
    .surfaces = AV_PIX_FMT_NONE,
    .files = "/dev/video*",
    .lock = PTHREAD_MUTEX_INITIALIZER,
};

#define NVENC "preset=p3:tune=ull:rc=cbr:zerolatency=1:delay=0:forced-idr=1:surfaces=4"
#define VAAPI_ENCODE "rc_mode=CBR:async_depth=1"
#define QSV_ENCODE "preset=veryfast:async_depth=1:low_delay_brc=1:forced_idr=1:look_ahead=0"
#define QSV_DECODE "async_depth=1"

#define ROW(device_, codec_, direction_)                                                                                 \
  .name = #device_ "-" codec_##_NAME, .codec = codec_##_CODEC, .direction = direction_, .hardware = true,                \
  .device = #device_, .takes_device_pictures = true, .library = "libavcodec", .spatial_layers = 1, .temporal_layers = 1, \
  .version = device_codec_version, .probe = probe_row
/* `takes_`: AV_PIX_FMT_NONE for surfaces, else the format of pictures in memory. */
#define ENCODER(device_, codec_, takes_, ...)                                                                            \
  {ROW(device_, codec_, CODEC_ENCODE), .accepts = device_encoder_accepts, .operations = &device_encoder_operations,      \
   .data = &(const struct device_row){.device = &device_, .memory_format = takes_, __VA_ARGS__}}
#define DECODER(device_, codec_, ...)                                                                                    \
  {ROW(device_, codec_, CODEC_DECODE), .operations = &device_decoder_operations,                                         \
   .data = &(const struct device_row){.device = &device_, __VA_ARGS__}}

#define H264_NAME "h264"
#define H264_CODEC "H264"
#define VP8_NAME "vp8"
#define VP8_CODEC "VP8"
#define VP9_NAME "vp9"
#define VP9_CODEC "VP9"
#define AV1_NAME "av1"
#define AV1_CODEC "AV1"

static const struct codec_implementation implementations[] = {
    ENCODER(cuda, H264, AV_PIX_FMT_NONE, .library_codec = "h264_nvenc", .traits = ROW_FOLLOWS_RATE | ROW_COUNTS_PICTURES, .options = NVENC,
            .baseline = "profile=baseline", .main = "profile=main"),
    ENCODER(cuda, AV1, AV_PIX_FMT_NONE, .library_codec = "av1_nvenc", .traits = ROW_FOLLOWS_RATE | ROW_COUNTS_PICTURES, .options = NVENC),
    DECODER(cuda, H264, .library_codec = "h264", .traits = ROW_HWACCEL),
    DECODER(cuda, VP8, .library_codec = "vp8", .traits = ROW_HWACCEL),
    DECODER(cuda, VP9, .library_codec = "vp9", .traits = ROW_HWACCEL),
    DECODER(cuda, AV1, .library_codec = "av1", .traits = ROW_HWACCEL),

    ENCODER(vaapi, H264, AV_PIX_FMT_NONE, .library_codec = "h264_vaapi", .options = VAAPI_ENCODE ":sei=0",
            .baseline = "profile=constrained_baseline", .main = "profile=main"),
    ENCODER(vaapi, VP8, AV_PIX_FMT_NONE, .library_codec = "vp8_vaapi", .options = VAAPI_ENCODE),
    ENCODER(vaapi, VP9, AV_PIX_FMT_NONE, .library_codec = "vp9_vaapi", .options = VAAPI_ENCODE),
    ENCODER(vaapi, AV1, AV_PIX_FMT_NONE, .library_codec = "av1_vaapi", .options = VAAPI_ENCODE),
    DECODER(vaapi, H264, .library_codec = "h264", .traits = ROW_HWACCEL),
    DECODER(vaapi, VP8, .library_codec = "vp8", .traits = ROW_HWACCEL),
    DECODER(vaapi, VP9, .library_codec = "vp9", .traits = ROW_HWACCEL),
    DECODER(vaapi, AV1, .library_codec = "av1", .traits = ROW_HWACCEL),

    ENCODER(qsv, H264, AV_PIX_FMT_NONE, .library_codec = "h264_qsv", .options = QSV_ENCODE, .baseline = "profile=baseline",
            .main = "profile=main"),
    ENCODER(qsv, VP9, AV_PIX_FMT_NONE, .library_codec = "vp9_qsv", .options = QSV_ENCODE),
    ENCODER(qsv, AV1, AV_PIX_FMT_NONE, .library_codec = "av1_qsv", .options = QSV_ENCODE),
    DECODER(qsv, H264, .library_codec = "h264_qsv", .options = QSV_DECODE),
    DECODER(qsv, VP8, .library_codec = "vp8_qsv", .options = QSV_DECODE),
    DECODER(qsv, VP9, .library_codec = "vp9_qsv", .options = QSV_DECODE),
    DECODER(qsv, AV1, .library_codec = "av1_qsv", .options = QSV_DECODE),

    ENCODER(v4l2, H264, AV_PIX_FMT_NV12, .library_codec = "h264_v4l2m2m", .baseline = "profile=578",
            .main = "profile=77"),
    ENCODER(v4l2, VP8, AV_PIX_FMT_NV12, .library_codec = "vp8_v4l2m2m"),
    DECODER(v4l2, H264, .library_codec = "h264_v4l2m2m"),
    DECODER(v4l2, VP8, .library_codec = "vp8_v4l2m2m"),
    DECODER(v4l2, VP9, .library_codec = "vp9_v4l2m2m"),
};

CODEC_PLUGIN(implementations)
