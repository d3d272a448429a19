/*
 * Whatever the window and the order in which a window's CPUs run, threads see the same: random
 * threads and guests on small machines do everything the host and RCU offer, and each folds what it
 * saw and when into a number. Compared with the strict loop.
 *
 * Each thread's books must add up to the time at every step.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/kernel/rcu.h"
#include "sim/hw/access.h"
#include "tests/host/rig.h"

#define MAX_THREADS 24
#define HEADS 6
#define LINES 8
#define SEEDS 30

struct world;

struct head {
	struct vs_rcu_head rcu;
	uint64_t *sum;
};

struct thread {
	struct world *w;
	struct vs_task *task;
	uint64_t rng, trace;
	bool guest;
	uint32_t heads_used;
	struct head *head; /* in the arena */
	uint64_t posted;   /* by whoever: lives on the thread's CPU */
	uint64_t invoked[HEADS];
};

struct world {
	struct rig r;
	struct vs_rcu *rcu;
	struct thread thread[MAX_THREADS];
	uint32_t n;
	uint64_t *line[LINES];
	vs_ps end;
};

static uint64_t draw(struct thread *t, uint64_t n)
{
	t->rng ^= t->rng << 13;
	t->rng ^= t->rng >> 7;
	t->rng ^= t->rng << 17;
	return t->rng % n;
}

static void note(struct thread *t, uint64_t x)
{
	t->trace = (t->trace ^ x) * UINT64_C(0x100000001b3) + (t->trace >> 29);
}

/* -- what a thread may do ------------------------------------------------------------------------
 */

static void touch(struct thread *t)
{
	uint64_t *p = t->w->line[draw(t, LINES)];

	if (draw(t, 2)) {
		vs_access((uintptr_t)p, 8, VS_READ, 0);
		note(t, *p);
	} else {
		vs_access((uintptr_t)p, 8, VS_WRITE | VS_ATOMIC, 0);
		*p += vs_task_id(t->task) + 1;
		note(t, *p);
	}
}

static void on_post(struct vs_task *task, void *arg)
{
	struct thread *t = arg;

	t->posted++;
	if (t->guest)
		vs_guest_poke(task);
	else if (t->posted % 2)
		vs_task_wake(task);
}

static void on_callback(struct vs_rcu_head *head)
{
	++*((struct head *)head)->sum;
}

static void kick(struct thread *t)
{
	uint64_t map = draw(t, UINT64_C(1) << t->w->r.s.cpus);

	uint64_t how = draw(t, 4);

	if (how < 2)
		vs_kick_cpus(&map, 1, how);
	else if (how == 2)
		vs_kick_cpu(draw(t, t->w->r.s.cpus));
	else
		vs_notify_cpu(draw(t, t->w->r.s.cpus));
}

static void reader(struct thread *t)
{
	vs_rcu_read_lock();
	for (uint64_t n = draw(t, 4); n; n--) {
		touch(t);
		if (draw(t, 2))
			vs_task_compute(NS(draw(t, 20000)), VS_CAUSE_COMPUTE);
	}
	vs_rcu_read_unlock();
}

static void spin(struct thread *t)
{
	uint64_t *p = t->w->line[draw(t, LINES)], was = 0;

	for (uint64_t n = 2 + draw(t, 4); n; n--) {
		vs_access((uintptr_t)p, 8, VS_READ | VS_ATOMIC, 0);
		if (was && *p != was)
			break;
		was = *p; /* only here, where the access has just been granted, may it be read */
		vs_host_charge(t->w->r.h, NS(1), VS_CAUSE_COMPUTE);
		vs_cpu_relax();
	}
	note(t, was);
}

static void grace(struct thread *t)
{
	uint64_t what = draw(t, 16);

	if (what < 3 && t->heads_used < HEADS) {
		struct head *h = &t->head[t->heads_used];

		h->sum = &t->invoked[t->heads_used++];
		vs_rcu_call(&h->rcu, on_callback);
	} else if (what < 5) {
		vs_rcu_barrier();
		for (uint32_t i = 0; i < t->heads_used; i++)
			ck_assert_uint_eq(t->invoked[i], 1);
	} else if (what < 9) {
		vs_rcu_synchronize(what & 1);
	}
}

