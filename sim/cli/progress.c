#include "sim/cli/progress.h"

#include <stdio.h>

void vs_progress_show(const struct vs_job *jobs, size_t n)
{
	size_t done = 0, shown = 0;

	for (size_t i = 0; i < n; i++)
		done += jobs[i].state == VS_JOB_DONE;
	fprintf(stderr, "\r\033[K%zu/%zu runs", done, n);
	for (size_t i = 0; i < n && shown < 2; i++) {
		const struct vs_progress *p = jobs[i].progress;

		if (jobs[i].state != VS_JOB_RUNNING)
			continue;
		shown++;
		fprintf(stderr, "  %s#%u: %llu", jobs[i].table->name, jobs[i].replication + 1,
			(unsigned long long)p->done);
		if (p->total)
			fprintf(stderr, "/%llu", (unsigned long long)p->total);
		fprintf(stderr, " ops, %.3f s", (double)p->simulated_ps / 1e12);
	}
	fflush(stderr);
}

void vs_progress_clear(void)
{
	fputs("\r\033[K", stderr);
}
