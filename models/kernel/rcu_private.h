/* models/kernel/rcu_private.h - the inside of RCU. */
#ifndef VS_RCU_PRIVATE_H
#define VS_RCU_PRIVATE_H

#include <vcpusim/port.h>

#include "models/kernel/rcu.h"
#include "sim/host/history.h"
#include "sim/host/rcuwatch.h"

/*
 * Grace periods are numbered from 1. What CPUs see of them is one number in their leaf:
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

enum vs_gp_kind { VS_GP_NORMAL, VS_GP_EXPEDITED, VS_GP_KINDS };

/* Somebody waits until many CPUs have answered; counted on one CPU, wherever he is by then. */
struct vs_rcu_gather {
	struct vs_rcu *rcu;
	struct vs_task *task;
	uint32_t home;
	uint32_t left; /* the home CPU's; one more than asked until all have been asked */
	bool done;     /* written on the task's CPU */
};

struct vs_rcu_waiter {
	struct vs_task *task;
	uint64_t gp;
	bool done; /* written on the task's CPU */
	struct vs_rcu_waiter *next;
};

/* A callback; or, with one of the others set, what ends somebody's wait. */
struct vs_rcu_cb {
	struct vs_rcu_head *head;
	void (*func)(struct vs_rcu_head *head);
	struct vs_rcu_gather *barrier;
	struct vs_rcu_waiter *waiter;
};

/* Segments, the oldest first: those whose grace period is over, those that wait for gp[WAIT], those
 * that wait for gp[NEXT_READY], and those that have not been given one. */
enum vs_seg { VS_SEG_DONE, VS_SEG_WAIT, VS_SEG_NEXT_READY, VS_SEG_NEXT, VS_SEGS };

struct vs_rcu_cbs {
	struct vs_rcu_cb *cb;
	uint32_t first, cap;
	uint32_t end[VS_SEGS]; /* one past the segment's last; cb[first .. end[NEXT]) */
	uint64_t gp[VS_SEGS];
	vs_ps newest; /* when the last one came */
};

/* All of it belongs to the CPU; others read the histories with a delay. */
struct vs_rcu_cpu {
	bool idle, in_guest;
	uint64_t seen;      /* state of grace periods last noticed */
	bool needs_qs;      /* noticed one and has not reported */
	bool passed;        /* a quiescent state since then */
	bool urgent, heavy; /* the scan has asked for one */
	uint64_t expedited; /* != 0: that one is to be answered at the next chance */
	uint64_t exp_gp;    /* leaf's first CPU: its worker is to ask for that one ... */
	vs_ps exp_from;     /* ... which began then */
	struct vs_rcu_cbs cbs;
	bool invoking;           /* one of them right now */
	bool overloaded;         /* has so many that scans should hurry */
	struct vs_history holds; /* 1: has callbacks */
	struct vs_history extra; /* extended quiescent states other than idle; odd: in one */
	struct vs_task *worker;
	uint64_t invoked;
};

/* A node of the tree. It belongs to the kthread's CPU, but for `gp`, which leaves' CPUs read. */
struct vs_rcu_node {
	struct vs_rcu_node *parent;
	uint64_t bit;                  /* in the parent */
	uint32_t lo, n;                /* first CPU below it; children, or CPUs of a leaf */
	uint64_t waits[VS_GP_KINDS];   /* children that have not reported */
	uint32_t readers[VS_GP_KINDS]; /* leaf: preempted readers that are waited for */
	struct vs_history gp;
	struct vs_task *worker; /* leaf: interrupts its CPUs */
};

/* A reader that was preempted; by thread. The kthread's CPU's. */
struct vs_rcu_reader {
	bool queued;
	bool holds[VS_GP_KINDS];
	uint32_t cpu; /* where it was preempted */
};

/* A row of grace periods, one after the other, and who waits for them. The kthread's CPU's. */
struct vs_gp_row {
	uint64_t started, ended, wanted;
	bool clear; /* the root has nothing to wait for */
	struct vs_task *kthread;
	struct vs_rcu_waiter *waiters, **tail;
};

struct vs_rcu_text {
	struct vs_rcu_text *next;
	char text[256];
};

