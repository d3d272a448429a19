/*
 * models/kernel/rcu.h - grace periods of RCU on the simulated host.
 *
 * They are simulated, not sampled: a grace period ends when every CPU has been seen idle or has
 * passed through a context switch, a guest entry or a tick in guest mode after it noticed the grace
 * period. Implements the RCU calls of vcpusim/port.h for a kernel whose readers are not preempted.
 *
 * A kernel thread runs the grace periods: start, sleep, look at the CPUs that have not reported,
 * repeat, wake who waits. CPUs notice and report in the softirq of their own ticks.
 *
 * Simplified so far: no tree (reports and requests are messages to the thread's CPU, their cost a
 * wake-up's), each expedited call runs a grace period of its own, waiters are woken by the thread
 * itself, and callbacks are not split by the grace periods that are already under way.
 */
#ifndef VS_RCU_H
#define VS_RCU_H

#include "sim/host/host.h"

struct vs_rcu;

/* From HZ and the number of CPUs; may be changed before the run. */
struct vs_rcu_params {
	uint32_t first_scan_jiffies; /* start of a grace period -> first look at the CPUs */
	uint32_t next_scan_jiffies;  /* from one look to the next */
	uint32_t urgent_jiffies;     /* older: a CPU in the kernel is asked to give way */
	/* Sleeps are counted from where they begin and rounded up to a tick, as the timer wheel
	 * rounds them; otherwise only the first is, and looks keep their pace. */
	bool scan_drifts;
	bool gp_self_report; /* the kthread reports for its own CPU when it starts one */
	uint32_t batch;      /* callbacks invoked at least between two looks around */
};

struct vs_rcu_stats {
	uint64_t grace_periods, expedited, scans, callbacks;
};

/* Makes the grace-period thread (CPU 0) and a callback thread per CPU, and takes the host's hooks.
 * Before the run, with pricing off. */
struct vs_rcu *vs_rcu_new(struct vs_host *h);
void vs_rcu_free(struct vs_rcu *rcu); /* after the run */
struct vs_rcu_params *vs_rcu_params(struct vs_rcu *rcu);
void vs_rcu_stats(const struct vs_rcu *rcu, struct vs_rcu_stats *out);

#endif
