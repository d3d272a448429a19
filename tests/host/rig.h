/*
 * tests/host/rig.h - a small machine with round costs, a host on it, and a place to write down what
 * happened when.
 *
 * Four CPUs: 0, 1 share a socket and its L3, 2, 3 the other. Costs in ns: context switch 1000, wake
 * 100 to send and 200 in flight, leaving idle 300, tick 1000, migration 500, interrupt 100 to send,
 * 100 (same L3) or 200 in flight, 200 to handle, guest exit 300, entry 300, RCU scan 50 per CPU,
 * softirq 500. The window is 20.
 */
#ifndef VS_TEST_RIG_H
#define VS_TEST_RIG_H

#include "sim/host/host.h"

struct rig {
	struct vs_scenario s;
	struct vs_engine *e;
	struct vs_hw *hw;
	struct vs_host *h;
};

struct rig_options {
	uint32_t sockets; /* of two CPUs each; 0: two */
	uint32_t hz;      /* 0: 250 */
	enum vs_preempt preempt;
	struct vs_sched_params sched; /* latency 0: the defaults for so many CPUs */
	uint64_t nohz_full;           /* the first 64 CPUs */
	bool strict;
	enum vs_order order;
	bool any_window; /* use `window` instead of the machine's own */
	vs_ps window;
};

#define NS(x) ((vs_ps)(x)*VS_PS_PER_NS)
#define US(x) ((vs_ps)(x)*VS_PS_PER_US)
#define MS(x) ((vs_ps)(x)*VS_PS_PER_MS)

void rig_init(struct rig *r, const struct rig_options *o);
void rig_release(struct rig *r);
/* A thread on that CPU (pinned), started at `at` (VS_PS_NEVER: not started). */
struct vs_task *rig_task(struct rig *r, const char *name, enum vs_task_kind kind, int cpu,
			 void (*fn)(void *arg), void *arg, vs_ps at);
/* The same for any thread. */
struct vs_task *rig_start(struct rig *r, const struct vs_task_params *p, vs_ps at);
enum vs_stop rig_run(struct rig *r, vs_ps limit);
/* The books of the calling thread, added up. */
vs_ps rig_books(void);

#endif
