/* A media worker must not outlive its server, however that ends: kill -9 included. */
#define _GNU_SOURCE
#include "internal.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

int32_t shim_set_parent_death_signal(int32_t expected_parent_pid) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return SHIM_E_SYSTEM;
  /* A parent that ended before the call above sends no signal; the child then belongs to somebody else already. */
  return getppid() == expected_parent_pid ? SHIM_OK : SHIM_E_CLOSED;
}
