/* Sending events, with the delays that make windows exact checked at every send. */
#include "sim/engine/private.h"

static vs_ps min_ps(vs_ps a, vs_ps b)
{
	return a < b ? a : b;
}

/* Rule 4: what this core has sent may come back to it, so it must not run past that. */
static void lower_horizon(struct vs_core *c, vs_ps to)
{
	if (to < c->horizon)
		c->horizon = to;
	if (to < c->limit)
		c->limit = to;
}

static void insert_local(struct vs_core *c, struct vs_event *ev)
{
	VS_ASSERT(ev->time > c->last_step || ev->core == c->id);
	VS_ASSERT(ev->time >= c->last_local);
	vs_heap_push(&c->local, ev);
	if (ev->time < c->limit)
		c->limit = ev->time;
	if (ev->time < c->pending) {
		c->pending = ev->time;
		vs_tree_set(&c->engine->tree, c->id, ev->time);
	}
}

void vs_send_agent(struct vs_core *from, struct vs_event *ev)
{
	struct vs_engine *e = from->engine;

	ev->core = from->id;
	ev->seq = from->seq++;
	VS_ASSERT(ev->time >= ev->issue + e->d.agent);
	VS_ASSERT(!e->in_agent);
	vs_heap_push(&e->agents, ev);
	lower_horizon(from, ev->time + min_ps(e->d.effect, e->d.window));
}

void vs_send_effect(struct vs_engine *e, struct vs_core *to, struct vs_event *ev)
{
	VS_ASSERT(e->in_agent);
	VS_ASSERT(ev->time >= e->last_agent.time + e->d.effect);
	ev->core = e->o.n_cores;
	ev->seq = e->agent_seq++;
	insert_local(to, ev);
}

void vs_send_later(struct vs_engine *e, struct vs_event *ev)
{
	VS_ASSERT(e->in_agent);
	ev->core = e->o.n_cores;
	ev->seq = e->agent_seq++;
	VS_ASSERT(vs_key_less(&e->last_agent, ev));
	vs_heap_push(&e->agents, ev);
}

void vs_send_message(struct vs_core *from, struct vs_core *to, struct vs_event *ev, vs_ps now)
{
	struct vs_engine *e = from->engine;

	VS_ASSERT(ev->time >= now + e->d.message);
	ev->issue = now;
	ev->core = from->id;
	ev->seq = from->seq++;
	insert_local(to, ev);
	if (to != from)
		lower_horizon(from, ev->time + e->d.window);
}

void vs_send_timer(struct vs_core *c, struct vs_event *ev)
{
	ev->core = c->id;
	ev->seq = c->seq++;
	insert_local(c, ev);
}

void vs_event_cancel(struct vs_core *c, struct vs_event *ev)
{
	(void)c;
	ev->dead = true;
}

void vs_seed_agent(struct vs_engine *e, struct vs_event *ev)
{
	ev->core = e->o.n_cores;
	ev->seq = e->agent_seq++;
	vs_heap_push(&e->agents, ev);
}
