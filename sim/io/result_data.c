/* What a result holds, given back. */
#include <stdlib.h>
#include <string.h>

#include <vcpusim/result.h>

void vs_run_release(struct vs_run *run)
{
	for (size_t i = 0; i < run->n_ops; i++)
		for (int k = 0; k < VS_LATENCY_KINDS; k++)
			free(run->ops[i].latency[k].buckets);
	for (size_t i = 0; i < run->n_violations; i++)
		free(run->violations[i].message);
	free(run->ops);
	free(run->violations);
	free(run->counters);
	free(run->message);
	memset(run, 0, sizeof(*run));
}

void vs_result_release(struct vs_result *r)
{
	for (size_t i = 0; i < r->n_runs; i++)
		vs_run_release(&r->runs[i]);
	for (size_t i = 0; i < r->n_modules; i++) {
		free(r->modules[i].compiler);
		free(r->modules[i].flags);
	}
	free(r->runs);
	free(r->modules);
	free(r->summary);
	free(r->comparisons);
	memset(r, 0, sizeof(*r));
}
