/*
 * models/kernel/workers.h - the threads behind linux/workqueue.h, and what else a kernel needs of
 * its surroundings: vs_cpu_worker(), vs_delay() and vs_booting() of vcpusim/port.h.
 */
#ifndef VS_WORKERS_H
#define VS_WORKERS_H

#include "sim/host/host.h"

struct vs_workers;

/* One kernel thread per CPU, of this process as port.h's calls carry no context. NULL: no memory.
 * Before the run. */
struct vs_workers *vs_workers_new(struct vs_host *h);
void vs_workers_free(struct vs_workers *w); /* after the run; NULL is fine */

#endif
