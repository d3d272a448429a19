/*
 * The contract that every table gives, tested by its letters on the table linked in: O ordering, L
 * lifetime, P progress. Single-threaded: what many threads at once may see is test_abuse's.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"

const struct vs_table *t;
void *vm, *vcpus[N];
uint32_t param[VS_TABLE_PARAMS_MAX];

int vm_new(uint32_t max)
{
	struct vs_vm_params params = {.max_vcpus = max, .table = param, .memslots = SLOTS};

	return t->vm_create(&params, &vm);
}

void create_n(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		ck_assert_int_eq(t->vcpu_create(vm, i, &vcpus[i]), 0);
}

void run(void (*body)(void *))
{
	t = vs_module.tables[0];
	mock_init(2, 1);
	mock_call(body, NULL);
	ck_assert_uint_eq(mock_faults(), 0);
}

/* -- ordering ---------------------------------------------------------------------------------- */

static void o1(void *arg)
{
	(void)arg;
	ck_assert_int_eq(vm_new(MAX), 0);
	for (uint32_t i = 0; i < N; i++) {
		ck_assert_uint_eq(t->online(vm), i);
		ck_assert_int_eq(t->vcpu_create(vm, i, &vcpus[i]), 0);
		ck_assert_ptr_eq(t->get(vm, i), vcpus[i]);
		ck_assert_ptr_eq(t->get_by_id(vm, i), vcpus[i]);
	}
	for (uint32_t i = 0; i < N; i++)
		ck_assert_ptr_eq(t->get(vm, i), vcpus[i]);
	ck_assert_uint_eq(t->online(vm), N);
	t->vm_destroy(vm);
}

START_TEST(O1_created_is_found)
{
	run(o1);
}
END_TEST

static void o2(void *arg)
{
	(void)arg;
	ck_assert_int_eq(vm_new(MAX), 0);
	ck_assert_uint_eq(t->broadcast(vm, NULL), 0);
	ck_assert_uint_eq(t->request_all(vm, true), 0);
	create_n(N);
	ck_assert_uint_eq(t->broadcast(vm, vcpus[33]), N - 1); /* all but self */
	ck_assert_uint_eq(mock.posted, N - 1);
	ck_assert_uint_eq(mock.visits, N); /* order and once: the mock's notes */
	ck_assert_uint_eq(t->request_all(vm, false), N);
	ck_assert_uint_eq(mock.visits, 2 * N);
	t->vm_destroy(vm);
}

START_TEST(O2_walk_visits_each_once_in_order)
{
	run(o2);
}
END_TEST

static void o3(void *arg)
{
	const uint32_t beyond[] = {N,   N + 1, 95,         96,          128,       MAX - 1,
				   MAX, 65536, 0x7fffffff, 0x80000000u, UINT32_MAX};

	(void)arg;
	ck_assert_int_eq(vm_new(MAX), 0);
	ck_assert_ptr_null(t->get(vm, 0));
	ck_assert_ptr_null(t->get_by_id(vm, 0));
	create_n(N);
	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		ck_assert_ptr_null(t->get(vm, beyond[i]));
		ck_assert_ptr_null(t->get_by_id(vm, beyond[i]));
	}
	t->vm_destroy(vm);
}

START_TEST(O3_out_of_range_is_null)
{
	run(o3);
}
END_TEST

/* Ids with holes, falling while indexes rise. */
static void ids(void *arg)
{
	(void)arg;
	ck_assert_int_eq(vm_new(MAX), 0);
	for (uint32_t i = 0; i < N; i++)
		ck_assert_int_eq(t->vcpu_create(vm, 1000 - 3 * i, &vcpus[i]), 0);
	for (uint32_t i = 0; i < N; i++) {
		ck_assert_ptr_eq(t->get_by_id(vm, 1000 - 3 * i), vcpus[i]);
		ck_assert_ptr_eq(t->get(vm, i), vcpus[i]);
		ck_assert_ptr_null(t->get_by_id(vm, 999 - 3 * i));
	}
	ck_assert_ptr_null(t->get_by_id(vm, 5)); /* an index, but nobody's id */
	t->vm_destroy(vm);
}

START_TEST(O3_by_id_when_ids_are_not_indexes)
{
	run(ids);
}
END_TEST

/* -- lifetime ---------------------------------------------------------------------------------- */

