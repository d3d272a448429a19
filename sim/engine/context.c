/* Contexts: what SimGrid's actors and the bare loop's stacks have in common. */
#include <stdio.h>
#include <stdlib.h>

#include "sim/engine/private.h"

struct vs_ctx *vs_ctx_now;
struct vs_core *vs_core_now;

struct vs_ctx *vs_ctx_new(struct vs_engine *e, const char *name, uint32_t core,
			  void (*fn)(void *arg), void *arg)
{
	struct vs_ctx *x = vs_engine_alloc(1, sizeof(*x));

	if (e->n_ctxs == e->cap_ctxs) {
		e->cap_ctxs = e->cap_ctxs ? 2 * e->cap_ctxs : 64;
		e->ctxs = realloc(e->ctxs, e->cap_ctxs * sizeof(*e->ctxs));
		VS_ASSERT(e->ctxs);
	}
	x->engine = e;
	x->fn = fn;
	x->arg = arg;
	x->home_core = core;
	x->colour = e->n_ctxs;
	snprintf(x->name, sizeof(x->name), "%s", name);
	e->ctxs[e->n_ctxs++] = x;
	e->backend->create(x);
	return x;
}

/* The next context to run, with the two "now" pointers set for it; NULL: back to the driver. */
struct vs_ctx *vs_resume_next(struct vs_engine *e)
{
	if (e->next_resume == e->n_resume) {
		vs_ctx_now = NULL;
		vs_core_now = NULL;
		return NULL;
	}
	struct vs_ctx *x = e->resume[e->next_resume++];

	vs_ctx_now = x;
	vs_core_now = x->core;
	return x;
}

/*
 * The last context of a round takes the driver's steps itself, on its own stack. What is due next
 * is appended to what runs; the context itself, if it is the first of them, just goes on. The
 * driver is left what cannot be appended, and finds it prepared. (Strict mode does without, so that
 * it stays one event at a time.)
 */
static bool goes_on(struct vs_engine *e, struct vs_ctx *me)
{
	if (e->o.strict || e->next_resume != e->n_resume)
		return false;
	e->on_context = true;
	e->deferred = false;
	do {
		if (!vs_driver_step(e))
			break;
	} while (!e->n_resume && !e->deferred);
	e->on_context = false;
	if (e->deferred)
		return false;
	bool first = e->n_resume && e->resume[0] == me;

	e->next_resume = first;
	if (e->n_resume == first || e->backend->append(e))
		return first;
	e->next_resume = 0;
	e->prepared = true;
	return false;
}

void vs_yield(void)
{
	struct vs_ctx *me = vs_ctx_now;

	if (!goes_on(me->engine, me))
		me->engine->backend->yield(me);
	vs_ctx_now = me;
	vs_core_now = me->core;
}

void vs_ctx_entered(struct vs_ctx *x)
{
	/* thousands of stack tops at the same offset would share a handful of cache sets */
	volatile char *pad = __builtin_alloca((x->colour % 61) * 64 + 64);

	pad[0] = 0;
	vs_ctx_now = x;
	vs_core_now = x->core;
	x->core->granted = false;
	vs_core_set_limit(x->core);
	x->fn(x->arg);
	VS_ASSERT(x->done);
}

void vs_ctx_exit(struct vs_ctx *x)
{
	VS_ASSERT(x == vs_ctx_now && vs_core_now->run != x);
	x->done = true;
	vs_core_repend(vs_core_now);
	for (;;)
		vs_yield();
}

void *vs_ctx_user(const struct vs_ctx *x)
{
	return x->user;
}

void vs_ctx_set_user(struct vs_ctx *x, void *user)
{
	x->user = user;
}

void vs_ctx_stack(const struct vs_ctx *x, uintptr_t *lo, uintptr_t *hi)
{
	*lo = x->stack_lo;
	*hi = x->stack_hi;
}

void vs_ctx_stands_at(uintptr_t pc)
{
	vs_ctx_now->place = pc;
}

uintptr_t vs_ctx_place(const struct vs_ctx *x)
{
	return x->place;
}

struct vs_ctx *vs_ctx_of_address(struct vs_engine *e, uintptr_t addr)
{
	for (uint32_t i = 0; i < e->n_ctxs; i++)
		if (addr >= e->ctxs[i]->stack_lo && addr < e->ctxs[i]->stack_hi)
			return e->ctxs[i];
	return NULL;
}
