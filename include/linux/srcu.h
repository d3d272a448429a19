/*
 * linux/srcu.h - RCU whose readers may sleep, one domain per srcu_struct.
 *
 *	srcu_struct: idx, sda, sup                      what readers read
 *	sda: CPU 0   lock[0] lock[1] unlock[0] unlock[1]     a line each
 *	             callbacks                               lines of their own
 *	     CPU 1   ...
 *	sup: gp_seq, gp_seq_needed, ... node[]          written by updaters
 *
 * Invariants: a reader counts in its CPU's lock[i] when it begins and in its CPU's unlock[i] when
 * it ends, with the index i that it found; the sums of both are equal exactly when no reader of
 * that index is left. A grace period drains the index that new readers do not use, flips, and
 * drains the other. It is run by a work item of the domain (linux/workqueue.h); everybody who wants
 * one queues a callback.
 *
 * Ordering: what was done before call_srcu() or synchronize_srcu() is seen by every section that
 * begins after the grace period began; what a section did is seen by the callback and by who
 * returns from synchronize_srcu().
 */
#ifndef VCPUSIM_LINUX_SRCU_H
#define VCPUSIM_LINUX_SRCU_H

#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

struct srcu_node;
struct srcu_usage; /* models/kernel/srcu_private.h */

/* Callbacks in order, all for the end of one grace period. */
struct srcu_batch {
	struct rcu_head *first, *last;
	unsigned long gp_seq;
};

struct srcu_data {
	unsigned long lock_count[2];
	unsigned long unlock_count[2];
	spinlock_t lock ____cacheline_aligned; /* covers the rest */
	unsigned long gp_seq_needed, gp_seq_needed_exp;
	struct srcu_batch done, wait, next; /* next: for the grace period after that of wait */
	unsigned long n_cbs;                /* in them, or being invoked */
	bool invoking;
	u32 cpu;
	struct srcu_struct *ssp;
	struct srcu_node *mynode;
	struct work_struct work;  /* invokes what is done */
	struct work_struct timer; /* queues that */
	struct rcu_head barrier_head;
} ____cacheline_aligned;

struct srcu_struct {
	unsigned int idx;       /* & 1: what new readers use */
	struct srcu_data *sda;  /* owned, one per possible CPU */
	struct srcu_usage *sup; /* owned */
};

/* 0 or -ENOMEM. gfp says whose memory the counters are. */
int init_srcu_struct_gfp(struct srcu_struct *ssp, gfp_t gfp);
#define init_srcu_struct(ssp) init_srcu_struct_gfp((ssp), GFP_KERNEL)
/*
 * Nobody calls anything of the domain any more, no reader is left and every callback has been
 * invoked (srcu_barrier()); else that is warned of and the memory is left to leak. May switch.
 */
void cleanup_srcu_struct(struct srcu_struct *ssp);

/* Returns the index to give to srcu_read_unlock(), which may be called on another CPU. */
int srcu_read_lock(struct srcu_struct *ssp);
void srcu_read_unlock(struct srcu_struct *ssp, int idx);

/* Return when every section that had begun before the call has ended. May switch. */
void synchronize_srcu(struct srcu_struct *ssp);
void synchronize_srcu_expedited(struct srcu_struct *ssp);

/* func(head) in a worker, when every section that had begun before the call has ended. Callbacks
 * queued on one CPU are invoked in that order. head is the caller's until then; func does not
 * wait for this domain. */
void call_srcu(struct srcu_struct *ssp, struct rcu_head *head, void (*func)(struct rcu_head *head));
/* Returns when all callbacks queued before have been invoked. May switch. */
void srcu_barrier(struct srcu_struct *ssp);

/* Asks for a grace period and returns a cookie; true once it is over. */
unsigned long start_poll_synchronize_srcu(struct srcu_struct *ssp);
bool poll_state_synchronize_srcu(struct srcu_struct *ssp, unsigned long cookie);

#define srcu_dereference(p, ssp) ((void)(ssp), READ_ONCE(p))

/* srcu_read_unlock() begins with a full barrier. */
#define smp_mb__after_srcu_read_unlock() barrier()

#endif
