/*
 * Conservative windows. Each step: agents' events that nothing can precede any more, in key order;
 * then every core that has something to do before its horizon. The host order of the cores inside a
 * window does not matter; tests run three.
 */
#include "sim/engine/private.h"

static vs_ps min_ps(vs_ps a, vs_ps b)
{
	return a < b ? a : b;
}

static vs_ps sat_add(vs_ps a, vs_ps b)
{
	return a > VS_PS_NEVER - b ? VS_PS_NEVER : a + b;
}

void vs_handle_agent(struct vs_engine *e)
{
	struct vs_event *ev = vs_heap_pop(&e->agents);

	VS_ASSERT(vs_key_less(&e->last_agent, ev) || !e->stats.agent_events);
	e->last_agent = *ev;
	e->in_agent = true;
	e->event_time = ev->time;
	e->stats.agent_events++;
	if (!ev->dead)
		ev->fn.agent(e, ev);
	e->in_agent = false;
	e->event_time = VS_PS_NEVER;
	vs_event_free(e, ev);
}

void vs_resume_later(struct vs_engine *e, struct vs_core *c)
{
	struct vs_ctx *x = c->run;

	x->core = c;
	e->resume[e->n_resume++] = x;
	__builtin_prefetch(x->backend);
	__builtin_prefetch((char *)x->backend + 64);
	__builtin_prefetch((char *)x->backend + 128);
	e->stats.resumes++;
}

/* Rule 4: the earliest core may run until anything of another core or agent could reach it. */
static void set_horizons(struct vs_engine *e, vs_ps t, uint32_t first, uint32_t n)
{
	vs_ps w = e->d.window, b = e->d.effect < w ? e->d.effect : w;
	vs_ps second = sat_add(vs_tree_min_without(&e->tree, first), w);
	vs_ps agent = sat_add(vs_heap_time(&e->agents), b);

	vs_ps end = vs_engine_end(e), alone = min_ps(second, agent);

	for (uint32_t i = 0; i < n; i++)
		e->cores[e->due[i]].horizon = min_ps(t + w, end);
	/* with a window of 0 the earliest still has to take its step */
	e->cores[first].horizon = min_ps(alone > t ? alone : t + 1, end);
}

static void swap_due(struct vs_engine *e, uint32_t i, uint32_t k)
{
	uint32_t core = e->due[i];

	e->due[i] = e->due[k];
	e->due[k] = core;
}

static void reorder(struct vs_engine *e, uint32_t n)
{
	if (e->o.order == VS_ORDER_DOWN) {
		for (uint32_t i = 0; i < n / 2; i++)
			swap_due(e, i, n - 1 - i);
		return;
	}
	for (uint32_t i = n; i > 1; i--) {
		e->shuffle ^= e->shuffle << 13;
		e->shuffle ^= e->shuffle >> 7;
		e->shuffle ^= e->shuffle << 17;
		swap_due(e, i - 1, e->shuffle % i);
	}
}

/* What a core's turn begins with is seldom in the real machine's cache when there are hundreds. */
static void warm_up(const struct vs_engine *e, uint32_t later, uint32_t sooner)
{
	const struct vs_heap *h = &e->cores[sooner].local;

	__builtin_prefetch(&e->cores[later], 1);
	__builtin_prefetch((const char *)&e->cores[later] + 64, 1);
	__builtin_prefetch((const char *)&e->cores[later] + 128, 1);
	if (h->n)
		__builtin_prefetch(h->slot[0].ev);
	__builtin_prefetch(e->cores[sooner].hw);
}

bool vs_windowed_step(struct vs_engine *e)
{
	while (vs_heap_time(&e->agents) <
	       min_ps(sat_add(e->tree.min[1], e->d.agent), vs_engine_end(e))) {
		/* watchers may write reports, which takes more stack than a context has */
		if (e->on_context && e->agents.slot[0].ev->rank == VS_CLASS_CHECK) {
			e->deferred = true;
			return true;
		}
		vs_handle_agent(e);
		if (e->stopped)
			return false;
	}
	vs_ps t = e->tree.min[1];

	if (t >= vs_engine_end(e))
		return true; /* the next step finds it quiet, or over */
	e->now = t;
	uint32_t first = vs_tree_first(&e->tree);
	uint32_t n = vs_tree_below(&e->tree, t + (e->d.window ? e->d.window : 1), e->due);

	set_horizons(e, t, first, n);
	if (e->o.order != VS_ORDER_UP)
		reorder(e, n);
	for (uint32_t i = 0; i < n; i++) {
		struct vs_core *c = &e->cores[e->due[i]];

		if (i + 4 < n)
			warm_up(e, e->due[i + 4], e->due[i + 2]);
		if (c->horizon <= c->pending)
			continue; /* window 0: only the earliest goes */
		vs_core_drain(c);
		if (c->run && (c->granted || (c->running && c->clock < c->horizon)))
			vs_resume_later(e, c);
		else
			vs_core_repend(c);
	}
	return true;
}
