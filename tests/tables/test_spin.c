/*
 * Directed yield at its call site, compiled against each table: who is tried in which order, and
 * when the walk ends. Eight vCPUs; the thread of vCPU i is called threads + i.
 */
#include <check.h>
#include <string.h>

#include <linux/kernel.h>

#include "tests/kernel/mock.h"
#include TABLE_SOURCE

#define N 8

static char threads[N];
static struct kvm *kvm;
static struct kvm_vcpu *vcpu[N];
static int tried[N], n_tried, answer[N];

static int boost(struct vs_task *t)
{
	int i = (int)((char *)t - threads);

	tried[n_tried++] = i;
	return answer[i];
}

/* vCPU 2 spins; `last` was boosted last. Afterwards these were tried, in this order. */
static void spin(int last, const int *expected, int n)
{
	n_tried = 0;
	mock.yields = 0;
	kvm->last_boosted_vcpu = last;
	kvm_vcpu_on_spin(vcpu[2]);
	ck_assert_int_eq(n_tried, n);
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(tried[i], expected[i]);
	ck_assert(!vcpu[2]->in_spin_loop);
}

#define SPIN(last, ...)                                                                            \
	do {                                                                                       \
		const int expected[] = {__VA_ARGS__};                                              \
		spin(last, expected, ARRAY_SIZE(expected));                                        \
	} while (0)

static void new_vm(void)
{
	static const struct vs_vm_params params = {.max_vcpus = N};
	void *vm;

	ck_assert_int_eq(vs_module.tables[0]->vm_create(&params, &vm), 0);
	kvm = vm;
	for (u32 i = 0; i < N; i++) {
		ck_assert_int_eq(kvm_vm_ioctl_create_vcpu(kvm, i, &vcpu[i]), 0);
		vcpu[i]->thread = (struct vs_task *)&threads[i];
		vcpu[i]->preempted = true;
		answer[i] = 0;
	}
	mock.boost = boost;
}

/* From behind the last one round to it, but not the spinner itself. */
static void order(void *arg)
{
	(void)arg;
	new_vm();
	SPIN(0, 1, 3, 4, 5, 6, 7, 0);
	SPIN(4, 5, 6, 7, 0, 1, 3, 4);
	SPIN(7, 0, 1, 3, 4, 5, 6, 7);
	ck_assert_uint_eq(mock.yields, 0);
	kvm_destroy_vm(kvm);
}

/* Those that run or sleep are passed over; a sleeper with an interrupt is not. */
static void candidates(void *arg)
{
	struct swait_queue node;

	(void)arg;
	new_vm();
	vcpu[5]->preempted = vcpu[7]->preempted = false;
	vcpu[1]->thread = NULL;
	for (int i = 3; i <= 4; i++)
		list_add_tail(&node.task_list, &vcpu[i]->wq.task_list);
	vcpu[4]->requests = 1ul << KVM_REQ_EVENT;
	SPIN(0, 4, 6, 0);
	for (int i = 3; i <= 4; i++)
		INIT_LIST_HEAD(&vcpu[i]->wq.task_list);
	kvm_destroy_vm(kvm);
}

/* The first that can be boosted ends it and is remembered; the spinner gives way. */
static void success(void *arg)
{
	(void)arg;
	new_vm();
	answer[6] = 1;
	SPIN(3, 4, 5, 6);
	ck_assert_int_eq(kvm->last_boosted_vcpu, 6);
	ck_assert_uint_eq(mock.yields, 1);
	SPIN(6, 7, 0, 1, 3, 4, 5, 6);
	ck_assert_uint_eq(mock.yields, 1);
	kvm_destroy_vm(kvm);
}

/* Three that are no use end it, wherever the round is; those that don't wait don't count. */
static void failures(void *arg)
{
	(void)arg;
	new_vm();
	answer[3] = answer[5] = answer[6] = -1;
	SPIN(2, 3, 4, 5, 6);
	SPIN(4, 5, 6, 7, 0, 1, 3);
	ck_assert_int_eq(kvm->last_boosted_vcpu, 4);
	ck_assert_uint_eq(mock.yields, 0);
	answer[7] = 1;
	answer[6] = 0;
	SPIN(2, 3, 4, 5, 6, 7);
	ck_assert_uint_eq(mock.yields, 1);
	kvm_destroy_vm(kvm);
}

/* One that spins itself is tried every other time. */
static void spinners(void *arg)
{
	(void)arg;
	new_vm();
	vcpu[4]->in_spin_loop = true;
	SPIN(2, 3, 5, 6, 7, 0, 1);
	SPIN(2, 3, 4, 5, 6, 7, 0, 1);
	SPIN(2, 3, 5, 6, 7, 0, 1);
	kvm_destroy_vm(kvm);
}

static void (*const cases[])(void *) = {order, candidates, success, failures, spinners};

START_TEST(case_by_hand)
{
	mock_init(1, 1);
	mock_call(cases[_i], NULL);
	ck_assert_uint_eq(mock_faults(), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("directed yield");
	TCase *c = tcase_create("by hand");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(c, case_by_hand, 0, ARRAY_SIZE(cases));
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
