/* sim/engine/private.h - the inside of the engine; nobody else includes it. */
#ifndef VS_ENGINE_PRIVATE_H
#define VS_ENGINE_PRIVATE_H

#include "sim/engine/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

#define VS_LIKELY(x) __builtin_expect(!!(x), 1)
#define VS_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Tournament tree of the cores' pending times. */
struct vs_tree {
	uint32_t leaves; /* power of two >= cores */
	vs_ps *min;      /* [1] root, [leaves + i] core i */
};

struct vs_ctx {
	struct vs_engine *engine;
	struct vs_core *core; /* on which it was resumed last */
	void (*fn)(void *arg);
	void *arg;
	void *user;
	char name[32];
	uint32_t home_core;
	uint32_t colour;
	uintptr_t stack_lo, stack_hi;
	uintptr_t place; /* while it synchronises or is parked */
	bool done;
	void *backend; /* bare: saved stack pointer; SimGrid: the actor */
};

/* What differs between SimGrid and the bare loop. */
struct vs_backend_ops {
	void (*create)(struct vs_ctx *x);
	void (*yield)(struct vs_ctx *x); /* context -> next on the resume list, or the driver */
	bool (*append)(
		struct vs_engine *e); /* the new resume list behind what runs; or the driver does */
	void (*run)(struct vs_engine *e);
	void (*destroy)(struct vs_ctx *x);
};
extern const struct vs_backend_ops vs_backend_bare;
extern const struct vs_backend_ops vs_backend_simgrid;

struct vs_engine {
	struct vs_engine_options o;
	struct vs_delays d;
	struct vs_core *cores;
	struct vs_heap agents;
	struct vs_tree tree;
	struct vs_event *free_events;
	struct vs_event **slabs;
	uint32_t n_slabs;
	uint32_t agent_seq;
	vs_ps now;        /* start of the window, or strict: key time being handled */
	vs_ps event_time; /* while a handler runs, else VS_PS_NEVER */
	vs_ps limit, finish_at;
	enum vs_stop stop;
	bool stopped;
	struct vs_event last_agent; /* key of the last agent event handled */
	bool in_agent;
	uint32_t *due;
	uint64_t shuffle;
	/* contexts to resume now, in host order */
	struct vs_ctx **resume;
	uint32_t n_resume, next_resume;
	bool prepared;   /* the resume list is made already, for the driver to take up */
	bool on_context; /* the driver's step is taken on a context's small stack ... */
	bool deferred;   /* ... and has come to an event that wants a large one */
	struct vs_ctx **ctxs;
	uint32_t n_ctxs, cap_ctxs;
	const struct vs_backend_ops *backend;
	void *backend_data;
	vs_attend_fn attend;
	void *user;
	struct vs_engine_stats stats;
};

/* Nothing happens at or after this. */
static inline vs_ps vs_engine_end(const struct vs_engine *e)
{
	return e->limit < e->finish_at ? e->limit : e->finish_at;
}

static inline bool vs_key_less(const struct vs_event *a, const struct vs_event *b)
{
	if (a->time != b->time)
		return a->time < b->time;
	if (a->rank != b->rank)
		return a->rank < b->rank;
	if (a->line != b->line)
		return a->line < b->line;
	if (a->issue != b->issue)
		return a->issue < b->issue;
	if (a->core != b->core)
		return a->core < b->core;
	return a->seq < b->seq;
}

void vs_heap_push(struct vs_heap *h, struct vs_event *ev);
void vs_heap_release(struct vs_heap *h);
struct vs_event *vs_heap_pop(struct vs_heap *h);
static inline vs_ps vs_heap_time(const struct vs_heap *h)
{
	return h->n ? h->slot[0].time : VS_PS_NEVER;
}

void vs_tree_init(struct vs_tree *t, uint32_t n);
void vs_tree_set(struct vs_tree *t, uint32_t i, vs_ps v);
uint32_t vs_tree_first(const struct vs_tree *t);
vs_ps vs_tree_min_without(const struct vs_tree *t, uint32_t i);
/* cores with a value below `bound`, ascending; returns how many */
uint32_t vs_tree_below(const struct vs_tree *t, vs_ps bound, uint32_t *out);

void vs_event_free(struct vs_engine *e, struct vs_event *ev);
/* Zeroed, on a cache line of its own; aborts when there is none. free() it. */
void *vs_engine_alloc(size_t n, size_t size);
void vs_engine_fail(const char *file, int line, const char *what) __attribute__((noreturn));
#define VS_ASSERT(c)                                                                               \
	do {                                                                                       \
		if (VS_UNLIKELY(!(c)))                                                             \
			vs_engine_fail(__FILE__, __LINE__, #c);                                    \
	} while (0)

void vs_handle_agent(struct vs_engine *e);
void vs_handle_local(struct vs_core *c);
void vs_core_repend(struct vs_core *c);
void vs_core_drain(struct vs_core *c);
void vs_core_set_limit(struct vs_core *c);
void vs_resume_later(struct vs_engine *e, struct vs_core *c);
/* One step of the driver: fills the resume list. False: stop. */
bool vs_driver_step(struct vs_engine *e);
/* The same for a backend's loop, which may find the list prepared. */
bool vs_driver_round(struct vs_engine *e);
bool vs_windowed_step(struct vs_engine *e);
bool vs_strict_step(struct vs_engine *e);
vs_ps vs_driver_peek(const struct vs_engine *e);
void vs_ctx_entered(struct vs_ctx *x); /* first thing on a new stack */
void vs_yield(void);
struct vs_ctx *vs_resume_next(struct vs_engine *e);

#ifdef __cplusplus
}
#endif

#endif
