/*
 * SRCU with many CPUs: the tree's shape, what a wish and the end of a grace period leave in it, who
 * invokes callbacks, and how a domain comes to a tree. The mock's 250 Hz: a jiffy is 4 ms.
 */
#include <check.h>
#include <string.h>

#include <linux/delay.h>
#include <linux/sched.h>
#include <linux/srcu.h>

#include "models/kernel/srcu_private.h"
#include "mock.h"

static struct srcu_struct srcu;

static struct call {
	struct rcu_head head;
	u32 cpu; /* that invoked it */
	bool invoked;
} * calls;

static void init(void *arg)
{
	(void)arg;
	ck_assert_int_eq(init_srcu_struct(&srcu), 0);
	calls = kcalloc(8, sizeof(*calls), GFP_KERNEL);
}

static void setup(uint32_t n_cpus)
{
	mock_init(n_cpus, 1);
	mock.pinned = true;
	mock_call(init, NULL);
}

static void cleanup(void *arg)
{
	(void)arg;
	cleanup_srcu_struct(&srcu);
	kfree(calls);
}

static void ck_ends_clean(void)
{
	mock_call(cleanup, NULL);
	ck_assert_uint_eq(mock_faults(), 0);
	ck_assert_uint_eq(mock.live[VS_MEM_TABLE], 0);
}

static void on_call(struct rcu_head *head)
{
	struct call *c = container_of(head, struct call, head);

	c->cpu = smp_processor_id();
	c->invoked = true;
}

static void call_one(void *arg)
{
	struct call *c = arg;

	call_srcu(&srcu, &c->head, on_call);
}

/* -- shape ----------------------------------------------------------------------------------- */

/* 200 CPUs: ceil(200 / 16) = 13 leaves, the last with CPUs 192 to 199, and a root. */
START_TEST(two_levels)
{
	struct srcu_node *node;

	setup(200);
	node = srcu.sup->node;
	ck_assert_uint_eq(srcu.sup->size, SRCU_BIG);
	ck_assert_uint_eq(srcu.sup->n_nodes, 14);
	ck_assert_uint_eq(srcu.sup->first_leaf, 1);
	ck_assert_ptr_null(node[0].parent);
	ck_assert_uint_eq(node[0].low, 0);
	ck_assert_uint_eq(node[0].high, 200);
	for (int i = 1; i < 14; i++)
		ck_assert_ptr_eq(node[i].parent, &node[0]);
	ck_assert_uint_eq(node[13].low, 192);
	ck_assert_uint_eq(node[13].high, 200);
	ck_assert_ptr_eq(srcu.sda[15].mynode, &node[1]);
	ck_assert_ptr_eq(srcu.sda[16].mynode, &node[2]);
	ck_assert_ptr_eq(srcu.sda[199].mynode, &node[13]);
	ck_ends_clean();
}
END_TEST

/* 4096: 256 leaves, 4 inner nodes of 64 leaves (1024 CPUs) each, a root. */
START_TEST(three_levels)
{
	struct srcu_node *node;

	setup(4096);
	node = srcu.sup->node;
	ck_assert_uint_eq(srcu.sup->n_nodes, 261);
	ck_assert_uint_eq(srcu.sup->first_leaf, 5);
	ck_assert_ptr_eq(node[4].parent, &node[0]);
	ck_assert_uint_eq(node[4].low, 3072);
	ck_assert_uint_eq(node[4].high, 4096);
	ck_assert_ptr_eq(node[5 + 63].parent, &node[1]);
	ck_assert_ptr_eq(node[5 + 64].parent, &node[2]);
	ck_assert_ptr_eq(srcu.sda[4095].mynode, &node[260]);
}
END_TEST

START_TEST(small_below_128)
{
	setup(_i);
	ck_assert_uint_eq(srcu.sup->size, _i < 128 ? SRCU_SMALL : SRCU_BIG);
	ck_assert_int_eq(srcu.sup->node != NULL, _i >= 128);
}
END_TEST

/* -- wishes ------------------------------------------------------------------------------------ */

/* Looks at the tree half-way to the first visit, at 8 ms. */
static void look_at_wishes(void *arg)
{
	struct srcu_node *node = srcu.sup->node;

	(void)arg;
	usleep_range(4000, 4000);
	/* grace period 0 is in progress, so what was wanted is that gp_seq be 1 << 2 = 4; slot 1 */
	ck_assert_uint_eq(srcu.sup->gp_seq_needed, 4);
	ck_assert_uint_eq(node[0].have_cbs[1], 4);
	ck_assert_uint_eq(node[1].have_cbs[1], 4);
	ck_assert_uint_eq(node[1].data_have[1], 1ul << 3 | 1ul << 15);
	ck_assert_uint_eq(node[2].have_cbs[1], 0);
	ck_assert_uint_eq(node[13].data_have[1], 1ul << 7);
	ck_assert(!calls[0].invoked && !calls[1].invoked && !calls[2].invoked);
}

/* CPUs 3 and 15 are of leaf 0 (node 1), 199 is bit 7 of the last. Each CPU's worker invokes what
 * was called there, and the leaves' bits are gone. The calls come before anything begins anew: all
 * three in one grace period, begun by the first. */
