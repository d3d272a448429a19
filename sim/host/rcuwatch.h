/*
 * sim/host/rcuwatch.h - what RCU and SRCU tell a checker.
 *
 * models/kernel (rcu.c, srcu.c) calls the hooks, sim/check implements them. They cost no simulated
 * time and never switch. `core`, `task` (vs_task_id) and `now` are those of the caller; `domain` is
 * NULL for RCU, else the srcu_struct; `pc` is the caller's, for reports.
 */
#ifndef VS_RCUWATCH_H
#define VS_RCUWATCH_H

#include <vcpusim/types.h>

enum vs_rcu_step {
	VS_RCU_GP_START,  /* has its number; callers from now on need the next */
	VS_RCU_GP_INITED, /* all nodes know: CPUs can notice it */
	VS_RCU_GP_SCAN,   /* the thread looks at CPUs */
	VS_RCU_GP_CLEAR,  /* nothing left to wait for */
	VS_RCU_GP_END     /* all nodes know */
};

struct vs_rcu_watch {
	void *ctx;
	/* A section has begun: called last in *_read_lock, when the reader counts. Nested sections
	 * are told too. idx: what srcu_read_lock returns; 0 for RCU. */
	void (*lock)(void *ctx, uint32_t core, uint32_t task, vs_ps now, const void *domain,
		     unsigned idx, uintptr_t pc);
	/* It is about to end: called first in *_read_unlock, with the index given. */
	void (*unlock)(void *ctx, uint32_t core, uint32_t task, vs_ps now, const void *domain,
		       unsigned idx, uintptr_t pc);
	/* The thread is about to give its CPU up of its own will (vs_task_block, an explicit
	 * reschedule) or to enter its guest. Not: being preempted. */
	void (*sleeping)(void *ctx, uint32_t core, uint32_t task, vs_ps now, uintptr_t pc);
	/* synchronize_rcu, synchronize_srcu or a barrier is entered (before it sleeps). */
	void (*synchronizing)(void *ctx, uint32_t core, uint32_t task, vs_ps now,
			      const void *domain, uintptr_t pc);
	/* The thread ends. */
	void (*exited)(void *ctx, uint32_t core, uint32_t task, vs_ps now);
	/*
	 * Grace period `seq` of the domain begins / has ended, on the core and at the time that
	 * decides it. It must wait for every reader that began before; expedited ones count as well
	 * (with numbers of their own). Several may be open in a domain.
	 */
	void (*gp_begin)(void *ctx, uint32_t core, vs_ps now, const void *domain, uint64_t seq);
	void (*gp_end)(void *ctx, uint32_t core, vs_ps now, const void *domain, uint64_t seq);
	/* What a normal grace period of RCU goes through, for traces. */
	void (*gp_step)(void *ctx, uint32_t core, vs_ps now, uint64_t seq, enum vs_rcu_step step);
	/* `core` has a quiescent state of `cpu` reported: its own, or one that a scan has seen. The
	 * leaf hears of it a flight later if it is another's. */
	void (*qs_reported)(void *ctx, uint32_t core, vs_ps now, uint64_t seq, uint32_t cpu,
			    bool expedited);
};

/* Any hook may be NULL; watch NULL: nobody. Copied. Before the run. */
void vs_rcu_set_watch(const struct vs_rcu_watch *watch);
/* Who watches, or NULL. */
const struct vs_rcu_watch *vs_rcu_watching(void);

#endif
