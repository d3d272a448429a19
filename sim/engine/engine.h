/*
 * sim/engine/engine.h - simulated time: cores, agents, contexts, windows.
 *
 * The engine knows nothing of caches or schedulers. It has
 *   - cores: one local clock each, a heap of local events, at most one running context;
 *   - agents: everything outside the cores, as one queue of events in key order;
 *   - contexts: stacks that run simulated threads, resumed by SimGrid (or, for the benchmark's
 *     baseline, by a bare stack-switching loop).
 *
 * Windowed execution is exact if what is sent obeys the delays of struct vs_delays: the ten
 * rules of docs/exactness.md. Strict mode handles the globally smallest key, one at a time.
 *
 * Three kinds of code:
 *   driver code    runs in no context (agent handlers, local handlers of idle cores);
 *   context code   runs on a simulated thread's stack;
 *   handlers       of local events may run in either: they must not block or switch.
 */
#ifndef VS_ENGINE_H
#define VS_ENGINE_H

#include <vcpusim/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Order at equal time: agents before local events before a thread's step. */
enum vs_class {
	/* agents */
	VS_CLASS_NOTICE,   /* evictions, frees: before anything that looks */
	VS_CLASS_DECISION, /* a contended line becomes free */
	VS_CLASS_REQUEST,
	VS_CLASS_AGENT, /* workload and other agents */
	VS_CLASS_CHECK, /* watchers */
	/* local events of a core */
	VS_CLASS_FILL = 16,
	VS_CLASS_DOWNGRADE,
	VS_CLASS_INVALIDATION,
	VS_CLASS_MESSAGE,
	VS_CLASS_TIMER
};

struct vs_engine;
struct vs_core;
struct vs_ctx;
struct vs_event;

typedef void (*vs_agent_fn)(struct vs_engine *e, struct vs_event *ev);
typedef void (*vs_local_fn)(struct vs_core *c, struct vs_event *ev);

/*
 * Key = (time, rank, line, issue, core, seq), unique: `seq` counts per sending core (agents: per
 * agent event handled), never insertion order.
 */
struct vs_event {
	vs_ps time;
	vs_ps issue;
	uint64_t line;
	uint32_t seq;
	uint16_t core; /* sender; agents: the number of cores */
	uint8_t rank;  /* enum vs_class */
	bool dead;     /* cancelled: dropped when its turn comes */
	union {
		vs_agent_fn agent;
		vs_local_fn local;
		struct vs_event *next_free;
	} fn;
	void *obj;
	uint64_t a, b;
} __attribute__((aligned(64))); /* exactly a cache line: events are most of what is touched */

struct vs_heap_slot {
	vs_ps time;
	struct vs_event *ev;
};

struct vs_heap {
	struct vs_heap_slot *slot;
	uint32_t n, cap;
};

struct vs_delays {
	vs_ps agent;   /* a: a core's send -> its agent event, at least */
	vs_ps effect;  /* b: agent event -> local event at any core, at least */
	vs_ps message; /* m: core -> core, at least */
	vs_ps window;  /* w in use, 0 .. W (more than W is for the test that must break) */
	vs_ps history; /* W of the machine: how old another core's state must be to be read */
};

enum vs_order { VS_ORDER_UP, VS_ORDER_DOWN, VS_ORDER_SHUFFLED };
enum vs_backend { VS_BACKEND_SIMGRID, VS_BACKEND_BARE };

struct vs_engine_options {
	uint32_t n_cores;
	struct vs_delays delays;
	bool strict;
	enum vs_order order; /* in which a window's cores run on the host: must not matter */
	enum vs_backend backend;
	size_t stack_bytes; /* 0: 64 KiB */
};

enum vs_stop {
	VS_STOP_DONE,   /* vs_engine_finish was called */
	VS_STOP_QUIET,  /* nothing is pending any more */
	VS_STOP_LIMIT,  /* simulated time is up */
	VS_STOP_ABORTED /* vs_engine_abort was called */
};

/* Per-core state. Fields above the line are read by the access path; only the engine and sim/hw
 * write them. */
struct vs_core {
	vs_ps clock;     /* of the thread that runs here */
	vs_ps limit;     /* the next callback at or after this takes the slow path */
	vs_ps last_step; /* time of the last access executed: no event may come at or before it */
	struct vs_ctx *run; /* context that owns the core, or NULL (idle) */
	void *hw;           /* sim/hw's part */
	void *host;         /* sim/host's part */
	/* ------------------------------------------------------------------ */
	struct vs_engine *engine;
	uint32_t id;
	uint32_t seq;
	bool running;   /* `run` executes (else it is stalled, computes until an event, or idle) */
	bool granted;   /* a stall has ended: `run` executes its access before anything else */
	bool attention; /* the host has something to do at the next callback */
	vs_ps spin_period; /* > 0: parked by cpu_relax, iterations this long start at `clock` */
	vs_ps horizon;
	vs_ps pending;
	struct vs_heap local;
	vs_ps last_local; /* key time of the last local event handled */
	uint64_t n_local; /* local events handled */
} __attribute__((aligned(64)));

