/*
 * sim/workload/calls.h - what an operation asks of the table: drawn first, then asked. Knows
 * nothing of who asks, so that vcpusim-native's threads ask the same.
 */
#ifndef VS_CALLS_H
#define VS_CALLS_H

#include <gsl/gsl_rng.h>

#include <vcpusim/module.h>
#include <vcpusim/scenario.h>

struct vs_call {
	uint32_t what; /* a vCPU by index or id, the first VP, or a memory slot */
	uint32_t n;    /* VPs */
	bool nobody;   /* no VM has this one */
	uint64_t gfn;
	uint64_t set[2];
	void *vcpu; /* index_of: to be filled in by who has the vCPUs */
};

/* n_stay: the boot vCPUs that no stream unplugs, the first ones. */
struct vs_caller {
	const struct vs_scenario *s;
	const struct vs_stream *def;
	const struct vs_table *table;
	void *vm;
	uint32_t n_stay;
	gsl_rng *choices;
};

/* A vCPU that is there from start to end, other than `self`, by its place in the table, which is
 * its id. */
uint32_t vs_draw_other(gsl_rng *choices, uint32_t n_stay, uint32_t self);

/* For the operations that vs_call() knows; nothing for others. */
void vs_call_draw(const struct vs_caller *c, struct vs_call *out);

/* exit: the vCPU in whose exit memslot_read is, or NULL. False: it found something else than it had
 * to. The module reads *call: on the caller's own stack. */
bool vs_call(const struct vs_caller *c, const struct vs_call *call, void *exit);

/* With which create_failing has to fail. */
int vs_expected_errno(const struct vs_stream *def);

#endif
