/* The plugins that were loaded, and the implementations that they brought. They stay for the life of the process. */
#include "internal.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static const struct codec_core core = {
    .block_take = block_take,
    .block_release = block_release,
    .frame_create = frame_create,
    .frame_release = frame_release,
    .frame_lend = frame_lend,
    .frame_on_device = frame_on_device,
    .frame_planes = frame_planes,
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct codec_implementation *implementations[SHIM_MAX_IMPLEMENTATIONS];
static int32_t count;
static const struct codec_plugin *plugins[SHIM_MAX_IMPLEMENTATIONS];
static int32_t plugin_count;

/* What came of trying an implementation. */
struct trial {
  enum { UNTRIED, TRYING, TRIED } state;
  bool usable;
  char reason[256];
};
static struct trial trials[SHIM_MAX_IMPLEMENTATIONS];
static pthread_cond_t tried = PTHREAD_COND_INITIALIZER;

const struct codec_implementation *implementation_at(int32_t number) {
  pthread_mutex_lock(&lock);
  const struct codec_implementation *found = number >= 0 && number < count ? implementations[number] : NULL;
  pthread_mutex_unlock(&lock);
  return found;
}

int32_t shim_implementation_count(void) {
  pthread_mutex_lock(&lock);
  int32_t result = count;
  pthread_mutex_unlock(&lock);
  return result;
}

static int32_t add(const struct codec_plugin *plugin) {
  for (int32_t i = 0; i < plugin_count; i++) {
    if (plugins[i] == plugin) return SHIM_OK;
  }
  if (plugin->abi_version != CODEC_PLUGIN_ABI_VERSION) return SHIM_E_PARAMETER;
  if (count + plugin->implementation_count > SHIM_MAX_IMPLEMENTATIONS) return SHIM_E_MEMORY;
  plugins[plugin_count++] = plugin;
  for (int32_t i = 0; i < plugin->implementation_count; i++) implementations[count++] = &plugin->implementations[i];
  return SHIM_OK;
}

int32_t shim_plugin_load(const char *path, char *reason, int32_t capacity) {
  if (path == NULL || reason == NULL || capacity < 1) return SHIM_E_PARAMETER;
  reason[0] = 0;
  /* Local: two plugins may bring libraries that share names. */
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  void *symbol = library == NULL ? NULL : dlsym(library, "codec_plugin_entry");
  if (symbol == NULL) {
    const char *message = dlerror();
    snprintf(reason, (size_t)capacity, "%s", message == NULL ? "unknown" : message);
    return SHIM_E_SYSTEM;
  }
  codec_plugin_entry_function *entry;
  memcpy(&entry, &symbol, sizeof entry);
  pthread_mutex_lock(&lock);
  int32_t status = add(entry(&core));
  pthread_mutex_unlock(&lock);
  if (status == SHIM_E_PARAMETER) snprintf(reason, (size_t)capacity, "it belongs to another version of the shim");
  return status;
}

void implementation_probe(struct core_context *context, int32_t number) {
  const struct codec_implementation *implementation = implementation_at(number);
  if (implementation == NULL || implementation->probe == NULL) return;
  struct trial *trial = &trials[number];
  pthread_mutex_lock(&lock);
  bool is_first = trial->state == UNTRIED;
  if (is_first) trial->state = TRYING;
  /* Another engine tries it: its answer is ours. */
  while (!is_first && trial->state == TRYING) pthread_cond_wait(&tried, &lock);
  pthread_mutex_unlock(&lock);
  if (!is_first) return;
  char reason[sizeof trial->reason] = "";
  context->shared.implementation = implementation;
  bool usable = implementation->probe(&context->shared, reason, sizeof reason);
  frame_take_back(context);
  implementation->operations->free(&context->shared);
  pthread_mutex_lock(&lock);
  trial->usable = usable;
  memcpy(trial->reason, reason, sizeof reason);
  trial->state = TRIED;
  pthread_cond_broadcast(&tried);
  pthread_mutex_unlock(&lock);
}

/* Whether it can be used here, else why not. */
static bool is_usable(const struct codec_implementation *implementation, int32_t number, char *reason, size_t capacity) {
  if (implementation->check != NULL && !implementation->check(reason, capacity)) return false;
  if (implementation->probe == NULL) return true;
  const struct trial *trial = &trials[number];
  pthread_mutex_lock(&lock);
  bool usable = trial->state == TRIED && trial->usable;
  if (!usable) snprintf(reason, capacity, "%s", trial->state == TRIED ? trial->reason : "was not tried yet");
  pthread_mutex_unlock(&lock);
  return usable;
}

int32_t shim_implementation_describe(int32_t number, char *text, int32_t capacity) {
  static const char *const directions[] = {"encode", "decode", "convert"};
  const struct codec_implementation *implementation = implementation_at(number);
  if (implementation == NULL || text == NULL || capacity < 1) return SHIM_E_PARAMETER;
  char version[128] = "";
  char missing[256] = "";
  implementation->version(version, sizeof version);
  bool usable = is_usable(implementation, number, missing, sizeof missing);
  int length = snprintf(text, (size_t)capacity, "%s\t%s\t%s\t%d\t%s\t%s\t%d\t%d\t%s\t%s", implementation->name,
                        implementation->codec, directions[implementation->direction], implementation->hardware ? 1 : 0,
                        implementation->library, version, implementation->spatial_layers, implementation->temporal_layers,
                        usable ? "" : missing, implementation->device == NULL ? "" : implementation->device);
  return length >= 0 && length < capacity ? SHIM_OK : SHIM_E_PARAMETER;
}