struct vs_engine_stats {
	uint64_t windows, resumes, agent_events, local_events, slow_paths;
};

/* What a layer above does at a callback of a core whose `attention` is set (context code; may
 * switch). Interrupts, preemption. */
typedef void (*vs_attend_fn)(struct vs_core *c);

struct vs_engine *vs_engine_new(const struct vs_engine_options *o);
void vs_engine_free(struct vs_engine *e);
/* Runs until something stops it. limit: simulated. */
enum vs_stop vs_engine_run(struct vs_engine *e, vs_ps limit);
/* The run is over: it ends a window from now, in the same state however it is run. From a handler
 * or synchronised context code. */
void vs_engine_finish(struct vs_engine *e);
/* The run has failed: it ends at once, other cores being where they happen to be. */
void vs_engine_abort(struct vs_engine *e);
struct vs_core *vs_engine_core(struct vs_engine *e, uint32_t id);
const struct vs_engine_options *vs_engine_opts(const struct vs_engine *e);
const struct vs_engine_stats *vs_engine_stats(const struct vs_engine *e);
void vs_engine_set_attend(struct vs_engine *e, vs_attend_fn fn);
void vs_engine_set_user(struct vs_engine *e, void *user);
void *vs_engine_user(const struct vs_engine *e);

/* -- contexts ------------------------------------------------------------------------------- */

/* A stack that will run fn(arg) when its core first resumes it. `core` is only where SimGrid
 * shows it. Does not start it: set core->run and core->running. */
struct vs_ctx *vs_ctx_new(struct vs_engine *e, const char *name, uint32_t core,
			  void (*fn)(void *arg), void *arg);
void vs_ctx_exit(struct vs_ctx *x); /* by itself, as its last act; core->run must be NULL by now */
void *vs_ctx_user(const struct vs_ctx *x);
void vs_ctx_set_user(struct vs_ctx *x, void *user);
/* The stack it runs on: [lo, hi) */
void vs_ctx_stack(const struct vs_ctx *x, uintptr_t *lo, uintptr_t *hi);
/* Which context owns this address, or NULL */
struct vs_ctx *vs_ctx_of_address(struct vs_engine *e, uintptr_t addr);
/* Where the running context is in its code, for reports. Said right before it synchronises or
 * parks; forgotten when that returns, so that what it is does not depend on how the engine is run.
 */
void vs_ctx_stands_at(uintptr_t pc);
uintptr_t vs_ctx_place(const struct vs_ctx *x); /* 0: it has not been said */
extern struct vs_ctx *vs_ctx_now;               /* running context; NULL in driver code */
extern struct vs_core *vs_core_now;             /* its core */

/* -- context code ------------------------------------------------------------------------------ */

/*
 * Context code that charges time (vs_hw_charge) or has just made an access may have a clock beyond
 * local events that are not handled yet. Before it looks at or changes state that handlers of its
 * core also touch (run queue, pending interrupts, wait flags), it must call vs_core_sync(); in
 * strict mode that is also what makes it wait for its turn.
 *
 * Entry of a callback whose core has clock >= limit: handle what is due, let others run, attend to
 * the host. On return the calling context may execute at core->clock. vs_core_now may differ from
 * before if the host moved the thread.
 */
void vs_core_sync(void);
/*
 * Give the core up until this context is run again by somebody: the caller has put the core into
 * the state it wants (running = false for a stall; run = another context or NULL for a switch).
 * Returns when core->run is this context and core->granted or core->running.
 */
void vs_core_park(void);

/* -- sending --------------------------------------------------------------------------------- */

struct vs_event *vs_event_new(struct vs_engine *e);

/* core -> agent; ev->time >= now + delays.agent. Fills core and seq. Lowers the horizon. */
void vs_send_agent(struct vs_core *from, struct vs_event *ev);
/* agent -> core, from an agent handler; ev->time >= its time + delays.effect */
void vs_send_effect(struct vs_engine *e, struct vs_core *to, struct vs_event *ev);
/* agent -> agent, from an agent handler; strictly later in key order */
void vs_send_later(struct vs_engine *e, struct vs_event *ev);
/* core -> core; ev->time >= now + delays.message */
void vs_send_message(struct vs_core *from, struct vs_core *to, struct vs_event *ev, vs_ps now);
/* a core to itself; ev->time >= its last handled time. Returned handle may be cancelled until it
 * has been handled: vs_event_cancel. */
void vs_send_timer(struct vs_core *c, struct vs_event *ev);
void vs_event_cancel(struct vs_core *c, struct vs_event *ev);
/* From outside, before the run: any time. */
void vs_seed_agent(struct vs_engine *e, struct vs_event *ev);

/* A core whose run/running/clock was changed by a handler: the engine looks again. */
void vs_core_changed(struct vs_core *c);

#ifdef __cplusplus
}
#endif

#endif
