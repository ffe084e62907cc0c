/* Integer handles with generations. A handle is generation * 2^20 + slot; generations start at 1, so 0 is no handle. */
#include "internal.h"

#include <stdlib.h>

#define SLOT_BITS 20
#define SLOT_MASK ((1u << SLOT_BITS) - 1)
/* Keeps handles below 2^51. */
#define MAX_GENERATION 0x7fffffffu
#define NO_SLOT UINT32_MAX

static bool grow(struct handle_table *table) {
  uint32_t count = table->count == 0 ? 64 : table->count * 2;
  if (count > SLOT_MASK) return false;
  struct slot *slots = realloc(table->slots, count * sizeof *slots);
  if (slots == NULL) return false;
  for (uint32_t i = table->count; i < count; i++) {
    slots[i] = (struct slot){.generation = 1, .next_free = i + 1 < count ? i + 1 : NO_SLOT, .kind = HANDLE_FREE};
  }
  table->first_free = table->count;
  table->slots = slots;
  table->count = count;
  return true;
}

int64_t handle_add(struct handle_table *table, enum handle_kind kind, void *object) {
  if ((table->count == 0 || table->first_free == NO_SLOT) && !grow(table)) return SHIM_E_MEMORY;
  uint32_t index = table->first_free;
  struct slot *slot = &table->slots[index];
  table->first_free = slot->next_free;
  slot->kind = kind;
  slot->object = object;
  return ((int64_t)slot->generation << SLOT_BITS) | index;
}

static struct slot *find_slot(const struct handle_table *table, int64_t handle) {
  if (handle <= 0) return NULL;
  uint32_t index = (uint32_t)(handle & SLOT_MASK);
  if (index >= table->count) return NULL;
  struct slot *slot = &table->slots[index];
  if (slot->kind == HANDLE_FREE || (int64_t)slot->generation != handle >> SLOT_BITS) return NULL;
  return slot;
}

void *handle_find(const struct handle_table *table, int64_t handle, enum handle_kind kind) {
  const struct slot *slot = find_slot(table, handle);
  return slot != NULL && slot->kind == kind ? slot->object : NULL;
}

void handle_remove(struct handle_table *table, int64_t handle) {
  struct slot *slot = find_slot(table, handle);
  if (slot == NULL) return;
  slot->kind = HANDLE_FREE;
  slot->object = NULL;
  slot->generation = slot->generation == MAX_GENERATION ? 1 : slot->generation + 1;
  slot->next_free = table->first_free;
  table->first_free = (uint32_t)(handle & SLOT_MASK);
}
