/* Passing on to the checkers what SRCU's readers and grace periods do. Not instrumented. */
#include "sim/host/host.h"
#include "sim/host/rcuwatch.h"

void vs_srcu_event(enum vs_srcu_event what, const void *domain, uint64_t a, uintptr_t site)
{
	const struct vs_rcu_watch *w = vs_rcu_watching();
	const struct vs_task *t = vs_task_current();
	uint32_t cpu, id;
	vs_ps now;

	if (!w)
		return;
	cpu = vs_host_here(vs_task_host(t), &now);
	id = vs_task_id(t);
	switch (what) {
	case VS_SRCU_LOCK:
		if (w->lock)
			w->lock(w->ctx, cpu, id, now, domain, (unsigned)a, site);
		break;
	case VS_SRCU_UNLOCK:
		if (w->unlock)
			w->unlock(w->ctx, cpu, id, now, domain, (unsigned)a, site);
		break;
	case VS_SRCU_SYNCHRONIZING:
		if (w->synchronizing)
			w->synchronizing(w->ctx, cpu, id, now, domain, site);
		break;
	case VS_SRCU_GP_BEGIN:
		if (w->gp_begin)
			w->gp_begin(w->ctx, cpu, now, domain, a);
		break;
	case VS_SRCU_GP_END:
		if (w->gp_end)
			w->gp_end(w->ctx, cpu, now, domain, a);
		break;
	}
}
