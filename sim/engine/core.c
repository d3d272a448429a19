/* A core's local events, and how a context gives its core up and gets it back. */
#include "sim/engine/private.h"

void vs_core_repend(struct vs_core *c)
{
	vs_ps p = vs_heap_time(&c->local);

	if (c->running && c->clock < p)
		p = c->clock;
	c->pending = p;
	vs_tree_set(&c->engine->tree, c->id, p);
}

void vs_core_changed(struct vs_core *c)
{
	vs_core_repend(c);
}

void vs_core_set_limit(struct vs_core *c)
{
	vs_ps next = vs_heap_time(&c->local);

	if (c->engine->o.strict || c->attention)
		c->limit = 0;
	else
		c->limit = next < c->horizon ? next : c->horizon;
}

/* Pops and runs the first local event. A spinning core that anything happens to looks again, at the
 * end of the iteration in which it happened. */
void vs_handle_local(struct vs_core *c)
{
	struct vs_event *ev = vs_heap_pop(&c->local);
	struct vs_engine *e = c->engine;

	if (!ev->dead) {
		VS_ASSERT(ev->time >= c->last_local);
		c->last_local = ev->time;
		e->stats.local_events++;
		c->n_local++;
		e->event_time = ev->time;
		ev->fn.local(c, ev);
		e->event_time = VS_PS_NEVER;
		if (c->spin_period) {
			vs_ps late = ev->time > c->clock ? ev->time - c->clock : 0;
			uint64_t turns = (late + c->spin_period - 1) / c->spin_period;

			c->clock += turns * c->spin_period;
			c->spin_period = 0;
			c->running = true;
		}
	}
	vs_event_free(e, ev);
}

void vs_core_drain(struct vs_core *c)
{
	for (;;) {
		vs_ps t = vs_heap_time(&c->local);

		if (t >= c->horizon || (c->running && t > c->clock) || c->granted)
			return;
		vs_handle_local(c);
	}
}

static bool may_go(const struct vs_core *c)
{
	return c->granted || (c->running && c->clock < c->horizon);
}

/* What the host does may synchronise and park as well. */
static void attend(struct vs_core *c, struct vs_ctx *me)
{
	uintptr_t place = me->place;

	c->attention = false;
	c->engine->attend(c);
	me->place = place;
}

static void sync_strict(struct vs_ctx *me)
{
	struct vs_core *c;

	for (;;) {
		vs_core_repend(vs_core_now);
		vs_yield();
		c = vs_core_now;
		if (!c->attention)
			break;
		attend(c, me);
	}
	me->place = 0;
	c->limit = 0;
}

void vs_core_sync(void)
{
	struct vs_core *c = vs_core_now;
	struct vs_ctx *me = vs_ctx_now;

	c->engine->stats.slow_paths++;
	if (c->engine->o.strict) {
		sync_strict(me);
		return;
	}
	for (;;) {
		vs_core_drain(c);
		if (c->run != me || !c->running || c->clock >= c->horizon) {
			vs_core_repend(c);
			vs_yield();
			c = vs_core_now;
			continue;
		}
		if (!c->attention)
			break;
		attend(c, me);
		c = vs_core_now;
	}
	me->place = 0;
	vs_core_set_limit(c);
}

void vs_core_park(void)
{
	struct vs_core *c = vs_core_now;
	struct vs_ctx *me = vs_ctx_now;
	bool strict = c->engine->o.strict;

	for (;;) {
		if (!strict)
			vs_core_drain(c);
		if (!strict && c->run == me && may_go(c))
			break;
		vs_core_repend(c);
		vs_yield();
		c = vs_core_now;
		if (c->run == me && (c->granted || c->running))
			break;
	}
	me->place = 0;
	c->granted = false;
	vs_core_set_limit(c);
}
