/*
 * linux/rcupdate.h - read-copy-update.
 *
 * Invariants: a reader section does not sleep. What a section has got from rcu_dereference() stays
 * allocated until it ends, if it is freed only after a grace period that began when it could no
 * longer be found.
 */
#ifndef VCPUSIM_LINUX_RCUPDATE_H
#define VCPUSIM_LINUX_RCUPDATE_H

#include <linux/barrier.h>
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/lockdep.h>
#include <linux/slab.h>
#include <vcpusim/port.h>

#define rcu_head vs_rcu_head /* the very type, so that callbacks need no cast */

static inline void rcu_read_lock(void)
{
	vs_rcu_read_lock();
}

static inline void rcu_read_unlock(void)
{
	vs_rcu_read_unlock();
}

#define rcu_dereference(p) READ_ONCE(p)
#define rcu_access_pointer(p) READ_ONCE(p)
/* By the updater, who holds what keeps the pointer from changing. */
#define rcu_dereference_protected(p, cond) ((void)(cond), (p))
#define rcu_assign_pointer(p, v) smp_store_release(&(p), (v))
#define RCU_INIT_POINTER(p, v) WRITE_ONCE(p, v)

/* Return when every section that had begun before the call has ended. May switch. */
static inline void synchronize_rcu(void)
{
	vs_rcu_synchronize(false);
}

static inline void synchronize_rcu_expedited(void)
{
	vs_rcu_synchronize(true);
}

/* func(head) after a grace period, on this CPU. */
static inline void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	vs_rcu_call(head, func);
}

static inline void rcu_barrier(void)
{
	vs_rcu_barrier();
}

static inline void __kfree_rcu_first(struct rcu_head *head)
{
	kfree(head);
}

/* Free ptr after a grace period. The rcu_head must be the object's first member: the callback
 * knows nothing else. */
#define kfree_rcu(ptr, field)                                                                      \
	do {                                                                                       \
		BUILD_BUG_ON(offsetof(typeof(*(ptr)), field) != 0);                                \
		call_rcu(&(ptr)->field, __kfree_rcu_first);                                        \
	} while (0)

#endif
