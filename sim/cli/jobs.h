/*
 * sim/cli/jobs.h - every (table, replication) as a forked process of its own, some at a time.
 */
#ifndef VS_JOBS_H
#define VS_JOBS_H

#include "sim/cli/run.h"

struct vs_jobs_options {
	uint32_t jobs; /* at a time */
	bool show_progress;
	struct vs_execution execution;
};

/*
 * Runs all; out->runs gets them in the order of tables, then replications, whatever finished first.
 * A process that dies gives a run of status crashed. On SIGINT or SIGTERM the processes are
 * ended, finished runs are kept and out->partial is set. False: no memory or no processes.
 * *traced: what became of the first run's trace.
 */
bool vs_jobs_run(const struct vs_scenario *s, const struct vs_modules *m,
		 const struct vs_jobs_options *o, struct vs_result *out, enum vs_traced *traced);

#endif
