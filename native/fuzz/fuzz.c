/*
 * Feeds damaged packets to every decoder, through the shim, under AddressSanitizer.
 *
 *   fuzz SEED COUNT PLUGIN...
 *
 * For each decoder: packets that our own encoder of the same codec has made are mutated and decoded. Nothing may crash, hang or read out of
 * bounds; and after each stretch of damage an intact stream from a key frame on has to come out as pictures (or sound) again. Exit code 0:
 * all of that held; 1: it did not, standard error says where; 2: a decoder hung.
 *
 * What will surprise you: decoders without an encoder beside them are skipped, and said so. The same seed makes the same packets. Stand-ins
 * for hardware (native/codec-plugins-testing) are fuzzed like all others.
 */
#include "shim.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WIDTH 128
#define HEIGHT 96
#define PACKETS 40
/* A decoder gets so many damaged packets, then the intact stream. */
#define STRETCH 50
/* A job that has taken so much processor time hangs. Time by the clock says nothing on a machine that has other things to do. */
#define HANG_CPU_MS 20000
/* One that takes none hangs too, and is noticed by the clock. */
#define STUCK_MS 1800000
#define LOOK_EVERY_MS 5000
#define MAX_PACKET (1 << 20)

struct packet {
  uint8_t *data;
  int64_t size;
  bool key_frame;
};

struct description {
  char name[64];
  char codec[16];
  char direction[16];
  int spatial_layers;
  bool hardware;
  bool missing;
};

static int64_t engine;
static int wake_fd;
static uint64_t random_state;

static uint32_t next_random(void) {
  /* xorshift64* (Vigna 2016). */
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return (uint32_t)((random_state * 2685821657736338717ull) >> 32);
}

static uint32_t below(uint32_t limit) { return limit == 0 ? 0 : next_random() % limit; }

static void fail(const char *name, const char *what, int number, double status) {
  fprintf(stderr, "%s: %s at packet %d (status %.0f)\n", name, what, number, status);
  exit(1);
}

static bool is_audio(const struct description *it) {
  return strcmp(it->codec, "VP8") != 0 && strcmp(it->codec, "VP9") != 0 && strcmp(it->codec, "H264") != 0 &&
         strcmp(it->codec, "AV1") != 0;
}

