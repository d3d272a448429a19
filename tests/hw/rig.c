#include "tests/hw/rig.h"

#include <string.h>

static void set(vs_ps *row, vs_ps same_l3, vs_ps same_socket, vs_ps cross, vs_ps far)
{
	row[VS_SAME_L3] = same_l3 * NS;
	row[VS_SAME_SOCKET] = same_socket * NS;
	row[VS_CROSS_SOCKET] = cross * NS;
	row[VS_FAR_SOCKET] = far * NS;
}

void rig_machine(struct vs_machine *m)
{
	memset(m, 0, sizeof(*m));
	m->sockets = 3;
	m->l3_per_socket = 2;
	m->cores_per_l3 = 2;
	m->threads_per_core = 1;
	m->line_bytes = 64;
	for (int i = 0; i < 3; i++)
		for (int k = 0; k < 3; k++)
			m->socket_distance[i][k] = i < k ? k - i : i - k;
	m->l1d = (struct vs_cache_geometry){1024, 2};
	m->l2 = (struct vs_cache_geometry){4096, 4};
	m->l3 = (struct vs_cache_geometry){65536, 8};
	m->issue_ps = 1 * NS;
	m->l1_ps = 1 * NS;
	m->l2_ps = 4 * NS;
	m->atomic_ps = 5 * NS;
	m->fence_ps = 8 * NS;
	m->l3_ps = 20 * NS;
	m->bulk_line_ps = 5 * NS;
	m->page_alloc_ps = 200 * NS;
	m->wake_flight_ps = 200 * NS;
	set(m->memory_ps, 100, 100, 200, 400);
	set(m->transfer_ps, 40, 60, 120, 240);
	set(m->leg_ps, 10, 10, 10, 10);
	set(m->hop_ps, 20, 30, 60, 120);
	set(m->ipi_flight_ps, 100, 100, 200, 300);
	m->local_burst = 4;
	m->mlp = 1;
}

void rig_new(struct rig *r, const struct vs_machine *m, bool strict)
{
	char why[128];

	memset(r, 0, sizeof(*r));
	r->m = *m;
	r->strict = strict;
	ck_assert_msg(vs_hw_compute_window(&r->m, why, sizeof(why)), "%s", why);
	uint32_t cores = vs_machine_cores(&r->m);
	struct vs_engine_options o = {.n_cores = cores,
				      .delays = vs_hw_delays(&r->m, r->m.window_ps),
				      .strict = strict,
				      .backend = VS_BACKEND_BARE};

	ck_assert_uint_le(cores, RIG_CORES);
	r->engine = vs_engine_new(&o);
	r->hw = vs_hw_new(r->engine, &r->m, cores);
	vs_hw_set_paranoid(r->hw);
	for (uint32_t i = 0; i < r->m.sockets; i++)
		r->line[i] = vs_hw_arena_take(r->hw, 65536, i * cores / r->m.sockets);
}

static void run_script(void *arg)
{
	struct rig_core *me = arg;

	me->script(me);
	vs_core_sync();
	me->core->run = NULL;
	me->core->running = false;
	vs_ctx_exit(me->ctx);
}

void rig_script(struct rig *r, uint32_t core, vs_ps start, void (*script)(struct rig_core *me))
{
	struct rig_core *me = &r->core[core];
	struct vs_core *c = vs_engine_core(r->engine, core);

	me->rig = r;
	me->core = c;
	me->script = script;
	me->start = start;
	me->ctx = vs_ctx_new(r->engine, "script", core, run_script, me);
	c->run = me->ctx;
	c->clock = start;
	c->running = true;
	vs_hw_set_books(c, me->books);
	vs_core_changed(c);
}

/* What scripts were booked for transfers and memory is what they waited for lines. */
static void check_waits(const struct rig *r)
{
	const struct vs_hw_wait *w;
	size_t n = vs_hw_waits(r->hw, &w);
	vs_ps left[VS_CAUSES] = {0};

	for (uint32_t i = 0; i < RIG_CORES; i++)
		for (int k = 0; k < VS_CAUSES; k++)
			left[k] += r->core[i].books[k];
	for (size_t i = 0; i < n; i++)
		left[w[i].cause] -= w[i].lost_ps;
	for (int k = VS_CAUSE_XFER_SAME_L3; k <= VS_CAUSE_MEMORY; k++)
		ck_assert_ps(left[k], 0);
}

void rig_run(struct rig *r)
{
	ck_assert_int_eq(vs_engine_run(r->engine, VS_PS_MAX_RUN), VS_STOP_QUIET);
	for (uint32_t i = 0; i < RIG_CORES; i++) {
		struct rig_core *me = &r->core[i];
		vs_ps sum = 0;

		if (!me->ctx)
			continue;
		vs_hw_set_books(me->core, NULL);
		ck_assert_msg(!me->core->run, "the script of core %u has not ended", i);
		for (int k = 0; k < VS_CAUSES; k++)
			sum += me->books[k];
		ck_assert_ps(sum, me->core->clock - me->start);
	}
	check_waits(r);
}

void rig_free(struct rig *r)
{
	vs_hw_free(r->hw);
	vs_engine_free(r->engine);
}

vs_ps rig_read(struct rig_core *me, const void *p)
{
	vs_ps from = rig_now(me);

	vs_access((uintptr_t)p, 8, VS_READ, 0);
	return rig_now(me) - from;
}

vs_ps rig_write(struct rig_core *me, void *p, uint64_t v)
{
	vs_ps from = rig_now(me);

	vs_access((uintptr_t)p, 8, VS_WRITE, 0);
	*(volatile uint64_t *)p = v;
	return rig_now(me) - from;
}

vs_ps rig_add(struct rig_core *me, void *p)
{
	vs_ps from = rig_now(me);

	vs_access((uintptr_t)p, 8, VS_WRITE | VS_ATOMIC, 0);
	++*(volatile uint64_t *)p;
	return rig_now(me) - from;
}

vs_ps rig_zero(struct rig_core *me, void *p, size_t bytes)
{
	vs_ps from = rig_now(me);

	vs_access_range((uintptr_t)p, 0, bytes, VS_WRITE | VS_BULK, 0);
	memset(p, 0, bytes);
	return rig_now(me) - from;
}

vs_ps rig_copy(struct rig_core *me, void *to, const void *from, size_t bytes)
{
	vs_ps start = rig_now(me);

	vs_access_range((uintptr_t)to, (uintptr_t)from, bytes, VS_BULK, 0);
	memcpy(to, from, bytes);
	return rig_now(me) - start;
}

void rig_until(struct rig_core *me, vs_ps at)
{
	ck_assert_uint_ge(at, rig_now(me));
	vs_hw_charge(me->core, at - rig_now(me), VS_CAUSE_IDLE);
}

void rig_note(struct rig_core *me, vs_ps ps)
{
	ck_assert_uint_lt(me->n, RIG_TIMES);
	me->t[me->n++] = ps;
}

int rig_main(const char *name, const TTest *const *tests, size_t n)
{
	Suite *s = suite_create(name);
	TCase *t = tcase_create(name);
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	for (size_t i = 0; i < n; i++)
		tcase_add_loop_test(t, tests[i], 0, 2);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
