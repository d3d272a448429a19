/*
 * sim/host/host.h - host CPUs as a kernel runs them: threads, run queues, guests, interrupts,
 * ticks.
 *
 * One run queue per CPU (= engine core). A thread belongs to one CPU at a time; everything that
 * another CPU does to it is a message to that CPU (docs/exactness.md). Implements the thread, CPU,
 * interrupt and guest calls of vcpusim/port.h.
 */
#ifndef VS_HOST_H
#define VS_HOST_H

#include <vcpusim/port.h>
#include <vcpusim/scenario.h>

#include "sim/hw/hw.h"

struct vs_host;

enum vs_task_kind { VS_TASK_VCPU, VS_TASK_CONTROL, VS_TASK_KTHREAD };

/* What a guest does next: run for run_ps, then this. WORK: what `work` does, then it is asked for a
 * plan again. */
enum vs_guest_then {
	VS_GUEST_HALT,
	VS_GUEST_OPERATION,
	VS_GUEST_LOCK,
	VS_GUEST_STOP,
	VS_GUEST_WORK
};
struct vs_guest_plan {
	vs_ps run_ps;
	enum vs_guest_then then;
	vs_ps halt_ps;  /* VS_GUEST_HALT: sleep so long unless woken; VS_PS_NEVER: until woken */
	uint64_t *lock; /* VS_GUEST_LOCK: take this spinlock, hold it so long, and be asked again */
	vs_ps hold_ps;
};

/* The guest of a vCPU thread, supplied by the workload. All run on the vCPU's CPU; plan, left and
 * entered must not switch. */
struct vs_guest_ops {
	/* asked when the previous plan is used up */
	void (*plan)(void *ctx, vs_ps now, struct vs_guest_plan *out);
	/* the guest asks for an operation: its exit begins at `now` */
	void (*left)(void *ctx, vs_ps now);
	/* host context, after the exit: run the operation (may switch) */
	void (*operation)(void *ctx);
	/* guest mode has been entered at `now`; before a new plan is asked for */
	void (*entered)(void *ctx, vs_ps now);
	/* in guest mode: it begins to take a lock; has taken it */
	void (*locking)(void *ctx, vs_ps now);
	void (*locked)(void *ctx, vs_ps now);
	/* NULL, or what the guest itself does to memory, in steps of one access or one spell of
	 * computing: called in guest mode until it returns false, which is when there is nothing to
	 * do. Interrupts are off inside a step, and exits come between steps. */
	bool (*work)(void *ctx);
};

struct vs_task_params {
	const char *name;
	enum vs_task_kind kind;
	int32_t cpu; /* first CPU; < 0: host places it */
	bool pinned; /* never leaves it */
	/* CPUs it may run on; n 0: all. Its first CPU is one of them. */
	uint32_t first_cpu, n_cpus;
	int nice;   /* -20 to 19: its weight */
	uint8_t rt; /* real-time priority, 1 to 99, above all that have none; 0: none */
	void (*fn)(void *arg);
	void *arg;
	const struct vs_guest_ops *guest; /* vCPU threads */
	void *guest_ctx;
};

struct vs_host *vs_host_new(struct vs_engine *e, struct vs_hw *hw, const struct vs_scenario *s);
void vs_host_free(struct vs_host *h);
struct vs_host *vs_host_of(struct vs_core *c);
const struct vs_scenario *vs_host_scenario(const struct vs_host *h);
bool vs_host_booting(const struct vs_host *h); /* nothing is priced yet: no time passes */
bool vs_host_priced(const struct vs_host *h);  /* false while the VM boots: nothing costs time */

/* Threads are made before the run (their number is part of the scenario) and sleep until started:
 * vs_task_wake starts one; vs_task_seed does so at a time before the engine runs. */
struct vs_task *vs_task_new(struct vs_host *h, const struct vs_task_params *p);
void vs_task_seed(struct vs_task *t, vs_ps at);
const char *vs_task_name(const struct vs_task *t);
uint32_t vs_task_id(const struct vs_task *t); /* order of creation */
/* pc of its sleep at that time; 0: it was not asleep. As exact as what vs_wait_at() says. */
uintptr_t vs_task_blocked_at(const struct vs_task *t, vs_ps as_of);
struct vs_host *vs_task_host(const struct vs_task *t);

/* The thread's books: ps by cause since it was made; complete up to now when it asks itself. */
const vs_ps *vs_task_books(const struct vs_task *t);

/* Runs fn(t, arg) on t's CPU, as an interrupt would, a wake flight later. fn must not switch. */
void vs_task_post(struct vs_task *t, void (*fn)(struct vs_task *t, void *arg), void *arg);
/* From such a fn, or from plan: something has happened inside the guest (an operation is due): end
 * its run or its halt so that it is asked for a plan again. */
