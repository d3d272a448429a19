/* Making an engine, its event pool, and the loop's common part. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/engine/private.h"

#define EVENTS_PER_SLAB 1024

void vs_engine_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "vcpusim: internal error at %s:%d: %s", file, line, what);
	if (vs_core_now)
		fprintf(stderr, " (CPU %u at %llu ps)", vs_core_now->id,
			(unsigned long long)vs_core_now->clock);
	fputc('\n', stderr);
	abort();
}

void *vs_engine_alloc(size_t n, size_t size)
{
	size_t bytes = (n * size + 63) & ~(size_t)63;
	void *p = aligned_alloc(64, bytes);

	VS_ASSERT(p || !n);
	if (p)
		memset(p, 0, bytes);
	return p;
}

struct vs_engine *vs_engine_new(const struct vs_engine_options *o)
{
	struct vs_engine *e = vs_engine_alloc(1, sizeof(*e));

	e->o = *o;
	e->d = o->delays;
	if (!e->o.stack_bytes)
		e->o.stack_bytes = 64 * 1024;
	e->cores = vs_engine_alloc(o->n_cores, sizeof(*e->cores));
	e->due = vs_engine_alloc(o->n_cores, sizeof(*e->due));
	e->resume = vs_engine_alloc(o->n_cores, sizeof(struct vs_ctx *));
	for (uint32_t i = 0; i < o->n_cores; i++) {
		e->cores[i].engine = e;
		e->cores[i].id = i;
		e->cores[i].pending = VS_PS_NEVER;
	}
	vs_tree_init(&e->tree, o->n_cores);
	e->event_time = VS_PS_NEVER;
	e->shuffle = UINT64_C(0x9e3779b97f4a7c15);
	e->backend = o->backend == VS_BACKEND_BARE ? &vs_backend_bare : &vs_backend_simgrid;
	return e;
}

void vs_engine_free(struct vs_engine *e)
{
	if (!e)
		return;
	for (uint32_t i = 0; i < e->n_ctxs; i++) {
		e->backend->destroy(e->ctxs[i]);
		free(e->ctxs[i]);
	}
	for (uint32_t i = 0; i < e->o.n_cores; i++)
		vs_heap_release(&e->cores[i].local);
	for (uint32_t i = 0; i < e->n_slabs; i++)
		free(e->slabs[i]);
	free(e->slabs);
	free(e->ctxs);
	vs_heap_release(&e->agents);
	free(e->tree.min);
	free(e->due);
	free(e->resume);
	free(e->cores);
	free(e);
}

struct vs_event *vs_event_new(struct vs_engine *e)
{
	if (VS_UNLIKELY(!e->free_events)) {
		struct vs_event *slab = vs_engine_alloc(EVENTS_PER_SLAB, sizeof(*slab));

		e->slabs = realloc(e->slabs, (e->n_slabs + 1) * sizeof(*e->slabs));
		VS_ASSERT(e->slabs);
		e->slabs[e->n_slabs++] = slab;
		for (uint32_t i = 0; i < EVENTS_PER_SLAB; i++) {
			slab[i].fn.next_free = e->free_events;
			e->free_events = &slab[i];
		}
	}
	struct vs_event *ev = e->free_events;

	e->free_events = ev->fn.next_free;
	*ev = (struct vs_event){0};
	return ev;
}

void vs_event_free(struct vs_engine *e, struct vs_event *ev)
{
	ev->fn.next_free = e->free_events;
	e->free_events = ev;
}

struct vs_core *vs_engine_core(struct vs_engine *e, uint32_t id)
{
	return &e->cores[id];
}

const struct vs_engine_options *vs_engine_opts(const struct vs_engine *e)
{
	return &e->o;
}

const struct vs_engine_stats *vs_engine_stats(const struct vs_engine *e)
{
	return &e->stats;
}

void vs_engine_set_attend(struct vs_engine *e, vs_attend_fn fn)
{
	e->attend = fn;
}

void vs_engine_set_user(struct vs_engine *e, void *user)
{
	e->user = user;
}

void *vs_engine_user(const struct vs_engine *e)
{
	return e->user;
}

static void stop(struct vs_engine *e, enum vs_stop why)
{
	if (!e->stopped) {
		e->stopped = true;
		e->stop = why;
	}
}

/* Others may have gone ahead of the caller, but by less than a window; agents by less than their
 * delay. A run that ends that much later ends in the same state in whatever order it was run. */
void vs_engine_finish(struct vs_engine *e)
{
	vs_ps grace = e->d.history > e->d.agent ? e->d.history : e->d.agent;
	vs_ps now = e->event_time != VS_PS_NEVER ? e->event_time
		    : vs_core_now                ? vs_core_now->clock
						 : e->now;

	if (now + grace < e->finish_at)
		e->finish_at = now + grace;
	for (uint32_t i = 0; i < e->o.n_cores; i++) {
		struct vs_core *c = &e->cores[i];

		if (c->horizon > e->finish_at)
			c->horizon = e->finish_at;
		if (c->limit > e->finish_at)
			c->limit = e->finish_at;
	}
}

void vs_engine_abort(struct vs_engine *e)
{
	stop(e, VS_STOP_ABORTED);
}

vs_ps vs_driver_peek(const struct vs_engine *e)
{
	vs_ps agent = vs_heap_time(&e->agents), core = e->tree.min[1];

	return agent < core ? agent : core;
}

bool vs_driver_step(struct vs_engine *e)
{
	vs_ctx_now = NULL;
	vs_core_now = NULL;
	e->n_resume = e->next_resume = 0;
	if (e->stopped)
		return false;
	vs_ps next = vs_driver_peek(e);

	if (next == VS_PS_NEVER)
		stop(e, e->finish_at == VS_PS_NEVER ? VS_STOP_QUIET : VS_STOP_DONE);
	else if (next >= vs_engine_end(e))
		stop(e, e->finish_at <= e->limit ? VS_STOP_DONE : VS_STOP_LIMIT);
	if (e->stopped)
		return false;
	e->stats.windows++;
	return e->o.strict ? vs_strict_step(e) : vs_windowed_step(e);
}

bool vs_driver_round(struct vs_engine *e)
{
	if (!e->prepared)
		return vs_driver_step(e);
	e->prepared = false;
	return !e->stopped;
}

enum vs_stop vs_engine_run(struct vs_engine *e, vs_ps limit)
{
	e->limit = limit < VS_PS_MAX_RUN ? limit : VS_PS_MAX_RUN;
	e->finish_at = VS_PS_NEVER;
	e->stopped = false;
	e->backend->run(e);
	vs_ctx_now = NULL;
	vs_core_now = NULL;
	return e->stop;
}