static void l1(void *arg)
{
	(void)arg;
	for (uint32_t n = 0; n <= N; n += 35) {
		ck_assert_int_eq(vm_new(MAX), 0);
		create_n(n);
		t->vm_destroy(vm);
		for (int class = 0; class < 3; class ++)
			ck_assert_uint_eq(mock.live[class], 0);
	}
}

START_TEST(L1_nothing_left_after_destroy)
{
	run(l1);
}
END_TEST

struct before look(void)
{
	vs_rcu_barrier();

	struct before b = {{mock.live[0], mock.live[1], mock.live[2]}, t->online(vm)};

	return b;
}

static void ck_unchanged(const struct before *b, uint32_t n, uint32_t id)
{
	vs_rcu_barrier();
	for (int class = 0; class < 3; class ++)
		ck_assert_uint_eq(mock.live[class], b->live[class]);
	ck_assert_uint_eq(t->online(vm), b->online);
	ck_assert_ptr_null(t->get(vm, n));
	if (id != UINT32_MAX)
		ck_assert_ptr_null(t->get_by_id(vm, id));
	for (uint32_t i = 0; i < n; i++)
		ck_assert_ptr_eq(t->get(vm, i), vcpus[i]);
	mock.visits = 0;
	ck_assert_uint_eq(t->broadcast(vm, NULL), n);
}

/* Fail each allocation in turn until the call succeeds. At least vCPU, controller and descriptor
 * were failed once each. */
static void l2_create(void *arg)
{
	const uint32_t *n = arg;
	uint64_t k = 1;
	int r;

	ck_assert_int_eq(vm_new(*n + 1), 0);
	create_n(*n);
	for (;; k++) {
		struct before b = look();

		mock.n_allocs = 0;
		mock.fail_at = k;
		r = t->vcpu_create(vm, *n, &vcpus[*n]);
		mock.fail_at = 0;
		if (!r)
			break;
		ck_assert_int_eq(r, -ENOMEM);
		ck_unchanged(&b, *n, *n);
	}
	ck_assert_uint_gt(k, 3);
	ck_assert_ptr_eq(t->get(vm, *n), vcpus[*n]); /* room and index are as if nothing had been */
	t->vm_destroy(vm);
}

START_TEST(L2_failed_create_leaves_all_as_it_was)
{
	uint32_t n[] = {0, 1, 31, 32, 64};

	t = vs_module.tables[0];
	for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
		mock_init(2, 1);
		mock_call(l2_create, &n[i]);
		ck_assert_uint_eq(mock_faults(), 0);
		ck_assert_uint_eq(mock.live[VS_MEM_KERNEL], 0);
	}
}
END_TEST

static void l2_vm(void *arg)
{
	uint64_t k = 1;

	(void)arg;
	for (;; k++) {
		int r;

		mock.n_allocs = 0;
		mock.fail_at = k;
		r = vm_new(MAX);
		mock.fail_at = 0;
		if (!r)
			break;
		ck_assert_int_eq(r, -ENOMEM);
		for (int class = 0; class < 3; class ++)
			ck_assert_uint_eq(mock.live[class], 0);
	}
	ck_assert_uint_gt(k, 4); /* the VM, both parts of its counters and slots, at least */
	t->vm_destroy(vm);
}

START_TEST(L2_failed_vm_leaves_nothing)
{
	run(l2_vm);
}
END_TEST

static void l2_refused(void *arg)
{
	struct before b;
	void *other;

	(void)arg;
	ck_assert_int_eq(vm_new(4), 0);
	create_n(3);
	b = look();
	ck_assert_int_eq(t->vcpu_create(vm, 1, &other), -EEXIST);
	ck_unchanged(&b, 3, UINT32_MAX);
	ck_assert_int_eq(t->vcpu_create(vm, 4 * MAX, &other), -EINVAL);
	ck_unchanged(&b, 3, 4 * MAX);
	ck_assert_int_eq(t->vcpu_create(vm, UINT32_MAX, &other), -EINVAL);
	ck_unchanged(&b, 3, UINT32_MAX);
	ck_assert_int_eq(t->vcpu_create(vm, 3, &other), 0); /* the fourth and last */
	vcpus[3] = other;
	b = look();
	ck_assert_int_eq(t->vcpu_create(vm, 4, &other), -EINVAL); /* full */
	ck_unchanged(&b, 4, 4);
	t->vm_destroy(vm);
}

START_TEST(L2_refused_create_leaves_all_as_it_was)
{
	run(l2_refused);
}
END_TEST

