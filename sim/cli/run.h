/*
 * sim/cli/run.h - one run: one table, one replication, in this process.
 */
#ifndef VS_RUN_H
#define VS_RUN_H

#include <vcpusim/result.h>

#include "sim/cli/modules.h"
#include "sim/engine/engine.h"

/* How it is executed; none of it may change a result. */
struct vs_execution {
	bool strict;
	bool bare;       /* without SimGrid */
	bool paranoid;   /* the memory system's own asserts */
	bool window_set; /* window_ps instead of the machine's W */
	vs_ps window_ps;
	enum vs_order order;
	uint32_t silent_s; /* sim/cli/guard.h; 0: not watched */
	const char *trace; /* where to; NULL: not traced */
	vs_ps trace_from, trace_until;
	/* Gets a run that ended in a signal handler, and ends the process. NULL: signals are left
	 * alone. */
	void (*fatal)(void *ctx, const struct vs_run *run);
	void *fatal_ctx;
};

/* What became of the trace. */
enum vs_traced {
	VS_UNTRACED, /* nobody asked for one, or the process ended before */
	VS_TRACED,
	VS_TRACE_FAILED /* it has been said why */
};

/* Shared with the parent process, which shows it. */
struct vs_progress {
	volatile uint64_t done, total, simulated_ps, accesses;
	volatile enum vs_traced traced;
};

/* Never fails: what went wrong is in the run's status and message. Once per process (SimGrid). */
void vs_run_execute(const struct vs_scenario *s, const struct vs_table_ref *table,
		    const struct vs_modules *m, uint32_t replication, const struct vs_execution *x,
		    struct vs_progress *progress, struct vs_run *out);

#endif
