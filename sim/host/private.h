/* sim/host/private.h - the inside of the host; nobody else includes it. */
#ifndef VS_HOST_PRIVATE_H
#define VS_HOST_PRIVATE_H

#include "sim/host/history.h"
#include "sim/host/host.h"
#include "sim/host/rcuwatch.h"

void vs_host_fail(const char *file, int line, const char *what) __attribute__((noreturn));
#define VS_ASSERT(c)                                                                               \
	do {                                                                                       \
		if (__builtin_expect(!(c), 0))                                                     \
			vs_host_fail(__FILE__, __LINE__, #c);                                      \
	} while (0)

/* How a thread came to wait for a CPU. */
enum vs_entry { VS_ENTRY_NEW, VS_ENTRY_WOKEN, VS_ENTRY_WAITING };

enum vs_state { VS_NEW, VS_RUNNABLE, VS_RUNNING, VS_BLOCKED, VS_DEAD };

/* One sleep, as the deadlock report wants it. pc 0: not started yet, or ended. */
struct vs_wait_info {
	enum vs_wait why;
	const void *what;
	const struct vs_task *owner;
	uintptr_t pc;
	vs_ps since, until; /* until VS_PS_NEVER: still asleep */
	vs_ps deadline;
};

#define VS_CPU_NONE UINT32_MAX

/*
 * A thread. All of it belongs to the CPU it is on, except what never changes after it was made and
 * `where`, which others read with a delay. `cpu` is written by the CPU itself only: to its own
 * number when the thread arrives, to VS_CPU_NONE when it leaves. So "is it mine?" is exact
 * although the field is read by all.
 */
struct vs_task {
	struct vs_host *host;
	struct vs_ctx *ctx;
	void *area;
	char name[32];
	uint32_t id;
	enum vs_task_kind kind;
	bool pinned;
	void (*fn)(void *arg);
	void *arg;
	uint32_t cpu;
	struct vs_history where;
	enum vs_state state;
	bool in_block; /* between the call of vs_task_block and its return */
	void (*notify)(void *arg, bool in);
	void *notify_arg;
	bool pending_wake; /* came while it was not asleep */
	bool timed_out;
	bool moved; /* has not run on this CPU since it came */
	/* run queue */
	enum vs_entry entry;
	uint32_t rq_at;
	uint32_t first_cpu, n_cpus; /* may run on [first_cpu, first_cpu + n_cpus) */
	uint32_t weight;
	uint8_t rt;
	uint64_t turn;       /* real-time: among equal priorities */
	int64_t vruntime_ps; /* on its way between CPUs: beyond the old one's least */
	vs_ps ran_until;
	struct vs_event *deadline;
	struct vs_wait_info wait, last_wait;
	vs_ps books[VS_CAUSES];
	vs_ps books_to; /* while it does not run: complete up to here */
	uint32_t preempt_count;
	uint32_t rcu_depth;
	bool rcu_queued;
	/* vCPU threads */
	const struct vs_guest_ops *guest;
	void *guest_ctx;
	struct vs_guest_plan plan;
	bool plan_valid;
	bool poked;    /* ask for a plan again before sleeping */
	vs_ps halt_ps; /* of the plan that ended in HLT */
	/* guestlock.c */
	struct {
		int phase; /* 0: takes or holds none */
		bool contended;
		uint64_t *word;
		vs_ps left_ps; /* to hold it */
	} lock;
	vs_ps ple_ps; /* pause-loop window; 0: as at first */
	/* haltpoll.c */
	vs_ps poll_stop;
	const struct vs_cpu *poll_cpu; /* where it polls ... */
	uint64_t poll_switches;        /* ... as long as that CPU has not switched */
	/* account.c: vCPU threads */
	enum vs_vcpu_time in;
	vs_ps started, in_since;
	vs_ps time[VS_VCPU_TIMES];
};

enum vs_cpu_mode {
	VS_CPU_IDLE,
	VS_CPU_THREAD, /* kernel code on the thread's stack, stalled or not */
	VS_CPU_GUEST,  /* below: the thread is parked until an event */
	VS_CPU_COMPUTE
};

typedef void (*vs_call_fn)(void *ctx, uint32_t cpu, vs_ps now, uint64_t arg);

struct vs_irq {
	enum vs_host_irq kind;
	bool user;        /* TICK: came in guest mode */
	uint64_t *record; /* KICK: to be cleared, the sender waits; or NULL */
	uint64_t number;  /* KICK, NOTIFY, CALL: for traces */
	vs_call_fn fn;
	void *ctx;
	uint64_t arg;
};

/* Threads that wait for a CPU (runqueue.c) and how the current one stands (fair.c). */
struct vs_rq {
	struct vs_task **heap;
	uint32_t n, cap;
	uint32_t n_fair, n_movable; /* not real-time; not pinned */
	uint64_t weight;            /* of the fair ones */
	int64_t min_vruntime_ps;
	struct vs_task *next; /* has preempted by waking: goes first if that is not too unfair */
	uint64_t turns;
	vs_ps run_since; /* the current thread is charged up to here; NEVER: not now */
	vs_ps ran_ps;    /* since it came in */
};

#define VS_LEVELS 3 /* L3 domain, socket, machine */

struct vs_cpu {
	struct vs_host *host;
	struct vs_core *core;
	uint32_t id;
	enum vs_cpu_mode mode;
	struct vs_task *current;
	struct vs_rq rq;
	bool need_resched;
	bool urgent;      /* RCU asked for it */
	bool stopped;     /* guests may not be entered any more */
	bool guest_ended; /* its run was used up, not interrupted */
	bool in_guest;    /* between guest entry and exit, whatever the mode */
	bool irqs_off;    /* the thread's own doing: what comes waits */
	bool tick_armed;
	bool nohz_full;
	vs_ps busy_until;       /* idle: serving interrupts until then */
	vs_ps acting_at;        /* while a handler runs here: when what it does happens ... */
	vs_ps seen_at;          /* ... and when its event came: others are known up to here */
	vs_ps owed_ps;          /* cost of handlers, to be charged to whoever runs */
	bool hooking;           /* the running thread acts as a handler */
	vs_ps mode_since;       /* GUEST: when the run began */
	struct vs_event *timer; /* end of GUEST or COMPUTE */
	struct vs_event *poll_timer;
	bool asked; /* to boost: the answer is to come */
	int answer;
	bool guest_code;    /* the guest executes code of its own: no interrupt is taken without an
			       exit */
	struct vs_irq *irq; /* ring, taken by the thread at its next callback */
	uint32_t irq_first, n_irqs, irq_cap;
	uint64_t *calls; /* records by sender, one per line, that others wait for */
	char *area_next; /* of threads made for this CPU */
	size_t area_left;
	struct vs_history idle; /* counts entries and exits; odd: idle */
	/* balance.c */
	struct vs_history waiting; /* threads that may move */
	bool pulling;              /* has asked another CPU for a thread */
	vs_ps idle_since, avg_idle_ps;
	vs_ps next_balance[VS_LEVELS];
	struct vs_host_stats stats;
};

struct vs_host {
	struct vs_engine *engine;
	struct vs_hw *hw;
	const struct vs_scenario *scenario;
	const struct vs_machine *m;
	uint32_t n_cpus;
	vs_ps tick_ps; /* period */
	vs_ps window;  /* the machine's W */
	vs_ps keep;    /* how long stamps are kept */
	struct vs_cpu *cpus;
	struct vs_task **tasks;
	uint32_t n_tasks, cap_tasks;
	uint32_t next_cpu; /* round-robin of new threads */
	/* CPUs that may have been idle, or had threads waiting, at some time that can still be
	 * asked for. What a look-up finds does not depend on who else is in them. */
	uint64_t *maybe_idle, *maybe_waiting;
	struct vs_cpu *acting; /* whose handler runs; NULL in context code */
	struct vs_host_hooks hooks;
	struct vs_host_tracer tracer;
	struct vs_bug_sink sink;
	/* deadlock watch */
	void (*report)(void *ctx, const char *text);
	void *report_ctx;
	bool *reported; /* per thread */
	vs_namer_fn namer;
	void *namer_ctx;
};

/* host.c */
struct vs_cpu *vs_here(struct vs_host *h, vs_ps *now);
struct vs_event *vs_local_event(struct vs_cpu *cpu, vs_local_fn fn, vs_ps at, vs_ps now,
				enum vs_class rank);
void vs_handler_begin(struct vs_cpu *cpu, vs_ps at);
void vs_handler_end(struct vs_cpu *cpu);
void vs_hook_begin(struct vs_cpu *cpu, vs_ps seen);
void vs_hook_end(struct vs_cpu *cpu);
vs_ps vs_stamp_floor(const struct vs_cpu *cpu);

static inline struct vs_cpu *vs_this_cpu(void)
{
	return vs_core_now->host;
}

static inline struct vs_task *vs_this_task(void)
{
	return vs_ctx_user(vs_ctx_now);
}

/* What a callback does on entry: before state that handlers of this CPU touch is looked at. */
static inline void vs_point(void)
{
	if (vs_core_now->clock >= vs_core_now->limit)
		vs_core_sync();
}

/* The same from a place that reports may name. */
static inline void vs_point_at(uintptr_t pc)
{
	if (vs_core_now->clock >= vs_core_now->limit) {
		vs_ctx_stands_at(pc);
		vs_core_sync();
	}
}

static inline vs_ps vs_before(vs_ps t, vs_ps by)
{
	return t > by ? t - by : 0;
}

static inline vs_ps vs_later(vs_ps a, vs_ps b)
{
	return a > b ? a : b;
}

static inline bool vs_cpu_has_waiting(const struct vs_cpu *cpu)
{
	return cpu->rq.n != 0;
}

/* Somebody else should have the CPU. */
static inline bool vs_cpu_contended(const struct vs_cpu *cpu)
{
	return vs_cpu_has_waiting(cpu) || cpu->need_resched;
}

static inline bool vs_cpu_in_guest(const struct vs_cpu *cpu)
{
	return cpu->mode == VS_CPU_GUEST || cpu->guest_code;
}

static inline void vs_tell(const struct vs_cpu *cpu, vs_ps at, enum vs_host_event what,
			   const struct vs_task *t, uint64_t a, uint64_t b)
{
	const struct vs_host_tracer *tracer = &cpu->host->tracer;

	if (__builtin_expect(tracer->event != NULL, 0))
		tracer->event(tracer->ctx, cpu->id, at, what, t, a, b);
}

/* sched.c */
void vs_cpu_enqueue(struct vs_cpu *cpu, struct vs_task *t, vs_ps at);
vs_ps vs_cpu_awake(const struct vs_cpu *cpu, vs_ps at);
void vs_cpu_resume(struct vs_cpu *cpu, vs_ps at); /* its parked thread goes on */
bool vs_may_preempt(const struct vs_task *t);
void vs_give_up_cpu(void);
void vs_yield_cpu(void);
void vs_task_ends(struct vs_task *t) __attribute__((noreturn));

/* runqueue.c */
void vs_rq_add(struct vs_rq *rq, struct vs_task *t);
void vs_rq_remove(struct vs_rq *rq, struct vs_task *t);
bool vs_rq_before(const struct vs_task *a, const struct vs_task *b);
struct vs_task *vs_rq_first(const struct vs_rq *rq);

/* fair.c */
uint32_t vs_fair_weight(int nice);
void vs_fair_charge(struct vs_cpu *cpu, vs_ps now);
void vs_fair_place(struct vs_cpu *cpu, struct vs_task *t);
bool vs_fair_preempts(struct vs_cpu *cpu, struct vs_task *t);
struct vs_task *vs_fair_pick(struct vs_cpu *cpu);
void vs_fair_start(struct vs_cpu *cpu, vs_ps at);
bool vs_fair_expired(struct vs_cpu *cpu, vs_ps now);

/* place.c */
uint32_t vs_map_words(const struct vs_host *h);
void vs_place_idle(struct vs_cpu *cpu);    /* it has just become so */
void vs_place_waiting(struct vs_cpu *cpu); /* threads wait here */
uint32_t vs_place_find_idle(const struct vs_cpu *cpu, const struct vs_task *t, vs_ps seen);
uint32_t vs_place_find_waiting(const struct vs_cpu *cpu, uint32_t level, uint64_t least,
			       vs_ps seen);
uint32_t vs_place_span(const struct vs_host *h, uint32_t level);

static inline bool vs_may_run_on(const struct vs_task *t, uint32_t cpu)
{
	return cpu - t->first_cpu < t->n_cpus;
}

/* balance.c */
void vs_balance_init(struct vs_cpu *cpu);
void vs_balance_publish(struct vs_cpu *cpu, vs_ps at);
void vs_balance_idle(struct vs_cpu *cpu);
void vs_balance_busy(struct vs_cpu *cpu, vs_ps at);
void vs_balance_tick(struct vs_cpu *cpu);

/* wake.c */
enum vs_cause vs_wait_cause(enum vs_wait why); /* what waiting for it is booked under */
void vs_task_leaves(struct vs_cpu *cpu, struct vs_task *t, uint32_t to, vs_ps at);
void vs_task_arrives(struct vs_cpu *cpu, struct vs_task *t);
void vs_wake_here(struct vs_cpu *cpu, struct vs_task *t, vs_ps at);
uint32_t vs_task_forward(const struct vs_cpu *cpu, const struct vs_task *t, vs_ps seen);

/* ipi.c */
void vs_call_records_init(struct vs_host *h, struct vs_cpu *cpu);

/* irq.c */
void vs_irq_deliver(struct vs_cpu *cpu, const struct vs_irq *irq, vs_ps at);
void vs_irq_idle_all(struct vs_cpu *cpu);
void vs_irq_take_all(void);
bool vs_irq_take_notified(struct vs_cpu *cpu);
void vs_host_attend(struct vs_core *c);

/* tick.c */
void vs_tick_arm(struct vs_cpu *cpu, vs_ps now);
void vs_tick(struct vs_cpu *cpu, vs_ps now, bool user);

/* guest.c */
bool vs_guest_run_out(struct vs_cpu *cpu, struct vs_task *t, vs_ps *left);

/* yield.c */
void vs_preempt_notify(struct vs_task *t, bool in);

/* guestlock.c */
void vs_guest_lock_begin(struct vs_cpu *cpu, struct vs_task *t);
enum vs_exit vs_guest_lock_go_on(struct vs_cpu *cpu, struct vs_task *t);

/* account.c */
void vs_account_start(struct vs_task *t, vs_ps at);
void vs_account(struct vs_task *t, enum vs_vcpu_time in, vs_ps at); /* from `at` on it is in that */
void vs_account_leaves(struct vs_task *t, vs_ps at);                /* gives its CPU up */

/* report.c */
const struct vs_wait_info *vs_wait_at(const struct vs_task *t, vs_ps as_of);
size_t vs_wait_text(const struct vs_task *t, const struct vs_wait_info *w, char *buf, size_t size);

#endif
