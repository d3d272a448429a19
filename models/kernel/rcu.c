/* RCU as threads see it, and its set-up. */
#include <stdio.h>
#include <stdlib.h>

#include "models/kernel/rcu_private.h"

#define BATCH 10

struct vs_rcu *vs_rcu_here(void)
{
	return vs_host_hooks(vs_task_host(vs_task_current()))->ctx;
}

static struct vs_rcu_params defaults(uint32_t hz, uint32_t n_cpus)
{
	uint32_t d = 1 + (hz > 250) + (hz > 500) + n_cpus / 256;
	uint32_t urgent = hz / 10 + n_cpus / 256;

	return (struct vs_rcu_params){.first_scan_jiffies = d,
				      .next_scan_jiffies = d,
				      .urgent_jiffies = urgent > 3 * d ? urgent : 3 * d,
				      .batch = BATCH};
}

static void *zeroed(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p) {
		fputs("vcpusim: out of memory\n", stderr);
		abort();
	}
	return p;
}

static struct vs_task *kthread(struct vs_rcu *rcu, const char *name, uint32_t cpu,
			       void (*fn)(void *arg), void *arg)
{
	struct vs_task_params p = {.name = name,
				   .kind = VS_TASK_KTHREAD,
				   .cpu = (int32_t)cpu,
				   .pinned = true,
				   .fn = fn,
				   .arg = arg};

	return vs_task_new(rcu->host, &p);
}

struct vs_rcu *vs_rcu_new(struct vs_host *h)
{
	const struct vs_scenario *s = vs_host_scenario(h);
	struct vs_rcu *rcu = zeroed(1, sizeof(*rcu));

	rcu->host = h;
	rcu->m = &s->machine;
	rcu->n_cpus = s->cpus;
	rcu->params = defaults(s->hz, s->cpus);
	rcu->window = vs_host_window(h);
	rcu->cpu = zeroed(rcu->n_cpus, sizeof(*rcu->cpu));
	rcu->pending = zeroed(rcu->n_cpus, sizeof(*rcu->pending));
	rcu->snapshot = zeroed(rcu->n_cpus, sizeof(*rcu->snapshot));
	rcu->exp_seq = zeroed(rcu->n_cpus, sizeof(*rcu->exp_seq));
	rcu->waiters_tail = &rcu->waiters;
	vs_history_init(&rcu->gp, 0);
	rcu->kthread = kthread(rcu, "rcu_gp", rcu->gp_cpu, vs_rcu_gp_thread, rcu);
	for (uint32_t i = 0; i < rcu->n_cpus; i++) {
		char name[32];

		snprintf(name, sizeof(name), "rcuc/%u", i);
		rcu->cpu[i].idle = true;
		vs_history_init(&rcu->cpu[i].holds, 0);
		rcu->cpu[i].worker = kthread(rcu, name, i, vs_rcu_worker, rcu);
	}
	vs_rcu_hook(rcu);
	return rcu;
}

void vs_rcu_free(struct vs_rcu *rcu)
{
	if (!rcu)
		return;
	for (uint32_t i = 0; i < rcu->n_cpus; i++) {
		vs_history_release(&rcu->cpu[i].holds);
		free(rcu->cpu[i].next.cb);
		free(rcu->cpu[i].wait.cb);
		free(rcu->cpu[i].done.cb);
	}
	vs_history_release(&rcu->gp);
	free(rcu->cpu);
	free(rcu->pending);
	free(rcu->snapshot);
	free(rcu->exp_seq);
	free(rcu);
}

struct vs_rcu_params *vs_rcu_params(struct vs_rcu *rcu)
{
	return &rcu->params;
}

void vs_rcu_stats(const struct vs_rcu *rcu, struct vs_rcu_stats *out)
{
	*out = rcu->stats;
	for (uint32_t i = 0; i < rcu->n_cpus; i++) {
		out->expedited += rcu->exp_seq[i];
		out->callbacks += rcu->cpu[i].invoked;
	}
}

/* -- readers: free, for they are not preempted ---------------------------------------------------
 */

void vs_rcu_read_lock(void)
{
	const struct vs_rcu_watch *w = vs_rcu_watching();
	struct vs_task *t = vs_task_current();

	++*vs_task_rcu_depth(t);
	if (w && w->lock)
		w->lock(w->ctx, vs_cpu_id(), vs_task_id(t), vs_now_ps(), NULL, 0,
			(uintptr_t)__builtin_return_address(0));
}

void vs_rcu_read_unlock(void)
{
	const struct vs_rcu_watch *w = vs_rcu_watching();
	struct vs_task *t = vs_task_current();
	uint32_t *depth = vs_task_rcu_depth(t);

	if (w && w->unlock)
		w->unlock(w->ctx, vs_cpu_id(), vs_task_id(t), vs_now_ps(), NULL, 0,
			  (uintptr_t)__builtin_return_address(0));
	if (!*depth) {
		if (!w)
			vs_warn(__FILE__, __LINE__, "rcu_read_unlock without a section");
		return;
	}
	if (--*depth == 0) {
		/* preemption that came inside the section happens now, if at all */
		vs_preempt_disable();
		vs_preempt_enable();
	}
}

/* -- waiting -------------------------------------------------------------------------------------
 */

static void tell_synchronizing(uintptr_t pc)
{
	const struct vs_rcu_watch *w = vs_rcu_watching();

	if (w && w->synchronizing)
		w->synchronizing(w->ctx, vs_cpu_id(), vs_task_id(vs_task_current()), vs_now_ps(),
				 NULL, pc);
}

void vs_rcu_synchronize(bool expedited)
{
	struct vs_rcu *rcu = vs_rcu_here();

	tell_synchronizing((uintptr_t)__builtin_return_address(0));
	if (!vs_host_priced(rcu->host))
		return; /* booting: there are no readers */
	if (expedited)
		vs_rcu_expedite(rcu);
	else
		vs_rcu_wait_gp(rcu);
}
