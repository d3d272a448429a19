/* What a vCPU's time went into, worked out by hand. Costs: see rig.h; handling a HLT exit: 400 ns.
 */
#include <check.h>
#include <string.h>

#include "tests/host/rig.h"

static struct {
	struct rig r;
	struct vs_task *vcpu;
	uint32_t n_plans;
	vs_ps end;
} w;

static void plan(void *ctx, vs_ps now, struct vs_guest_plan *out)
{
	static const struct vs_guest_plan plans[] = {
		{.run_ps = US(10), .then = VS_GUEST_HALT, .halt_ps = US(20)},
		{.run_ps = MS(3), .then = VS_GUEST_HALT}};

	(void)ctx;
	(void)now;
	*out = plans[w.n_plans++];
}

static void entered(void *ctx, vs_ps now)
{
	(void)ctx;
	(void)now;
}

static void vcpu(void *arg)
{
	static const enum vs_exit why[] = {VS_EXIT_HLT, VS_EXIT_INTERRUPT};

	(void)arg;
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(vs_guest_run(), why[i]);
		if (why[i] == VS_EXIT_HLT)
			vs_task_block(VS_WAIT_HALT, NULL, NULL, vs_now_ps() + vs_guest_halt_ps());
	}
	w.end = vs_now_ps();
}

static void computes(void *arg)
{
	vs_task_compute(*(vs_ps *)arg, VS_CAUSE_COMPUTE);
}

/* Real-time, so that the vCPU waits for it and gives way to it. */
static void start(vs_ps *ps, vs_ps at)
{
	struct vs_task_params p = {.name = "computes",
				   .kind = VS_TASK_KTHREAD,
				   .cpu = 2,
				   .pinned = true,
				   .rt = 1,
				   .fn = computes,
				   .arg = ps};

	rig_start(&w.r, &p, at);
}

/*
 * Started at 1.0 on idle CPU 2: in at 1.3, in the guest 1.6 to 11.6, exit 11.9, handled 12.3,
 * asleep until 32.3. From 20.3 another thread computes there, 20 us and the timer's handler, 0.2:
 * until 40.5, and the switch to the vCPU takes until 41.5. In the guest from 41.8; a second one
 * that comes at 50.0 ends that: exit 50.3, handler 50.5, there the vCPU gives way, to 51.5; 3 us,
 * and back until 55.5.
 *
 *	guest    10.0 + 8.2 (41.8 to 50.0)
 *	host     0.3 + 0.3 + 0.4, 0.3 + 0.3 + 0.2
 *	steal    0.3, 32.3 to 41.5, 50.5 to 55.5
 *	halted   20
 */
START_TEST(runs_halts_waits_is_preempted)
{
	static const struct vs_guest_ops ops = {.plan = plan, .entered = entered};
	static vs_ps twenty = US(20), three = US(3);
	struct vs_task_params p = {.name = "vcpu",
				   .kind = VS_TASK_VCPU,
				   .cpu = 2,
				   .pinned = true,
				   .fn = vcpu,
				   .guest = &ops};
	struct vs_host_stats st;
	vs_u128 sum[VS_VCPU_TIMES];
	const vs_ps *time;
	vs_ps steal[3];

	w.r.s.machine.exit_hlt_ps = NS(400);
	w.vcpu = vs_task_new(w.r.h, &p);
	vs_task_seed(w.vcpu, US(1));
	start(&twenty, US(20));
	start(&three, US(50));
	rig_run(&w.r, MS(1));
	time = vs_task_time(w.vcpu);
	ck_assert_uint_eq(w.end, NS(55500));
	ck_assert_uint_eq(time[VS_VCPU_GUEST], NS(18200));
	ck_assert_uint_eq(time[VS_VCPU_HOST], NS(1800));
	ck_assert_uint_eq(time[VS_VCPU_STEAL], NS(14500));
	ck_assert_uint_eq(time[VS_VCPU_HALTED], NS(20000));
	vs_host_vcpu_time(w.r.h, sum); /* the others are no vCPUs */
	for (int i = 0; i < VS_VCPU_TIMES; i++)
		ck_assert(sum[i] == time[i]);
	ck_assert(vs_host_vcpu_steal(w.r.h, &steal[0], &steal[1], &steal[2]));
	for (int i = 0; i < 3; i++) /* of one vCPU, nor have the others any */
		ck_assert_uint_eq(steal[i], NS(14500));
	vs_host_stats(w.r.h, &st);
	ck_assert_uint_eq(st.exits[VS_EXIT_HLT], 1);
	ck_assert_uint_eq(st.exits[VS_EXIT_INTERRUPT], 1);
	ck_assert_uint_eq(st.exits[VS_EXIT_OPERATION], 0);
}
END_TEST

static void setup(void)
{
	memset(&w, 0, sizeof(w));
	rig_init(&w.r, &(struct rig_options){0});
}

static void teardown(void)
{
	rig_release(&w.r);
}

int main(void)
{
	Suite *s = suite_create("accounting");
	TCase *c = tcase_create("by hand");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, runs_halts_waits_is_preempted);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
