#include "tests/cli/runs.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/measured.h"

void make_scenario(struct vs_scenario *s, uint32_t replications)
{
	memset(s, 0, sizeof(*s));
	snprintf(s->name, sizeof(s->name), "made");
	snprintf(s->machine.name, sizeof(s->machine.name), "toy");
	s->replications = replications;
	s->n_tables = 2;
	s->tables = calloc(2, sizeof(*s->tables));
	s->n_streams = 1;
	s->streams = calloc(1, sizeof(*s->streams));
	ck_assert(s->tables && s->streams);
	snprintf(s->tables[0].name, VS_NAME_MAX, "a");
	snprintf(s->tables[1].name, VS_NAME_MAX, "b");
	s->streams[0].op = VS_OP_LOOKUP;
}

void release_scenario(struct vs_scenario *s)
{
	free(s->tables);
	free(s->streams);
}

void add_run(struct vs_result *r, const char *table, uint32_t replication, vs_ps ps, uint32_t n)
{
	struct vs_measured *m = vs_measured_new(1, 0);
	vs_ps parts[VS_CAUSES] = {[VS_CAUSE_COMPUTE] = ps};
	struct vs_run *run;

	r->runs = realloc(r->runs, (r->n_runs + 1) * sizeof(*r->runs));
	ck_assert(m && r->runs);
	run = &r->runs[r->n_runs++];
	memset(run, 0, sizeof(*run));
	snprintf(run->table, sizeof(run->table), "%s", table);
	run->replication = replication;
	for (uint32_t i = 0; i < n; i++)
		ck_assert(vs_measured_op(m, VS_OP_LOOKUP, i * ps, (i + 1) * ps, parts, false));
	ck_assert(vs_measured_take(m, r->scenario, run));
	vs_measured_free(m);
}

void make_result(struct vs_result *r, const struct vs_scenario *s)
{
	static const vs_ps a[] = {100000, 110000, 120000}, b[] = {105000, 116000, 126000};

	*r = (struct vs_result){.scenario = s};
	for (uint32_t i = 0; i < 3; i++)
		add_run(r, "a", i, a[i], 1);
	for (uint32_t i = 0; i < 3; i++)
		add_run(r, "b", i, b[i], 1);
}