struct vs_rcu {
	struct vs_host *host;
	const struct vs_scenario *scenario;
	const struct vs_machine *m;
	struct vs_rcu_params params;
	uint32_t n_cpus, gp_cpu;
	vs_ps window;
	bool preemptible;
	struct vs_rcu_cpu *cpu;
	struct vs_rcu_node *node; /* breadth-first; leaves are the last n_leaves */
	uint32_t n_nodes, n_leaves;
	/* the kthread's CPU */
	struct vs_gp_row row[VS_GP_KINDS];
	uint64_t *snapshot;  /* counts of extended quiescent states at the first scan */
	vs_ps *resched_sent; /* nohz_full CPUs: the last interrupt */
	uint32_t n_overloaded;
	vs_ps start;
	struct vs_history gp; /* state: begins before any node's, ends after all */
	bool stall_told;
	struct vs_rcu_text *texts; /* of warnings; who records them keeps them until the end */
	struct vs_rcu_reader *reader;
	uint32_t cap_readers;
	struct vs_rcu_stats stats;
};

struct vs_rcu *vs_rcu_here(void); /* of the calling thread */
void *vs_rcu_zeroed(size_t n, size_t size);
void vs_rcu_tell(const struct vs_rcu *rcu, enum vs_rcu_step step, vs_ps now);

static inline vs_ps vs_rcu_before(vs_ps now, vs_ps by)
{
	return now > by ? now - by : 0;
}

static inline struct vs_rcu_node *vs_rcu_leaf(const struct vs_rcu *rcu, uint32_t cpu)
{
	return &rcu->node[rcu->n_nodes - rcu->n_leaves + cpu / VS_RCU_LEAF_FANOUT];
}

static inline uint64_t vs_rcu_bit(uint32_t cpu)
{
	return UINT64_C(1) << cpu % VS_RCU_LEAF_FANOUT;
}

/* rcu_tree.c */
void vs_rcu_tree_new(struct vs_rcu *rcu);
void vs_rcu_tree_free(struct vs_rcu *rcu);
vs_ps vs_rcu_node_ps(const struct vs_rcu *rcu, uint32_t cpu, const struct vs_rcu_node *n);
void vs_rcu_node_begin(struct vs_rcu *rcu, struct vs_rcu_node *n, enum vs_gp_kind kind);
void vs_rcu_settle(struct vs_rcu *rcu, struct vs_rcu_node *leaf, enum vs_gp_kind kind,
		   uint64_t bits);
void vs_rcu_report(struct vs_rcu *rcu, uint32_t cpu, enum vs_gp_kind kind, uint64_t gp);
void vs_rcu_reader_preempted(struct vs_rcu *rcu, uint32_t cpu, const struct vs_task *t);
void vs_rcu_reader_ended(struct vs_rcu *rcu, const struct vs_task *t);
bool vs_rcu_extended(const struct vs_rcu *rcu, uint32_t cpu, vs_ps as_of, uint64_t *count);
vs_ps vs_rcu_scan_view(struct vs_rcu *rcu);

/* rcu_gp.c */
void vs_rcu_gp_thread(void *rcu);
void vs_rcu_want(struct vs_rcu *rcu, uint64_t gp);
void vs_rcu_overload(struct vs_rcu *rcu, bool now_is);
void vs_rcu_wait_row(struct vs_rcu *rcu, enum vs_gp_kind kind);
void vs_rcu_wake_waiters(struct vs_rcu *rcu, enum vs_gp_kind kind);
void vs_rcu_waiter_done(struct vs_rcu_waiter *w);

/* rcu_cpu.c */
void vs_rcu_hook(struct vs_rcu *rcu);
void vs_rcu_notice(struct vs_rcu *rcu, uint32_t cpu, const struct vs_stamp *gp, vs_ps as_of);
void vs_rcu_on_urgent(void *ctx, uint32_t cpu, vs_ps now, uint64_t heavy);
void vs_rcu_on_resched(void *ctx, uint32_t cpu, vs_ps now, uint64_t arg);

/* rcu_exp.c */
void vs_rcu_exp_thread(void *rcu);
void vs_rcu_exp_worker(void *rcu);
void vs_rcu_answer_expedited(struct vs_rcu *rcu, uint32_t cpu);

/* rcu_cb.c */
void vs_rcu_worker(void *arg);
bool vs_rcu_cbs_due(const struct vs_rcu *rcu, const struct vs_rcu_cpu *rc, vs_ps as_of);
void vs_rcu_cbs_advance(struct vs_rcu *rcu, struct vs_rcu_cpu *rc, vs_ps as_of);
void vs_rcu_cbs_ready(struct vs_rcu *rcu, struct vs_rcu_cpu *rc);
uint32_t vs_rcu_batch(uint32_t queued, uint32_t n_ready);
bool vs_rcu_cbs_pending(const struct vs_rcu_cpu *rc);
void vs_rcu_wait_callback(struct vs_rcu *rcu);

#endif
