/*
 * sim/cli/guard.h - a run's process watches over itself: crashes, and code that computes for ever.
 *
 * Simulated code is C like any other: it may call through a null pointer, overflow its stack, or
 * loop without an access that would give the simulator a chance, abort or exit. Each ends the run
 * with a text that names thread and place. One per process, since signals belong to the process.
 */
#ifndef VS_GUARD_H
#define VS_GUARD_H

#include <stdbool.h>
#include <stdint.h>

struct vs_guard {
	/* Processor time, not wall time: a busy machine makes no run silent. 0: not watched. */
	uint32_t silent_s;
	/* Changes whenever the run gets on. Called from a signal handler. */
	uint64_t (*moved)(void *ctx);
	void *moved_ctx;
	/* Told once, from a signal handler on a stack of its own; must not return. After a crash
	 * nothing is to be trusted; what only hangs is sound. */
	void (*fatal)(void *ctx, const char *text, bool crashed);
	void *fatal_ctx;
};

/* After SimGrid has installed handlers of its own. */
void vs_guard_start(const struct vs_guard *g);
void vs_guard_stop(void); /* of the silence; crashes are still reported */

#endif