static void step(struct thread *t)
{
	struct thread *other = &t->w->thread[draw(t, t->w->n)];
	vs_ps now = vs_now_ps();

	switch (draw(t, 14)) {
	case 0:
		vs_host_charge(t->w->r.h, NS(draw(t, 3000)), VS_CAUSE_COMPUTE);
		break;
	case 1:
		vs_task_compute(NS(draw(t, 30000)), VS_CAUSE_ALLOC);
		break;
	case 2:
	case 3:
		note(t, vs_task_block(VS_WAIT_TIMER, NULL, NULL, now + NS(draw(t, 60000))));
		break;
	case 4:
	case 5:
		vs_task_wake(other->task);
		break;
	case 6:
		kick(t);
		break;
	case 7:
		vs_task_post(other->task, on_post, other);
		break;
	case 8:
		vs_cond_resched();
		break;
	case 9:
		grace(t);
		break;
	case 10:
		reader(t);
		break;
	case 11:
		spin(t);
		break;
	default:
		touch(t);
	}
	note(t, vs_now_ps());
	note(t, vs_cpu_id());
	ck_assert_uint_eq(rig_books(), vs_now_ps());
}

static void control(void *arg)
{
	struct thread *t = arg;

	while (vs_now_ps() < t->w->end)
		step(t);
}

/* -- guests --------------------------------------------------------------------------------------
 */

static void plan(void *ctx, vs_ps now, struct vs_guest_plan *out)
{
	struct thread *t = ctx;

	static const enum vs_guest_then then[] = {VS_GUEST_HALT, VS_GUEST_OPERATION, VS_GUEST_WORK};

	note(t, now);
	note(t, t->posted);
	*out = (struct vs_guest_plan){.run_ps = NS(draw(t, 20000)),
				      .then = then[draw(t, 3)],
				      .halt_ps = NS(1 + draw(t, 50000))};
}

static void left(void *ctx, vs_ps now)
{
	note(ctx, now);
}

static void operation(void *ctx)
{
	step(ctx);
}

static void entered(void *ctx, vs_ps now)
{
	note(ctx, now);
}

/* Guests touch memory themselves, a few lines now and then. */
static bool work(void *ctx)
{
	struct thread *t = ctx;

	if (draw(t, 3))
		return false;
	touch(t);
	note(t, vs_now_ps());
	return true;
}

static const struct vs_guest_ops guest_ops = {
	.plan = plan, .left = left, .operation = operation, .entered = entered, .work = work};

static void vcpu(void *arg)
{
	struct thread *t = arg;

	while (vs_now_ps() < t->w->end) {
		enum vs_exit why = vs_guest_run();

		note(t, why);
		if (why == VS_EXIT_NONE) {
			touch(t); /* in guest mode still */
			continue;
		}
		if (why == VS_EXIT_OPERATION)
			vs_guest_operation();
		if (why == VS_EXIT_HLT)
			vs_task_block(VS_WAIT_HALT, NULL, NULL, vs_now_ps() + vs_guest_halt_ps());
		touch(t);
		vs_cond_resched();
		note(t, vs_now_ps());
		ck_assert_uint_eq(rig_books(), vs_now_ps());
	}
}

/* -- runs ----------------------------------------------------------------------------------------
 */

static void make_thread(struct world *w, uint32_t i, uint64_t seed)
{
	struct thread *t = &w->thread[i];
	uint64_t kind;

	t->w = w;
	t->rng = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ (i + 1) * UINT64_C(0xbf58476d1ce4e5b9);
	draw(t, 2);
	t->head = vs_hw_arena_take(w->r.hw, HEADS * sizeof(*t->head), 0);
	kind = draw(t, 5);
	t->guest = kind < 2;
	uint32_t cpus = w->r.s.cpus, cpu = (uint32_t)draw(t, cpus);
	uint32_t first = draw(t, 3) ? 0 : (uint32_t)draw(t, cpu + 1);
	struct vs_task_params p = {.name = "t",
				   .kind = t->guest    ? VS_TASK_VCPU
					   : kind == 2 ? VS_TASK_KTHREAD
						       : VS_TASK_CONTROL,
				   .cpu = draw(t, 2) ? (int32_t)cpu : -1,
				   .first_cpu = first,
				   .n_cpus = cpu - first + 1 + (uint32_t)draw(t, cpus - cpu),
				   .pinned = draw(t, 4) == 0,
				   .nice = (int)draw(t, 40) - 20,
				   .rt = draw(t, 8) == 0 ? 1 + draw(t, 2) : 0,
				   .fn = t->guest ? vcpu : control,
				   .arg = t,
				   .guest = &guest_ops,
				   .guest_ctx = t};

	t->task = vs_task_new(w->r.h, &p);
	vs_task_seed(t->task, NS(draw(t, 20000)));
}