/* A vCPU is three objects: itself and its interrupt controller, and the host's descriptor. */
static void l3(void *arg)
{
	struct before b;

	(void)arg;
	ck_assert_int_eq(vm_new(MAX), 0);
	create_n(N);
	for (uint32_t n = N; n--;) {
		b = look();
		if (n) {
			ck_assert_int_eq(t->vcpu_unplug(vm, vcpus[n / 2]), -EBUSY);
			ck_unchanged(&b, n + 1, UINT32_MAX);
		}
		ck_assert_int_eq(t->vcpu_unplug(vm, vcpus[n]), 0);
		ck_assert_uint_eq(mock.live[VS_MEM_VCPU], b.live[VS_MEM_VCPU] - 2);
		ck_assert_uint_eq(mock.live[VS_MEM_KERNEL], b.live[VS_MEM_KERNEL] - 1);
		b = (struct before){{b.live[0], b.live[1] - 2, b.live[2] - 1}, n};
		ck_unchanged(&b, n, n);
	}
	create_n(3); /* there is room again, from index 0 */
	b = look();
	ck_unchanged(&b, 3, 3);
	t->vm_destroy(vm);
}

START_TEST(L3_the_last_can_go_or_there_is_a_reason)
{
	t = vs_module.tables[0];
	ck_assert_int_eq(!t->vcpu_unplug, !!t->no_unplug);
	if (t->vcpu_unplug)
		run(l3);
}
END_TEST

static void bad_size(void *arg)
{
	(void)arg;
	ck_assert_int_eq(vm_new(0), -EINVAL);
	ck_assert_int_eq(vm_new(MAX + 1), -EINVAL);
	ck_assert_int_eq(vm_new(UINT32_MAX), -EINVAL);
	ck_assert_uint_eq(mock.live[VS_MEM_TABLE], 0);
}

START_TEST(vm_of_impossible_size_is_refused)
{
	run(bad_size);
}
END_TEST

/* -- interrupts by id --------------------------------------------------------------------------
 */

static uint32_t send_set(uint32_t first, uint64_t low, uint64_t high)
{
	struct vs_ipi ipi = {.to = VS_IPI_SET, .first = first, .set = {low, high}};

	return t->ipi(vm, NULL, &ipi);
}

/* Ids 0, 3, 6 ... 207. A map per create, beside the descriptor; the one before it is freed. */
static void by_id(void *arg)
{
	struct vs_vm_params params = {.max_vcpus = MAX, .apic_map = *(bool *)arg, .table = param};
	struct vs_ipi one = {.to = VS_IPI_ID, .first = 6};

	ck_assert_int_eq(t->vm_create(&params, &vm), 0);
	for (uint32_t i = 0; i < N; i++) {
		uint64_t live = look().live[VS_MEM_KERNEL];

		ck_assert_int_eq(t->vcpu_create(vm, 3 * i, &vcpus[i]), 0);
		ck_assert_uint_eq(look().live[VS_MEM_KERNEL] - live, 1 + (!i && params.apic_map));
		ck_assert_uint_eq(send_set(3 * i, 7, 0), 1);
	}
	/* N descriptors, the two parts of the VM's SRCU domain, one map */
	ck_assert_uint_eq(mock.live[VS_MEM_KERNEL], N + 2 + params.apic_map);
	mock.posted = 0;
	ck_assert_uint_eq(t->ipi(vm, NULL, &one), 1);
	ck_assert_uint_eq(mock.posted, 1);
	one.first = 7; /* nobody's */
	ck_assert_uint_eq(t->ipi(vm, NULL, &one), 0);
	one.first = 4 * MAX + 3; /* beyond any */
	ck_assert_uint_eq(t->ipi(vm, NULL, &one), 0);
	one.first = UINT32_MAX;
	ck_assert_uint_eq(t->ipi(vm, NULL, &one), 0);
	ck_assert_uint_eq(send_set(0, UINT64_MAX, UINT64_MAX), 43);   /* 0 to 126 */
	ck_assert_uint_eq(send_set(128, UINT64_MAX, UINT64_MAX), 27); /* 129 to 207 */
	ck_assert_uint_eq(send_set(208, UINT64_MAX, UINT64_MAX), 0);
	t->vm_destroy(vm);
	for (int class = 0; class < 3; class ++)
		ck_assert_uint_eq(mock.live[class], 0);
}

