/* RCU as threads see it, and its set-up. */
#include <stdio.h>
#include <stdlib.h>

#include <linux/sched.h>

#include "models/kernel/rcu_private.h"

/* Up to so many CPUs synchronize_rcu() is woken by the grace-period thread itself, on larger
 * machines by a callback of its own (rcutree.rcu_normal_wake_from_gp, Linux commit a7f6af1322ad).
 */
#define WAKE_FROM_GP_CPUS 16

struct vs_rcu *vs_rcu_here(void)
{
	return vs_host_hooks(vs_task_host(vs_task_current()))->ctx;
}

/* jiffies_till_first_fqs, jiffies_till_next_fqs, jiffies_to_sched_qs */
static struct vs_rcu_params defaults(uint32_t hz, uint32_t n_cpus, bool gp_self_report)
{
	uint32_t d = 1 + (hz > 250) + (hz > 500) + n_cpus / 256;
	uint32_t urgent = hz / 10 + n_cpus / 256;

	return (struct vs_rcu_params){.scan_jiffies = d,
				      .urgent_jiffies = urgent > 3 * d ? urgent : 3 * d,
				      .wake_from_gp = n_cpus <= WAKE_FROM_GP_CPUS,
				      .gp_self_report = gp_self_report};
}

void *vs_rcu_zeroed(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p) {
		fputs("vcpusim: out of memory\n", stderr);
		abort();
	}
	return p;
}

static struct vs_task *kthread(struct vs_rcu *rcu, const char *name, uint32_t cpu,
			       void (*fn)(void *arg))
{
	struct vs_task_params p = {.name = name,
				   .kind = VS_TASK_KTHREAD,
				   .cpu = (int32_t)cpu,
				   .pinned = true,
				   .fn = fn,
				   .arg = rcu};

	return vs_task_new(rcu->host, &p);
}

static void make_threads(struct vs_rcu *rcu)
{
	char name[32];

	rcu->row[VS_GP_NORMAL].kthread = kthread(rcu, "rcu_gp", rcu->gp_cpu, vs_rcu_gp_thread);
	rcu->row[VS_GP_EXPEDITED].kthread = kthread(rcu, "rcu_exp", rcu->gp_cpu, vs_rcu_exp_thread);
	for (uint32_t i = 0; i < rcu->n_cpus; i++) {
		snprintf(name, sizeof(name), "rcuc/%u", i);
		rcu->cpu[i].worker = kthread(rcu, name, i, vs_rcu_worker);
	}
	for (uint32_t i = 0; i < rcu->n_cpus; i += VS_RCU_LEAF_FANOUT) {
		snprintf(name, sizeof(name), "rcu_par_gp/%u", i);
		vs_rcu_leaf(rcu, i)->worker = kthread(rcu, name, i, vs_rcu_exp_worker);
	}
}

struct vs_rcu *vs_rcu_new(struct vs_host *h)
{
	const struct vs_scenario *s = vs_host_scenario(h);
	struct vs_rcu *rcu = vs_rcu_zeroed(1, sizeof(*rcu));

	rcu->host = h;
	rcu->scenario = s;
	rcu->m = &s->machine;
	rcu->n_cpus = s->cpus;
	rcu->params = defaults(s->hz, s->cpus, s->gp_self_report);
	rcu->window = vs_host_window(h);
	rcu->preemptible = s->preempt == VS_PREEMPT_FULL;
	rcu->cpu = vs_rcu_zeroed(rcu->n_cpus, sizeof(*rcu->cpu));
	rcu->snapshot = vs_rcu_zeroed(rcu->n_cpus, sizeof(*rcu->snapshot));
	rcu->resched_sent = vs_rcu_zeroed(rcu->n_cpus, sizeof(*rcu->resched_sent));
	vs_history_init(&rcu->gp, 0);
	vs_rcu_tree_new(rcu);
	for (uint32_t i = 0; i < rcu->n_cpus; i++) {
		rcu->cpu[i].idle = true;
		vs_history_init(&rcu->cpu[i].holds, 0);
		vs_history_init(&rcu->cpu[i].extra, 0);
	}
	for (int kind = 0; kind < VS_GP_KINDS; kind++)
		rcu->row[kind].tail = &rcu->row[kind].waiters;
	make_threads(rcu);
	vs_rcu_hook(rcu);
	return rcu;
}