void vs_guest_poke(struct vs_task *t);
/* vs_cpu_relax() of a thread that waits for an interrupt to be answered: booked as that. */
void vs_relax_for_interrupt(void);

/* Context code: the calling thread computes for so long (interruptible, preemptible). */
void vs_task_compute(vs_ps ps, enum vs_cause cause);
/* The same in the kernel: preemptible only if `preempt` is full. */
void vs_task_compute_in_kernel(vs_ps ps, enum vs_cause cause);

/* Tears down: every vCPU thread gets VS_EXIT_STOP / a false vs_guest_should_exit, a wake flight
 * from `now`; any context code. */
void vs_host_stop_guests(struct vs_host *h);

/* Hooks for models/kernel (RCU); any may be NULL. Run on the CPU named, as handlers: must not
 * switch. From `tick`, others' stamped state may be read as of now - the machine's window. */
struct vs_host_hooks {
	void *ctx;
	/* Context switch: prev leaves the CPU, unless nobody else is there. */
	void (*switched)(void *ctx, uint32_t cpu, vs_ps now, struct vs_task *prev);
	void (*tick)(void *ctx, uint32_t cpu, vs_ps now, bool user); /* user: guest or user mode */
	void (*idle)(void *ctx, uint32_t cpu, vs_ps now, bool enter);
	void (*guest)(void *ctx, uint32_t cpu, vs_ps now, bool enter);
	/* vs_cond_resched(), outside readers, with nobody to give way to */
	void (*offered)(void *ctx, uint32_t cpu, vs_ps now);
	bool (*needs_tick)(void *ctx, uint32_t cpu); /* an idle or nohz_full CPU keeps its tick */
};
void vs_host_set_hooks(struct vs_host *h, const struct vs_host_hooks *hooks);
const struct vs_host_hooks *vs_host_hooks(const struct vs_host *h);

/*
 * What a trace is told, by the CPU that does it. Free, and nothing may come of it. `at` may be
 * ahead of that CPU's clock; of one CPU's runs and leavings, and of one thread's states, it never
 * goes back.
 */
enum vs_host_event {
	VS_HOST_RUNS,   /* t has the CPU from now on; NULL: it idles */
	VS_HOST_LEAVES, /* the CPU belongs to nobody until the next of these */
	VS_HOST_STATE,  /* t is in enum vs_task_in `a` from now on; b: holder of the lock + 1, or 0
			 */
	VS_HOST_IRQ,    /* a handler of enum vs_host_irq `a` runs until `b` */
	VS_HOST_SENT,   /* an interrupt leaves for another CPU: number a */
	VS_HOST_TAKEN   /* ... and its handler begins */
};

enum vs_task_in {
	VS_IN_GUEST,
	VS_IN_HOST, /* or whatever else runs on a CPU */
	VS_IN_STEAL,
	VS_IN_HALTED,
	VS_IN_LOCK,
	VS_IN_GRACE_PERIOD,
	VS_IN_TIMER,
	VS_IN_WORK,
	VS_IN_NOTHING /* ended */
};

enum vs_host_irq {
	VS_IRQ_TIMER,
	VS_IRQ_RESCHED,
	VS_IRQ_KICK,
	VS_IRQ_NOTIFY,
	VS_IRQ_CALL,
	VS_IRQ_TICK
};

struct vs_host_tracer {
	void *ctx;
	void (*event)(void *ctx, uint32_t cpu, vs_ps at, enum vs_host_event what,
		      const struct vs_task *t, uint64_t a, uint64_t b);
};
void vs_host_set_tracer(struct vs_host *h, const struct vs_host_tracer *tracer);
enum vs_task_kind vs_task_kind(const struct vs_task *t);

/* A message to a CPU: fn(ctx, cpu, now, arg) there, as an interrupt of that cost. Runs at once,
 * free, if that is the caller's own CPU. */
void vs_host_call_cpu(struct vs_host *h, uint32_t cpu,
		      void (*fn)(void *ctx, uint32_t cpu, vs_ps now, uint64_t arg), void *ctx,
		      uint64_t arg);

/* The same without an interrupt: the CPU finds it a wake flight later, whatever it does. */
void vs_host_message(struct vs_host *h, uint32_t cpu,
		     void (*fn)(void *ctx, uint32_t cpu, vs_ps now, uint64_t arg), void *ctx,
		     uint64_t arg);