START_TEST(I1_directed_sends_find_their_targets)
{
	bool map = _i;

	t = vs_module.tables[0];
	mock_init(2, 1);
	mock_call(by_id, &map);
	ck_assert_uint_eq(mock_faults(), 0);
}
END_TEST

/* A map that cannot be had is done without: the only allocation of a create whose failure does not
 * fail it. */
static void no_map(void *arg)
{
	struct vs_vm_params params = {.max_vcpus = MAX, .apic_map = true, .table = param};
	uint64_t k = 0;
	int r;

	(void)arg;
	ck_assert_int_eq(t->vm_create(&params, &vm), 0);
	create_n(4);
	do {
		mock.n_allocs = 0;
		mock.fail_at = ++k;
		r = t->vcpu_create(vm, 4, &vcpus[4]);
		ck_assert_uint_ge(mock.n_allocs, k); /* one did fail */
	} while (r);
	mock.fail_at = 0;
	ck_assert_uint_eq(send_set(0, UINT64_MAX, 0), 5);
	t->vm_destroy(vm);
	ck_assert_uint_eq(mock.live[VS_MEM_KERNEL], 0);
}

START_TEST(I2_without_a_map_by_the_table)
{
	run(no_map);
}
END_TEST

/* -- progress ---------------------------------------------------------------------------------- */

static void p1(void *arg)
{
	(void)arg;
	ck_assert_int_eq(vm_new(MAX), 0);
	create_n(N);
	for (int i = 0; i < 8; i++)
		mock.blocks[i] = 0;
	mock.n_allocs = mock.synchronized = 0;
	for (uint32_t i = 0; i < 2 * N; i++) {
		t->get(vm, i);
		t->get_by_id(vm, i);
	}
	t->broadcast(vm, NULL);
	t->request_all(vm, false);
	t->index_of(vm, vcpus[N - 1]);
	for (uint32_t i = 0; i < N; i++)
		t->start_stop(vm, i, VS_COUNT_WALK);
	t->vp_flush(vm, 0, (const uint64_t[]){UINT64_MAX, UINT64_MAX});
	t->memslot_read(vm, NULL, 0);
	ck_assert_uint_eq(mock.n_allocs + mock.synchronized, 0);
	for (int i = 0; i < 8; i++)
		ck_assert_uint_eq(mock.blocks[i], 0);
	t->vm_destroy(vm);
}

START_TEST(P1_readers_neither_wait_nor_allocate)
{
	run(p1);
}
END_TEST

/* "chunk=8": as a scenario would set it. */
static bool set_param(const struct vs_table *table, const char *text)
{
	for (uint32_t k = 0; k < table->n_params; k++) {
		const char *name = table->params[k].name;
		size_t n = strlen(name);

		if (strncmp(text, name, n) == 0 && text[n] == '=') {
			param[k] = (uint32_t)strtoul(text + n + 1, NULL, 10);
			return true;
		}
	}
	return false;
}

int main(int argc, char **argv)
{
	Suite *s = suite_create(vs_module.tables[0]->name);
	TCase *c = tcase_create("contract");
	SRunner *r;
	int failed;

	tcase_add_test(c, O1_created_is_found);
	tcase_add_test(c, O2_walk_visits_each_once_in_order);
	tcase_add_test(c, O3_out_of_range_is_null);
	tcase_add_test(c, O3_by_id_when_ids_are_not_indexes);
	tcase_add_test(c, L1_nothing_left_after_destroy);
	tcase_add_test(c, L2_failed_create_leaves_all_as_it_was);
	tcase_add_test(c, L2_failed_vm_leaves_nothing);
	tcase_add_test(c, L2_refused_create_leaves_all_as_it_was);
	tcase_add_test(c, L3_the_last_can_go_or_there_is_a_reason);
	tcase_add_test(c, vm_of_impossible_size_is_refused);
	tcase_add_loop_test(c, I1_directed_sends_find_their_targets, 0, 2);
	tcase_add_test(c, I2_without_a_map_by_the_table);
	tcase_add_test(c, P1_readers_neither_wait_nor_allocate);
	add_call_sites(c);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	for (uint32_t k = 0; k < vs_module.tables[0]->n_params; k++)
		param[k] = vs_module.tables[0]->params[k].value;
	for (int i = 1; i < argc; i++)
		if (!set_param(vs_module.tables[0], argv[i]))
			return 2;
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