static int64_t clock_ms(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The next completion; the engine has exactly one job in hand. */
static struct shim_completion wait_for_one(const char *name) {
  struct shim_completion done;
  int64_t cpu_ms = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
  int64_t started_ms = clock_ms(CLOCK_MONOTONIC);
  while (shim_drain(engine, &done, 1) == 0) {
    struct pollfd descriptor = {.fd = wake_fd, .events = POLLIN};
    if (poll(&descriptor, 1, LOOK_EVERY_MS) == 0) {
      int64_t spent_ms = clock_ms(CLOCK_PROCESS_CPUTIME_ID) - cpu_ms;
      if (spent_ms < HANG_CPU_MS && clock_ms(CLOCK_MONOTONIC) - started_ms < STUCK_MS) continue;
      fprintf(stderr, "%s: hangs (%lld ms of processor time)\n", name, (long long)spent_ms);
      exit(2);
    }
    char bytes[16];
    (void)!read(wake_fd, bytes, sizeof bytes);
  }
  return done;
}

static bool describe(int32_t number, struct description *it) {
  char text[1024];
  if (shim_implementation_describe(number, text, sizeof text) != SHIM_OK) return false;
  *it = (struct description){0};
  int field = 0;
  for (char *at = text; field < 9; field++) {
    size_t length = strcspn(at, "\t");
    if (field == 0) snprintf(it->name, sizeof it->name, "%.*s", (int)length, at);
    if (field == 1) snprintf(it->codec, sizeof it->codec, "%.*s", (int)length, at);
    if (field == 2) snprintf(it->direction, sizeof it->direction, "%.*s", (int)length, at);
    if (field == 3) it->hardware = *at == '1';
    if (field == 6) it->spatial_layers = atoi(at);
    if (field == 8) it->missing = length > 0;
    if (at[length] == 0) break;
    at += length + 1;
  }
  return true;
}

static struct shim_settings settings_for(const struct description *it) {
  struct shim_settings settings = {.threads = 1, .spatial_layers = 1, .temporal_layers = 1, .speed = SHIM_DEFAULT};
  if (!is_audio(it)) {
    settings.width = WIDTH;
    settings.height = HEIGHT;
    settings.target_bps = 300000;
    settings.max_frame_rate_millihertz = 30000;
    return settings;
  }
  bool opus = strcmp(it->codec, "OPUS") == 0;
  settings.sample_rate = opus ? 48000 : strcmp(it->codec, "G722") == 0 ? 16000 : 8000;
  settings.channels = 1;
  settings.frame_samples = settings.sample_rate / 50;
  settings.target_bps = 32000;
  settings.variable_bitrate = 1;
  settings.in_band_fec = 1;
  settings.complexity = 5;
  settings.expected_loss_percent = 20;
  return settings;
}

/* A pan over a texture, so that pictures are predicted from one another. */
static int64_t draw(int number) {
  static uint8_t picture[WIDTH * HEIGHT * 3 / 2];
  for (int y = 0; y < HEIGHT; y++) {
    for (int x = 0; x < WIDTH; x++) picture[y * WIDTH + x] = (uint8_t)((((x + 2 * number) * 5) ^ ((y + number) * 3)) & 0xff);
  }
  memset(picture + WIDTH * HEIGHT, 96 + number, WIDTH * HEIGHT / 2);
  return shim_frame_from_i420(engine, picture, sizeof picture, WIDTH, HEIGHT, number * 3000);
}

static int64_t submit_source(int64_t encoder, const struct description *it, const struct shim_settings *settings, int number) {
  if (!is_audio(it)) {
    int64_t frame = draw(number);
    int64_t job = shim_encode(engine, encoder, frame, number % 10 == 0 ? SHIM_FORCE_KEY_FRAME : 0);
    shim_frame_release(engine, frame);
    return job;
  }
  int16_t pcm[960];
  for (int i = 0; i < settings->frame_samples; i++) pcm[i] = (int16_t)((int32_t)below(16000) - 8000 + (i % 50) * 200);
  return shim_submit(engine, encoder, (const uint8_t *)pcm, settings->frame_samples * 2, number * 3000, 0, 0);
}

/* Packets of our own encoder. */
static int encode_packets(int32_t encoder_number, const struct description *it, struct packet *packets) {
  struct shim_settings settings = settings_for(it);
  int64_t encoder = shim_codec_create(engine, encoder_number, &settings);
  if (encoder < 0) fail(it->name, "the encoder was refused", 0, (double)encoder);
  int count = 0;
  for (int number = 0; number < PACKETS; number++) {
    int64_t job = submit_source(encoder, it, &settings, number);
    if (job < 0) fail(it->name, "a job of the encoder was refused", number, (double)job);
    struct shim_completion done = wait_for_one(it->name);
    if (done.status < 0) fail(it->name, "the encoder failed", number, done.status);
    if (done.output == 0) continue;
    struct packet *packet = &packets[count++];
    packet->size = (int64_t)done.output_bytes;
    packet->key_frame = is_audio(it) || ((int)done.flags & SHIM_KEY_FRAME) != 0;
    packet->data = malloc((size_t)packet->size);
    shim_output_take(engine, (int64_t)done.output, packet->data, packet->size);
  }
  shim_codec_close(engine, encoder);
  wait_for_one(it->name);
  return count;
}

/* One of several kinds of damage. Returns the new size, at least 1. */
static int64_t damage(uint8_t *out, const struct packet *packets, int count) {
  const struct packet *from = &packets[below((uint32_t)count)];
  int64_t size = from->size;
  memcpy(out, from->data, (size_t)size);
  switch (below(7)) {
    case 0:
      for (uint32_t i = 0; i <= below(8); i++) out[below((uint32_t)size)] ^= (uint8_t)(1u << below(8));
      break;
    case 1:
      for (uint32_t i = 0; i <= below(16); i++) out[below((uint32_t)size)] = (uint8_t)next_random();
      break;
    case 2:
      size = 1 + below((uint32_t)size);
      break;
    case 3: {
      /* The head of one, the tail of another. */
      const struct packet *other = &packets[below((uint32_t)count)];
      int64_t head = below((uint32_t)size);
      int64_t tail = below((uint32_t)other->size);
      memcpy(out + head, other->data + (other->size - tail), (size_t)tail);
      size = head + tail > 0 ? head + tail : 1;
      break;
    }
    case 4: {
      int64_t start = below((uint32_t)size);
      int64_t length = below((uint32_t)(size - start) + 1);
      memset(out + start, (int)(below(2) * 255), (size_t)length);
      break;
    }
    case 5:
      size = 1 + below(600);
      for (int64_t i = 0; i < size; i++) out[i] = (uint8_t)next_random();
      break;
    default:
      /* Headers tell sizes and counts: they are hit hardest. */
      for (uint32_t i = 0; i <= below(4); i++) out[below(size < 16 ? (uint32_t)size : 16)] = (uint8_t)next_random();
      break;
  }
  return size;
}

/* Brings a picture to memory, from a device too. */
static void read_picture(const char *name, int64_t frame, int64_t width, int64_t height, int number) {
  int64_t bytes = width * height + 2 * ((width + 1) / 2) * ((height + 1) / 2);
  uint8_t *i420 = malloc((size_t)bytes);
  int32_t status = shim_frame_to_i420(engine, frame, i420, bytes);
  free(i420);
  if (status < 0) fail(name, "a picture cannot be read", number, status);
}

/* Whether a picture or sound came out. */
static bool decode(int64_t decoder, const struct description *it, const uint8_t *data, int64_t size, int number) {
  const char *name = it->name;
  int64_t job = shim_submit(engine, decoder, data, size, number * 3000, 0, 0);
  if (job < 0) fail(name, "a packet was refused", number, (double)job);
  struct shim_completion done = wait_for_one(name);
  if (done.frame != 0) {
    read_picture(name, (int64_t)done.frame, (int64_t)done.width, (int64_t)done.height, number);
    shim_frame_release(engine, (int64_t)done.frame);
  }
  if (done.output != 0) {
    uint8_t *bytes = malloc((size_t)done.output_bytes + 1);
    shim_output_take(engine, (int64_t)done.output, bytes, (int64_t)done.output_bytes);
    free(bytes);
  }
  /* Hardware says so of what it does not decode, so that software gets it. */
  bool allowed = done.status == SHIM_E_BITSTREAM || (it->hardware && done.status == SHIM_E_LIBRARY);
  if (done.status < 0 && !allowed) fail(name, "an error that is not the bitstream's", number, done.status);
  return done.status >= 0 && (done.frame != 0 || done.output != 0);
}

static void fuzz_decoder(int32_t number, const struct description *it, const struct packet *packets, int count, int damaged) {
  static uint8_t out[MAX_PACKET];
  struct shim_settings settings = settings_for(it);
  int64_t decoder = shim_codec_create(engine, number, &settings);
  if (decoder < 0) fail(it->name, "the decoder was refused", 0, (double)decoder);
  for (int at = 0; at < damaged; at++) {
    decode(decoder, it, out, damage(out, packets, count), at);
    if ((at + 1) % STRETCH != 0) continue;
    bool came = false;
    for (int i = 0; i < count && i < 10; i++) came |= decode(decoder, it, packets[i].data, packets[i].size, at);
    if (!came) fail(it->name, "no recovery at the next key frame", at, 0);
  }
  shim_codec_close(engine, decoder);
  wait_for_one(it->name);
}

/* Hardware, and what stands in for it, is there once it was tried. */
static void try_all(void) {
  for (int32_t number = 0; number < shim_implementation_count(); number++) {
    if (shim_probe(engine, number) > 0) wait_for_one("probe");
  }
}

static bool fuzz_implementation(int32_t number, int damaged) {
  struct description it;
  if (!describe(number, &it) || it.missing || strcmp(it.direction, "decode") != 0) return false;
  struct packet packets[PACKETS];
  int count = 0;
  for (int32_t other = 0; other < shim_implementation_count() && count == 0; other++) {
    struct description encoder;
    if (!describe(other, &encoder) || encoder.missing || encoder.hardware || strcmp(encoder.direction, "encode") != 0) continue;
    if (strcmp(encoder.codec, it.codec) == 0) count = encode_packets(other, &encoder, packets);
  }
  if (count == 0) {
    printf("%s %s: skipped, no encoder here makes packets for it\n", it.name, it.codec);
    return false;
  }
  fuzz_decoder(number, &it, packets, count, damaged);
  for (int i = 0; i < count; i++) free(packets[i].data);
  printf("%s %s: %d damaged packets\n", it.name, it.codec, damaged);
  return true;
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "fuzz SEED COUNT PLUGIN...\n");
    return 64;
  }
  random_state = strtoull(argv[1], NULL, 10) * 2 + 1;
  int damaged = atoi(argv[2]);
  for (int i = 3; i < argc; i++) {
    char reason[512];
    if (shim_plugin_load(argv[i], reason, sizeof reason) < 0) {
      fprintf(stderr, "%s: %s\n", argv[i], reason);
      return 1;
    }
  }
  engine = shim_engine_create(1, &wake_fd);
  if (engine < 0) return 1;
  try_all();
  int decoders = 0;
  for (int32_t number = 0; number < shim_implementation_count(); number++) decoders += fuzz_implementation(number, damaged);
  struct shim_live_objects live;
  shim_engine_live_objects(engine, &live);
  if (live.frames + live.encoders + live.decoders + live.jobs + live.outputs + live.converters != 0) {
    fprintf(stderr, "something was left alive\n");
    return 1;
  }
  shim_engine_close(engine);
  struct shim_completion end;
  do end = wait_for_one("engine");
  while (((int)end.flags & SHIM_ENGINE_ENDED) == 0);
  shim_engine_destroy(engine);
  close(wake_fd);
  return decoders > 0 ? 0 : 1;
}
