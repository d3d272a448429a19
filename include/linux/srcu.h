/*
 * linux/srcu.h - RCU whose readers may sleep, one domain per srcu_struct.
 *
 *	srcu_struct: idx | gp_seq | mutex ...          (written by updaters)
 *	sda: CPU 0   lock[0] lock[1] unlock[0] unlock[1]     a line each
 *	     CPU 1   lock[0] lock[1] unlock[0] unlock[1]
 *
 * Invariants: a reader counts in its CPU's lock[i] when it begins and in its CPU's unlock[i] when
 * it ends, with the index i that it found; the sums of both are equal exactly when no reader of
 * that index is left. A grace period drains the index that new readers do not use, flips, and
 * drains the other.
 */
#ifndef VCPUSIM_LINUX_SRCU_H
#define VCPUSIM_LINUX_SRCU_H

#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct srcu_data {
	unsigned long lock_count[2];
	unsigned long unlock_count[2];
} ____cacheline_aligned;

struct srcu_struct {
	unsigned int idx;        /* & 1: what new readers use */
	struct srcu_data *sda;   /* owned, one per possible CPU */
	unsigned long gp_seq;    /* odd while a grace period runs */
	atomic_t exp_waiters;    /* how many callers want it expedited */
	unsigned long n_nodelay; /* zero-delay passes of this phase */
	unsigned long gp_start;  /* jiffies */
	vs_ps last_gp_end;
	struct mutex gp_mutex; /* one grace period at a time */
};

/* 0 or -ENOMEM. gfp says whose memory the counters are. */
int init_srcu_struct_gfp(struct srcu_struct *ssp, gfp_t gfp);
#define init_srcu_struct(ssp) init_srcu_struct_gfp((ssp), GFP_KERNEL)
/* No reader and no synchronize_srcu() is left. */
void cleanup_srcu_struct(struct srcu_struct *ssp);

/* Returns the index to give to srcu_read_unlock(), which may be called on another CPU. */
int srcu_read_lock(struct srcu_struct *ssp);
void srcu_read_unlock(struct srcu_struct *ssp, int idx);

/* Return when every section that had begun before the call has ended. May switch. */
void synchronize_srcu(struct srcu_struct *ssp);
void synchronize_srcu_expedited(struct srcu_struct *ssp);

#define srcu_dereference(p, ssp) ((void)(ssp), READ_ONCE(p))

/* srcu_read_unlock() begins with a full barrier. */
#define smp_mb__after_srcu_read_unlock() barrier()

#endif