void vs_rcu_free(struct vs_rcu *rcu)
{
	if (!rcu)
		return;
	for (uint32_t i = 0; i < rcu->n_cpus; i++) {
		vs_history_release(&rcu->cpu[i].holds);
		vs_history_release(&rcu->cpu[i].extra);
		free(rcu->cpu[i].cbs.cb);
	}
	vs_rcu_tree_free(rcu);
	while (rcu->texts) {
		struct vs_rcu_text *next = rcu->texts->next;

		free(rcu->texts);
		rcu->texts = next;
	}
	vs_history_release(&rcu->gp);
	free(rcu->cpu);
	free(rcu->snapshot);
	free(rcu->resched_sent);
	free(rcu);
}

struct vs_rcu_params *vs_rcu_params(struct vs_rcu *rcu)
{
	return &rcu->params;
}

void vs_rcu_stats(const struct vs_rcu *rcu, struct vs_rcu_stats *out)
{
	*out = rcu->stats;
	for (uint32_t i = 0; i < rcu->n_cpus; i++)
		out->callbacks += rcu->cpu[i].invoked;
}

/* -- readers: free where they are not preempted; else the thread counts its sections -------------
 */

static void touch_nesting(struct vs_task *t, uintptr_t pc)
{
	uintptr_t nesting =
		(uintptr_t)vs_task_area(t) + offsetof(struct task_struct, rcu_read_lock_nesting);

	if (vs_host_scenario(vs_task_host(t))->preempt != VS_PREEMPT_FULL)
		return;
	vs_access(nesting, sizeof(int), VS_READ | VS_VOLATILE, pc);
	vs_access(nesting, sizeof(int), VS_WRITE | VS_VOLATILE, pc);
}

void vs_rcu_read_lock(void)
{
	const struct vs_rcu_watch *w = vs_rcu_watching();
	struct vs_task *t = vs_task_current();

	touch_nesting(t, (uintptr_t)__builtin_return_address(0));
	++*vs_task_rcu_depth(t);
	if (w && w->lock)
		w->lock(w->ctx, vs_cpu_id(), vs_task_id(t), vs_now_ps(), NULL, 0,
			(uintptr_t)__builtin_return_address(0));
}

/* The outermost section has ended: does somebody wait for it? */
static void outermost(struct vs_task *t)
{
	struct vs_rcu *rcu = vs_rcu_here();

	if (rcu->preemptible && *vs_task_rcu_queued(t)) {
		*vs_task_rcu_queued(t) = false;
		vs_rcu_reader_ended(rcu, t);
	}
	if (rcu->preemptible && rcu->cpu[vs_cpu_id()].expedited)
		vs_rcu_answer_expedited(rcu, vs_cpu_id());
	/* preemption that came inside the section happens now, if at all */
	vs_preempt_disable();
	vs_preempt_enable();
}

void vs_rcu_read_unlock(void)
{
	const struct vs_rcu_watch *w = vs_rcu_watching();
	struct vs_task *t = vs_task_current();
	uint32_t *depth = vs_task_rcu_depth(t);

	touch_nesting(t, (uintptr_t)__builtin_return_address(0));
	if (w && w->unlock)
		w->unlock(w->ctx, vs_cpu_id(), vs_task_id(t), vs_now_ps(), NULL, 0,
			  (uintptr_t)__builtin_return_address(0));
	if (!*depth) {
		if (!w)
			vs_warn(__FILE__, __LINE__, "rcu_read_unlock without a section");
		return;
	}
	if (--*depth == 0)
		outermost(t);
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
		vs_rcu_wait_row(rcu, VS_GP_EXPEDITED);
	else if (rcu->params.wake_from_gp)
		vs_rcu_wait_row(rcu, VS_GP_NORMAL);
	else
		vs_rcu_wait_callback(rcu);
}