static uint64_t run(uint64_t seed, const struct rig_options *o)
{
	struct world *w = calloc(1, sizeof(*w));
	struct vs_host_stats hs;
	struct vs_rcu_stats rs;
	uint64_t sum = 0;
	char *lines;

	ck_assert_ptr_nonnull(w);
	rig_init(&w->r, o);
	w->rcu = vs_rcu_new(w->r.h);
	vs_rcu_params(w->rcu)->urgent_jiffies = 2;
	vs_rcu_params(w->rcu)->wake_from_gp = seed & 1;
	vs_rcu_params(w->rcu)->gp_self_report = seed & 2;
	w->end = US(400);
	lines = vs_hw_arena_take(w->r.hw, 65536, 0);
	for (int i = 0; i < LINES; i++)
		w->line[i] = (uint64_t *)(lines + i * 64);
	w->n = 2 + seed % (MAX_THREADS - 2);
	for (uint32_t i = 0; i < w->n; i++)
		make_thread(w, i, seed);
	ck_assert_int_eq(rig_run(&w->r, MS(100)), VS_STOP_QUIET);
	for (uint32_t i = 0; i < w->n; i++)
		sum = sum * 31 + w->thread[i].trace;
	vs_host_stats(w->r.h, &hs);
	vs_rcu_stats(w->rcu, &rs);
	sum = sum * 31 + hs.switches + 7 * hs.migrations + 11 * hs.ticks + 13 * hs.guest_entries;
	sum = sum * 31 + hs.preemptions + 7 * hs.pulls;
	sum = sum * 31 + rs.grace_periods + 7 * rs.expedited + 11 * rs.scans + 13 * rs.callbacks;
	sum = sum * 31 + rs.preempted_readers;
	if (getenv("VS_TEST_VERBOSE"))
		printf("seed %llu strict %d: %llu switches %llu migrations %llu ticks %llu "
		       "preemptions %llu pulls %llu entries %llu gps %llu exp %llu callbacks %llu "
		       "preempted\n",
		       (unsigned long long)seed, o->strict, (unsigned long long)hs.switches,
		       (unsigned long long)hs.migrations, (unsigned long long)hs.ticks,
		       (unsigned long long)hs.preemptions, (unsigned long long)hs.pulls,
		       (unsigned long long)hs.guest_entries, (unsigned long long)rs.grace_periods,
		       (unsigned long long)rs.expedited, (unsigned long long)rs.callbacks,
		       (unsigned long long)rs.preempted_readers);
	rig_release(&w->r);
	vs_rcu_free(w->rcu);
	free(w);
	return sum;
}

START_TEST(same_as_strict)
{
	static const vs_ps windows[] = {0, 1, 7777, 20000};
	uint64_t seed = _i;
	struct rig_options o = {.sockets = 1 + seed % 3,
				.hz = 50000,
				.sched = {.latency_ps = US(24),
					  .min_granularity_ps = US(3),
					  .wakeup_granularity_ps = US(4),
					  .migration_cost_ps = US(seed % 4)},
				.preempt = (enum vs_preempt)(seed / 3 % 3),
				.nohz_full = seed % 5 ? 0 : 0xe,
				.strict = true};
	uint64_t strict = run(seed, &o);

	o.strict = false;
	o.any_window = true;
	for (size_t i = 0; i < sizeof(windows) / sizeof(*windows); i++) {
		o.window = windows[i];
		for (o.order = VS_ORDER_UP; o.order <= VS_ORDER_SHUFFLED; o.order++)
			ck_assert_msg(run(seed, &o) == strict,
				      "seed %llu differs at window %llu ps, order %d",
				      (unsigned long long)seed, (unsigned long long)o.window,
				      o.order);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rcu exact");
	TCase *c = tcase_create("windows");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, same_as_strict, 0, SEEDS);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
