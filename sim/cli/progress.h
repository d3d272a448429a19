/* sim/cli/progress.h - how far the runs are: a few lines on a terminal, a few times a second. */
#ifndef VS_PROGRESS_H
#define VS_PROGRESS_H

#include <fcntl.h>
#include <sys/types.h>
#include <time.h>

#include "sim/cli/run.h"

enum vs_job_state { VS_JOB_WAITING, VS_JOB_RUNNING, VS_JOB_DONE, VS_JOB_LOST };

struct vs_job {
	const struct vs_table_ref *table;
	uint32_t replication;
	enum vs_job_state state;
	pid_t pid;
	int fd;
	char *text; /* received so far */
	size_t n_text, cap_text;
	struct timespec started;
	bool out_of_time;
	struct vs_progress *progress;
	struct vs_run run;
};

/* The lines shown now, which the next ones are to replace. Zeroed at first. */
struct vs_shown {
	int lines;
	struct timespec began, last;
};

void vs_progress_show(struct vs_shown *shown, const struct vs_scenario *s,
		      const struct vs_job *jobs, size_t n);
void vs_progress_clear(struct vs_shown *shown);

#endif