START_TEST(each_cpu_invokes_its_own)
{
	static const u32 cpus[] = {3, 15, 199};
	struct srcu_node *node;

	setup(200);
	node = srcu.sup->node;
	for (int i = 0; i < 3; i++)
		mock_spawn(cpus[i], call_one, &calls[i]);
	mock_spawn(0, look_at_wishes, NULL);
	mock_run();
	for (int i = 0; i < 3; i++) {
		ck_assert(calls[i].invoked);
		ck_assert_uint_eq(calls[i].cpu, cpus[i]);
	}
	ck_assert_uint_eq(node[1].data_have[1], 0);
	ck_assert_uint_eq(node[13].data_have[1], 0);
	ck_ends_clean();
}
END_TEST

static bool reading, hurried;

static void reader(void *arg)
{
	int idx = srcu_read_lock(&srcu);

	(void)arg;
	reading = true;
	while (!hurried)
		usleep_range(1000, 1000);
	srcu_read_unlock(&srcu, idx);
}

static void call_in_time(void *arg)
{
	while (!reading)
		mock_point();
	call_one(arg);
}

/* The wish is known to leaf and root already; that it is in a hurry goes all the way up. */
static void hurry(void *arg)
{
	(void)arg;
	usleep_range(1000, 1000);
	ck_assert_uint_eq(srcu.sup->gp_seq_needed_exp, 0);
	ck_assert_uint_eq(srcu.sup->gp_seq, SRCU_SCAN1);
	srcu_want_expedited(&srcu, srcu.sda[0].mynode, 4);
	ck_assert_uint_eq(srcu.sup->node[1].gp_seq_needed_exp, 4);
	ck_assert_uint_eq(srcu.sup->node[0].gp_seq_needed_exp, 4);
	ck_assert_uint_eq(srcu.sup->gp_seq_needed_exp, 4);
	hurried = true;
}

START_TEST(hurry_goes_up)
{
	setup(200);
	reading = hurried = false;
	mock_spawn(5, reader, NULL);
	mock_spawn(1, call_in_time, &calls[0]);
	mock_spawn(0, hurry, NULL);
	mock_run();
	ck_assert(calls[0].invoked);
	ck_ends_clean();
}
END_TEST

/* -- growing -------------------------------------------------------------------------------------
 */

static void hold_lock(void *arg)
{
	(void)arg;
	spin_lock(&srcu.sda[0].lock);
	reading = true;
	while (!hurried)
		mock_point();
	spin_unlock(&srcu.sda[0].lock);
}

static void let_go(void *arg)
{
	while (srcu.sup->n_contended == *(unsigned long *)arg)
		mock_point();
	hurried = true;
}

/* The lock of CPU 0, where all callbacks go, is found taken for the 100th or 101st time in this
 * jiffy. More than 100 are too many: the grace period's end makes the tree. */
START_TEST(grows_when_fought_over)
{
	unsigned long before = _i;

	setup(4);
	reading = hurried = false;
	srcu.sup->n_contended = before; /* in jiffy 0, which is this one */
	mock_spawn(0, hold_lock, NULL);
	mock_spawn(1, let_go, &before);
	mock_spawn(2, call_in_time, &calls[0]);
	mock_run();
	ck_assert_uint_eq(srcu.sup->n_contended, before + 1);
	ck_assert_uint_eq(srcu.sup->size, before + 1 > 100 ? SRCU_WAIT_BARRIER : SRCU_SMALL);
	ck_assert_uint_eq(calls[0].cpu, 0);
	ck_ends_clean();
}
END_TEST

/*
 * From ALLOC to BIG it takes seven grace periods, and callbacks called on CPU 2 meanwhile are
 * invoked by CPU 0 as long as the call found less than WAIT_CALL (3), by CPU 2 from then on: the
 * third.
 */
START_TEST(grows_by_one_each_grace_period)
{
	setup(4);
	srcu.sup->size = SRCU_ALLOC;
	for (unsigned int size = SRCU_ALLOC; size < SRCU_BIG; size++) {
		ck_assert_uint_eq(srcu.sup->size, size);
		calls[0].invoked = false;
		mock_spawn(2, call_one, &calls[0]);
		mock_run();
		ck_assert(calls[0].invoked);
		ck_assert_uint_eq(calls[0].cpu, size < SRCU_WAIT_CALL ? 0 : 2);
	}
	ck_assert_uint_eq(srcu.sup->size, SRCU_BIG);
	ck_assert_uint_eq(srcu_number(srcu.sup->gp_seq), 7);
	mock_spawn(2, call_one, &calls[0]);
	mock_run();
	ck_assert_uint_eq(srcu.sup->size, SRCU_BIG);
	ck_ends_clean();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("SRCU tree");
	TCase *t = tcase_create("by hand");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, two_levels);
	tcase_add_test(t, three_levels);
	tcase_add_loop_test(t, small_below_128, 127, 129);
	tcase_add_test(t, each_cpu_invokes_its_own);
	tcase_add_test(t, hurry_goes_up);
	tcase_add_loop_test(t, grows_when_fought_over, 99, 101);
	tcase_add_test(t, grows_by_one_each_grace_period);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
