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

/* An encoder that takes pictures on its device; others say in which format they take them from memory. */
#define SURFACES .memory_format = AV_PIX_FMT_NONE

static const struct codec_implementation implementations[] = {
    DEVICE_ENCODER(cuda, "H264", "h264", SURFACES, .library_codec = "h264_nvenc",
                   .traits = ROW_FOLLOWS_RATE | ROW_COUNTS_PICTURES, .options = NVENC, .baseline = "profile=baseline", .main = "profile=main"),
    DEVICE_ENCODER(cuda, "AV1", "av1", SURFACES, .library_codec = "av1_nvenc",
                   .traits = ROW_FOLLOWS_RATE | ROW_COUNTS_PICTURES, .options = NVENC),
    DEVICE_DECODER(cuda, "H264", "h264", .library_codec = "h264", .traits = ROW_HWACCEL),
    DEVICE_DECODER(cuda, "VP8", "vp8", .library_codec = "vp8", .traits = ROW_HWACCEL),
    DEVICE_DECODER(cuda, "VP9", "vp9", .library_codec = "vp9", .traits = ROW_HWACCEL),
    DEVICE_DECODER(cuda, "AV1", "av1", .library_codec = "av1", .traits = ROW_HWACCEL),

    DEVICE_ENCODER(vaapi, "H264", "h264", SURFACES, .library_codec = "h264_vaapi", .options = VAAPI_ENCODE ":sei=0",
                   .baseline = "profile=constrained_baseline", .main = "profile=main"),
    DEVICE_ENCODER(vaapi, "VP8", "vp8", SURFACES, .library_codec = "vp8_vaapi", .options = VAAPI_ENCODE),
    DEVICE_ENCODER(vaapi, "VP9", "vp9", SURFACES, .library_codec = "vp9_vaapi", .options = VAAPI_ENCODE),
    DEVICE_ENCODER(vaapi, "AV1", "av1", SURFACES, .library_codec = "av1_vaapi", .options = VAAPI_ENCODE),
    DEVICE_DECODER(vaapi, "H264", "h264", .library_codec = "h264", .traits = ROW_HWACCEL),
    DEVICE_DECODER(vaapi, "VP8", "vp8", .library_codec = "vp8", .traits = ROW_HWACCEL),
    DEVICE_DECODER(vaapi, "VP9", "vp9", .library_codec = "vp9", .traits = ROW_HWACCEL),
    DEVICE_DECODER(vaapi, "AV1", "av1", .library_codec = "av1", .traits = ROW_HWACCEL),

    DEVICE_ENCODER(qsv, "H264", "h264", SURFACES, .library_codec = "h264_qsv", .options = QSV_ENCODE,
                   .baseline = "profile=baseline", .main = "profile=main"),
    DEVICE_ENCODER(qsv, "VP9", "vp9", SURFACES, .library_codec = "vp9_qsv", .options = QSV_ENCODE),
    DEVICE_ENCODER(qsv, "AV1", "av1", SURFACES, .library_codec = "av1_qsv", .options = QSV_ENCODE),
    DEVICE_DECODER(qsv, "H264", "h264", .library_codec = "h264_qsv", .options = QSV_DECODE),
    DEVICE_DECODER(qsv, "VP8", "vp8", .library_codec = "vp8_qsv", .options = QSV_DECODE),
    DEVICE_DECODER(qsv, "VP9", "vp9", .library_codec = "vp9_qsv", .options = QSV_DECODE),
    DEVICE_DECODER(qsv, "AV1", "av1", .library_codec = "av1_qsv", .options = QSV_DECODE),

    DEVICE_ENCODER(v4l2, "H264", "h264", .memory_format = AV_PIX_FMT_NV12, .library_codec = "h264_v4l2m2m",
                   .baseline = "profile=578", .main = "profile=77"),
    DEVICE_ENCODER(v4l2, "VP8", "vp8", .memory_format = AV_PIX_FMT_NV12, .library_codec = "vp8_v4l2m2m"),
    DEVICE_DECODER(v4l2, "H264", "h264", .library_codec = "h264_v4l2m2m"),
    DEVICE_DECODER(v4l2, "VP8", "vp8", .library_codec = "vp8_v4l2m2m"),
    DEVICE_DECODER(v4l2, "VP9", "vp9", .library_codec = "vp9_v4l2m2m"),
};

CODEC_PLUGIN(implementations)
