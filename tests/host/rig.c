#include <stdlib.h>

#include "tests/host/rig.h"

#define SAME(x)                                                                                    \
	{                                                                                          \
		(x) * 1000, (x)*1000, (x)*1000, (x)*1000                                           \
	}

static const struct vs_machine round_numbers = {
	.name = "round",
	.l3_per_socket = 1,
	.cores_per_l3 = 2,
	.threads_per_core = 1,
	.clock_mhz = 1000,
	.line_bytes = 64,
	.l1d = {1024, 2},
	.l2 = {4096, 4},
	.l3 = {65536, 8},
	.issue_ps = 1000,
	.l1_ps = 1000,
	.l2_ps = 4000,
	.atomic_ps = 5000,
	.fence_ps = 8000,
	.l3_ps = 20000,
	.memory_ps = {100000, 100000, 200000, 200000},
	.transfer_ps = {40000, 80000, 120000, 120000},
	.leg_ps = SAME(10),
	.hop_ps = {20000, 30000, 60000, 60000},
	.local_burst = 4,
	.mlp = 4,
	.prefetch_streams = 4,
	.prefetch_depth = 2,
	.bulk_line_ps = 5000,
	.context_switch_ps = 1000000,
	.wake_send_ps = 100000,
	.wake_flight_ps = 200000,
	.idle_exit_ps = 300000,
	.tick_ps = 1000000,
	.migration_ps = 500000,
	.ipi_send_ps = 100000,
	.ipi_flight_ps = {100000, 150000, 200000, 200000},
	.ipi_handler_ps = 200000,
	.ipi_exit_ps = 400000,
	.ipi_accept_ps = 50000,
	.guest_handler_ps = 150000,
	.guest_exit_ps = 300000,
	.guest_entry_ps = 300000,
	.alloc_ps = 20000,
	.free_ps = 20000,
	.page_alloc_ps = 200000,
	.rcu_scan_cpu_ps = 50000,
	.rcu_softirq_ps = 500000,
};

void rig_init(struct rig *r, const struct rig_options *o)
{
	struct vs_engine_options eo = {
		.strict = o->strict, .order = o->order, .backend = VS_BACKEND_BARE};
	struct vs_machine *m = &r->s.machine;
	char why[128];

	*r = (struct rig){0};
	*m = round_numbers;
	m->sockets = o->sockets ? o->sockets : 2;
	for (uint32_t i = 0; i < m->sockets; i++)
		for (uint32_t k = 0; k < m->sockets; k++)
			m->socket_distance[i][k] = i != k;
	if (!vs_hw_compute_window(m, why, sizeof(why)))
		abort();
	r->s.cpus = eo.n_cores = vs_machine_cores(m);
	r->s.hz = o->hz ? o->hz : 250;
	r->s.preempt = o->preempt;
	r->s.sched = o->sched.latency_ps ? o->sched : vs_sched_defaults(r->s.cpus);
	r->s.nohz_full[0] = o->nohz_full;
	eo.delays = vs_hw_delays(m, o->any_window ? o->window : m->window_ps);
	r->e = vs_engine_new(&eo);
	r->hw = vs_hw_new(r->e, m, eo.n_cores);
	vs_hw_set_pricing(r->hw, false);
	r->h = vs_host_new(r->e, r->hw, &r->s);
}

void rig_release(struct rig *r)
{
	vs_host_free(r->h);
	vs_hw_free(r->hw);
	vs_engine_free(r->e);
}

struct vs_task *rig_start(struct rig *r, const struct vs_task_params *p, vs_ps at)
{
	struct vs_task *t = vs_task_new(r->h, p);

	if (at != VS_PS_NEVER)
		vs_task_seed(t, at);
	return t;
}

struct vs_task *rig_task(struct rig *r, const char *name, enum vs_task_kind kind, int cpu,
			 void (*fn)(void *arg), void *arg, vs_ps at)
{
	struct vs_task_params p = {
		.name = name, .kind = kind, .cpu = cpu, .pinned = true, .fn = fn, .arg = arg};

	return rig_start(r, &p, at);
}

enum vs_stop rig_run(struct rig *r, vs_ps limit)
{
	vs_hw_set_pricing(r->hw, true);
	return vs_engine_run(r->e, limit);
}

vs_ps rig_books(void)
{
	const vs_ps *books = vs_task_books(vs_task_current());
	vs_ps sum = 0;

	for (int i = 0; i < VS_CAUSES; i++)
		sum += books[i];
	return sum;
}
