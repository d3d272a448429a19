/* See workers.h. Not instrumented: makes threads, asks the host. */
#include "models/kernel/workers.h"

#include <stdio.h>
#include <stdlib.h>

#include <linux/workqueue.h>

struct vs_workers {
	uint32_t n;
	struct vs_task *task[];
};

static struct vs_workers *workers;

struct vs_workers *vs_workers_new(struct vs_host *h)
{
	uint32_t n = vs_host_scenario(h)->cpus;
	struct vs_workers *w = calloc(1, sizeof(*w) + n * sizeof(w->task[0]));

	if (!w)
		return NULL;
	w->n = n;
	for (uint32_t i = 0; i < n; i++) {
		char name[32];
		struct vs_task_params p = {.name = name,
					   .kind = VS_TASK_KTHREAD,
					   .cpu = (int32_t)i,
					   .pinned = true,
					   .fn = worker_thread};

		snprintf(name, sizeof(name), "kworker/%u", i);
		w->task[i] = vs_task_new(h, &p);
	}
	workers = w;
	return w;
}

void vs_workers_free(struct vs_workers *w)
{
	if (workers == w)
		workers = NULL;
	free(w);
}

struct vs_task *vs_cpu_worker(uint32_t cpu)
{
	return workers->task[cpu];
}

void vs_delay(vs_ps ps)
{
	vs_task_compute_in_kernel(ps, VS_CAUSE_COMPUTE);
}

bool vs_booting(void)
{
	return vs_host_booting(vs_task_host(vs_task_current()));
}
