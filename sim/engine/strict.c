/* The reference: always the globally smallest key, one thing at a time. No windows, no horizons, no
 * agent event before its time. */
#include "sim/engine/private.h"

bool vs_strict_step(struct vs_engine *e)
{
	uint32_t first = vs_tree_first(&e->tree);
	struct vs_core *c = &e->cores[first];
	vs_ps t = e->tree.min[1], agent = vs_heap_time(&e->agents);

	if (agent <= t) {
		e->now = agent;
		vs_handle_agent(e);
		return !e->stopped;
	}
	e->now = t;
	c->horizon = VS_PS_NEVER;
	vs_ps local = vs_heap_time(&c->local);

	if (!c->running || local <= c->clock) {
		vs_handle_local(c);
		if (c->granted)
			vs_resume_later(e, c); /* the access belongs to the fill */
		else
			vs_core_repend(c);
	} else {
		vs_resume_later(e, c);
	}
	return !e->stopped;
}
