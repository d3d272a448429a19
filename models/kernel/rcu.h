/*
 * models/kernel/rcu.h - grace periods of RCU on the simulated host.
 *
 * They are simulated, not sampled: a grace period ends when every CPU has been in an extended
 * quiescent state (idle; the guest on a nohz_full CPU) or has passed through a quiescent state
 * (context switch, guest entry, tick in the guest, tick outside readers where they count
 * themselves) after it noticed the grace period, and every reader that was preempted meanwhile has
 * ended. Implements the RCU calls of vcpusim/port.h.
 *
 * A kernel thread runs the grace periods: start, sleep, look at the CPUs that have not reported,
 * repeat, clean up, wake who waits. CPUs notice and report in the softirq of their own ticks, and
 * are asked with more emphasis the older it gets. After 21 s a warning names who holds it.
 *
 * The tree (leaves of 16 CPUs, inner nodes of 64) is kept on the thread's CPU; others change it by
 * messages. A CPU pays for its leaf's lock with one line transfer and one atomic, by the distance
 * to the leaf's first CPU, and the thread for each node that it goes through; the message's flight,
 * a wake-up's, stands for the way up the tree and for waking the thread. Waiting for a node's lock
 * is not modelled.
 *
 * Callbacks are invoked by a thread per CPU, as with rcutree.use_softirq=0: their code is simulated
 * code, which only threads can run.
 */
#ifndef VS_RCU_H
#define VS_RCU_H

#include "sim/host/host.h"

struct vs_rcu;

#define VS_RCU_LEAF_FANOUT 16

/* From HZ, the number of CPUs and the scenario; may be changed before the run. */
struct vs_rcu_params {
	uint32_t scan_jiffies;   /* from the start, and from one look to the next */
	uint32_t urgent_jiffies; /* older: a CPU in the kernel is asked to give way */
	bool wake_from_gp;       /* synchronize_rcu() is no callback */
	bool gp_self_report;     /* the thread reports for its own CPU when it starts one */
	bool forget_preempted;   /* a planted fault, for tests: they hold nothing */
};

struct vs_rcu_stats {
	uint64_t grace_periods, expedited, scans, callbacks, preempted_readers;
};

/* Makes the grace-period threads (CPU 0), a callback thread per CPU and one per leaf for expedited
 * grace periods, and takes the host's hooks. Before the run, with pricing off. */
struct vs_rcu *vs_rcu_new(struct vs_host *h);
void vs_rcu_free(struct vs_rcu *rcu); /* after the run */
struct vs_rcu_params *vs_rcu_params(struct vs_rcu *rcu);
void vs_rcu_stats(const struct vs_rcu *rcu, struct vs_rcu_stats *out);

#endif