/* For models/kernel and the workload, on their own CPU; context code or handlers. */
vs_ps vs_host_tick_ps(const struct vs_host *h); /* length of a jiffy; ticks at its multiples */
uint32_t vs_host_here(struct vs_host *h, vs_ps *now); /* which CPU this is, and when */
void vs_host_charge(struct vs_host *h, vs_ps ps, enum vs_cause cause);
void vs_host_resched(struct vs_host *h);   /* the current thread gives way at the next chance */
void vs_host_keep_tick(struct vs_host *h); /* needs_tick has become true here */
uint32_t *vs_task_rcu_depth(struct vs_task *t);
bool *vs_task_rcu_queued(struct vs_task *t);        /* was preempted in the section it is in */
bool vs_task_preemptible(const struct vs_task *t);  /* vs_preempt_disable() does not hold */
struct vs_task *vs_host_current(struct vs_host *h); /* who runs here; NULL: idle */
struct vs_task *vs_host_task(const struct vs_host *h, uint32_t id); /* NULL: no more */
enum vs_distance vs_host_distance(const struct vs_host *h, uint32_t cpu, uint32_t other);

/*
 * What other CPUs did, as of `as_of`: context code takes vs_host_view(), the tick hook its now - W.
 * idle: entries to and exits from idle are counted, odd means idle.
 */
vs_ps vs_host_view(struct vs_host *h); /* may take interrupts first */
vs_ps vs_host_window(const struct vs_host *h);
uint64_t vs_host_idle_count(const struct vs_host *h, uint32_t cpu, vs_ps as_of);

struct vs_host_stats {
	uint64_t switches, wakes, ticks, guest_entries, kicks;
	uint64_t migrations;  /* to another CPU, for whatever reason; of these ... */
	uint64_t pulls;       /* ... given to a CPU that asked for one */
	uint64_t preemptions; /* switches away from a thread that could have gone on */
	uint64_t exits[VS_EXIT_REASONS];
	uint64_t boosts;           /* directed yields that gave somebody the next turn */
	uint64_t locks_contended;  /* guests' locks that were not taken at once */
	uint64_t polls, poll_hits; /* halts that polled; that polling was enough for */
};
void vs_host_stats(const struct vs_host *h, struct vs_host_stats *out);

/*
 * What the time of a vCPU thread went into since it was started, up to its end (in a run that is
 * cut short: up to the last change of what it is in). The sum is the time that has passed, to the
 * picosecond, and agrees with the thread's books: a thread for which it doesn't ends the program.
 */
const vs_ps *vs_task_time(const struct vs_task *t);
void vs_host_vcpu_time(const struct vs_host *h, vs_u128 sum[VS_VCPU_TIMES]); /* of all */
/* Steal of single vCPUs that have run: the least, the middle one's (of two: the lower), the most.
 * False: out of memory. */
bool vs_host_vcpu_steal(const struct vs_host *h, vs_ps *min, vs_ps *p50, vs_ps *max);

/* Where vs_bug and vs_warn go (NULL: stderr). bug may return: the run is then aborted. Whatever the
 * sink, a bug ends the calling thread's part in the run. */
struct vs_bug_sink {
	void *ctx;
	void (*bug)(void *ctx, uint32_t cpu, vs_ps now, const char *file, int line,
		    const char *what);
	void (*warn)(void *ctx, uint32_t cpu, vs_ps now, const char *file, int line,
		     const char *what);
	/* vs_expect() found something else */
	void (*unexpected)(void *ctx, uint32_t cpu, vs_ps now, const char *what, uint64_t found,
			   uint64_t expected);
};
void vs_host_set_bug_sink(struct vs_host *h, const struct vs_bug_sink *sink);

/*
 * Every simulated second: waits for each other in a circle, uninterruptible waits (locks, grace
 * periods) of more than 120 s, and nobody left who could wake anybody. Each is reported once, as
 * text that names the threads. Before the run.
 */
void vs_host_watch_deadlocks(struct vs_host *h, void (*report)(void *ctx, const char *text),
			     void *ctx);

/* How reports name a place in code; NULL: by symbol or offset. */
typedef const char *(*vs_namer_fn)(void *ctx, uintptr_t pc, char *buf, size_t size);
void vs_host_set_namer(struct vs_host *h, vs_namer_fn fn, void *ctx);

/* Who is blocked, on what, where, since when: text for the deadlock report, one line each. Locks
 * and grace periods come first, then the rest; each by thread id. After the run as_of may be
 * VS_PS_NEVER. Returns the length that the whole text has. */
size_t vs_host_report_blocked(const struct vs_host *h, vs_ps as_of, char *buf, size_t size);
/* After a run that was stopped: who runs, or could, and where as far as that is known; not those in
 * their guests. By thread id; otherwise as above. */
size_t vs_host_report_running(const struct vs_host *h, char *buf, size_t size);

#endif
