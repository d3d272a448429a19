/* What a result holds, given back. */
#include <stdlib.h>
#include <string.h>

#include <vcpusim/result.h>

static void release_users(struct vs_line_user *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(v[i].site);
		free(v[i].field);
	}
	free(v);
}

static void release_hot(struct vs_hot_line *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(v[i].object);
		free(v[i].field);
		release_users(v[i].readers, v[i].n_readers);
		release_users(v[i].writers, v[i].n_writers);
	}
	free(v);
}

void vs_run_release(struct vs_run *run)
{
	for (size_t i = 0; i < run->n_ops; i++)
		for (int k = 0; k < VS_LATENCY_KINDS; k++)
			free(run->ops[i].latency[k].buckets);
	for (size_t i = 0; i < run->n_violations; i++)
		free(run->violations[i].message);
	release_hot(run->hot_lines, run->n_hot_lines);
	release_hot(run->hot_objects, run->n_hot_objects);
	free(run->ops);
	free(run->violations);
	free(run->counters);
	free(run->open_streams);
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
