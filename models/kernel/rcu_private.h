/* models/kernel/rcu_private.h - the inside of RCU. */
#ifndef VS_RCU_PRIVATE_H
#define VS_RCU_PRIVATE_H

#include <vcpusim/port.h>

#include "models/kernel/rcu.h"
#include "sim/host/history.h"
#include "sim/host/rcuwatch.h"

/*
 * Grace periods are numbered from 1. What CPUs see of them is one stamped number:
 * 2k - 1 while k is in progress, 2k when it has ended.
 */
static inline uint64_t vs_gp_ended(uint64_t state)
{
	return state / 2;
}

/* The first grace period sure to begin after this state was seen. */
static inline uint64_t vs_gp_after(uint64_t state)
{
	return state / 2 + 1 + (state & 1);
}

/* Somebody waits until many CPUs have answered; counted on one CPU, wherever he is by then. */
struct vs_rcu_gather {
	struct vs_rcu *rcu;
	struct vs_task *task;
	uint32_t home;
	uint32_t left; /* the home CPU's; one more than asked until all have been asked */
	bool done;     /* written on the task's CPU */
};

struct vs_rcu_exp_node {
	struct vs_rcu_gather *gather;
	struct vs_rcu_exp_node *next;
};

/* A callback, or (barrier set) the marker of rcu_barrier. */
struct vs_rcu_cb {
	struct vs_rcu_head *head;
	void (*func)(struct vs_rcu_head *head);
	struct vs_rcu_gather *barrier;
};

struct vs_rcu_cbs {
	struct vs_rcu_cb *cb;
	uint32_t first, n, cap; /* cb[first .. n) */
};

/* All of it belongs to the CPU; others read `holds` with a delay. */
struct vs_rcu_cpu {
	bool idle;
	uint64_t noticed; /* grace period last noticed */
	vs_ps noticed_start;
	bool needs_qs;                     /* noticed one and has not reported */
	bool passed;                       /* a quiescent state since then */
	struct vs_rcu_exp_node *expedited; /* to be answered at the next context switch */
	struct vs_rcu_cbs next;            /* new ... */
	vs_ps next_stamp;                  /* ... the last of them queued then ... */
	struct vs_rcu_cbs wait;            /* ... for the end of wait_gp ... */
	uint64_t wait_gp;
	struct vs_rcu_cbs done;  /* ... to be invoked by the worker */
	bool invoking;           /* one of them right now */
	struct vs_history holds; /* 1: has callbacks */
	struct vs_task *worker;
	uint64_t invoked;
};

struct vs_rcu_waiter {
	struct vs_task *task;
	uint64_t gp;
	bool done; /* written on the task's CPU */
	struct vs_rcu_waiter *next;
};

struct vs_rcu {
	struct vs_host *host;
	const struct vs_machine *m;
	struct vs_rcu_params params;
	uint32_t n_cpus, gp_cpu;
	vs_ps window;
	struct vs_task *kthread;
	struct vs_rcu_cpu *cpu;
	struct vs_history gp; /* state, stamped by the kthread's CPU */
	/* the kthread's CPU */
	uint64_t started, ended, wanted;
	bool *pending;
	uint64_t *snapshot; /* idle counts at the first scan */
	uint32_t n_pending;
	vs_ps start;
	bool stall_told;
	struct vs_rcu_waiter *waiters, **waiters_tail;
	struct vs_rcu_stats stats;
	uint64_t *exp_seq; /* per CPU */
};

struct vs_rcu *vs_rcu_here(void); /* of the calling thread */

static inline vs_ps vs_rcu_as_of(const struct vs_rcu *rcu, vs_ps now)
{
	return now > rcu->window ? now - rcu->window : 0;
}

/* rcu_gp.c */
void vs_rcu_gp_thread(void *rcu);
void vs_rcu_on_want(void *ctx, uint32_t cpu, vs_ps now, uint64_t gp);
void vs_rcu_report(struct vs_rcu *rcu, uint32_t cpu, uint64_t gp);
void vs_rcu_wait_gp(struct vs_rcu *rcu);

/* rcu_cpu.c */
void vs_rcu_hook(struct vs_rcu *rcu);
void vs_rcu_notice(struct vs_rcu *rcu, struct vs_rcu_cpu *rc, const struct vs_stamp *gp);

/* rcu_exp.c */
void vs_rcu_expedite(struct vs_rcu *rcu);
void vs_rcu_answer_expedited(struct vs_rcu *rcu, struct vs_rcu_cpu *rc);
void vs_gather_init(struct vs_rcu_gather *g, struct vs_rcu *rcu);
void vs_gather_on_answer(void *ctx, uint32_t cpu, vs_ps now, uint64_t arg);
void vs_gather_answer(struct vs_rcu_gather *g);
void vs_gather_wait(struct vs_rcu_gather *g);

/* rcu_cb.c */
void vs_rcu_worker(void *arg);
bool vs_rcu_cbs_due(const struct vs_rcu_cpu *rc, uint64_t state, vs_ps as_of);
void vs_rcu_cbs_advance(struct vs_rcu *rcu, struct vs_rcu_cpu *rc, uint64_t state, vs_ps as_of);
bool vs_rcu_cbs_pending(const struct vs_rcu_cpu *rc);

#endif
