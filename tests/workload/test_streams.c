/*
 * The streams against a table that does nothing but take time: 10 us for an operation, on the host
 * rig's machine. Costs there that matter here: userspace_exit 0, guest exit and entry 300 ns.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "sim/workload/workload.h"
#include "tests/host/rig.h"

#define OP_PS US(10)
#define MAX_OPS 4096

struct record {
	enum vs_op op;
	vs_ps start, end;
	bool error;
};

static struct bench {
	struct rig rig;
	struct vs_workload *w;
	struct vs_open_stream first; /* how busy the first stream was */
	struct record ops[MAX_OPS];
	unsigned n, n_latency[VS_LATENCY_KINDS];
	vs_ps latency[VS_LATENCY_KINDS]; /* last */
	unsigned looked_up[64];
	unsigned created;
	int refuse_id; /* whose create fails; -1: none */
	uint32_t op_factor;
	unsigned others, others_made; /* VMs beside the one of the streams */
	uint64_t flushed;             /* VPs, as a bitmap */
	uint32_t memslots;            /* that the VM is to have */
	uint64_t read[2], updated;    /* memory slots, as bitmaps; read by others, by vCPUs */
	struct vs_stream stream[3];
} b;

static struct dummy {
	int id;
} __attribute__((aligned(64))) dummies[64]; /* the workload knows vCPUs by their line */

/* -- the table --------------------------------------------------------------------------------- */

static int other_vm;

static int vm_create(const struct vs_vm_params *p, void **vm)
{
	ck_assert_uint_eq(p->max_vcpus, 16);
	ck_assert_uint_eq(p->memslots, b.memslots);
	*vm = vs_host_booting(b.rig.h) ? (void *)&b : &other_vm;
	if (*vm == &other_vm) {
		vs_task_compute(OP_PS, VS_CAUSE_COMPUTE);
		b.others++;
		b.others_made++;
	}
	return 0;
}

static void vm_destroy(void *vm)
{
	if (vm == &other_vm) {
		vs_task_compute(2 * OP_PS, VS_CAUSE_COMPUTE);
		b.others--;
		return;
	}
	ck_assert_ptr_eq(vm, &b);
	b.created = 0;
}

static int vcpu_create(void *vm, uint32_t id, void **vcpu)
{
	(void)vm;
	if ((int)id == b.refuse_id)
		return -17;
	vs_note(VS_NOTE_VCPU_READY, &dummies[id], id);
	*vcpu = &dummies[id];
	b.created++;
	if (!vs_host_booting(b.rig.h))
		vs_task_compute(OP_PS, VS_CAUSE_COMPUTE);
	return 0;
}

static void vcpu_run(void *vcpu)
{
	for (;;) {
		enum vs_exit why = vs_guest_run();

		vs_note(VS_NOTE_IPI_TAKEN, vcpu, 0);
		if (why == VS_EXIT_STOP)
			return;
		if (why == VS_EXIT_OPERATION)
			vs_guest_operation();
		if (why == VS_EXIT_HLT) {
			vs_ps halt = vs_guest_halt_ps();

			vs_task_block(VS_WAIT_HALT, vcpu, NULL,
				      halt == VS_PS_NEVER ? halt : vs_now_ps() + halt);
		}
	}
}

static void *get(void *vm, uint32_t index)
{
	(void)vm;
	b.looked_up[index]++;
	vs_task_compute(OP_PS * b.op_factor, VS_CAUSE_COMPUTE);
	return index < 16 ? &dummies[index] : NULL;
}

static uint32_t broadcast(void *vm, void *self)
{
	(void)vm;
	for (int i = 0; i < 4; i++)
		if (&dummies[i] != self)
			vs_note(VS_NOTE_IPI_POSTED, &dummies[i], 0);
	vs_task_compute(OP_PS, VS_CAUSE_COMPUTE);
	return 3;
}

static uint32_t request_all(void *vm, bool wait)
{
	(void)vm;
	(void)wait;
	vs_task_compute(OP_PS, VS_CAUSE_COMPUTE);
	return 0;
}

static uint32_t vp_flush(void *vm, uint32_t first, const uint64_t *set)
{
	(void)vm;
	ck_assert_uint_eq(set[1], 0);
	ck_assert_uint_lt(first, 16);
	b.flushed |= set[0] << first;
	vs_task_compute(OP_PS, VS_CAUSE_COMPUTE);
	return (uint32_t)__builtin_popcountll(set[0]);
}

static enum vs_page memslot_read(void *vm, void *vcpu, uint64_t gfn)
{
	(void)vm;
	ck_assert(!vcpu || (vcpu >= (void *)dummies && vcpu < (void *)(dummies + 4)));
	b.read[vcpu != NULL] |= UINT64_C(1) << gfn / VS_SLOT_PAGES;
	vs_task_compute(OP_PS, VS_CAUSE_COMPUTE);
	return VS_PAGE_PLAIN;
}

/* Slot 2 cannot be changed. */
static int memslot_update(void *vm, uint32_t slot)
{
	(void)vm;
	b.updated |= UINT64_C(1) << slot;
	vs_task_compute(OP_PS, VS_CAUSE_COMPUTE);
	return slot == 2 ? -12 : 0;
}

static uint32_t online(void *vm)
{
	(void)vm;
	return b.created;
}

static const struct vs_table table = {.name = "dummy",
				      .summary = "takes time",
				      .vm_create = vm_create,
				      .vm_destroy = vm_destroy,
				      .vcpu_create = vcpu_create,
				      .vcpu_run = vcpu_run,
				      .get = get,
				      .get_by_id = get,
				      .broadcast = broadcast,
				      .request_all = request_all,
				      .vp_flush = vp_flush,
				      .memslot_read = memslot_read,
				      .memslot_update = memslot_update,
				      .online = online};

void vs_note(enum vs_note what, const void *obj, uint64_t a)
{
	vs_workload_note(b.w, what, obj, a);
}

/* -- driving it ----------------------------------------------------------------------------------
 */

static void on_op(void *ctx, enum vs_op op, vs_ps start, vs_ps end, const vs_ps *parts, bool error)
{
	vs_ps sum = 0;

	(void)ctx;
	for (int c = 0; c < VS_CAUSES; c++)
		sum += parts[c];
	ck_assert_uint_eq(sum, end - start); /* to the picosecond, for every operation */
	ck_assert_uint_lt(b.n, MAX_OPS);
	b.ops[b.n++] = (struct record){op, start, end, error};
}

static void on_latency(void *ctx, enum vs_op op, enum vs_latency_kind kind, vs_ps ps)
{
	(void)ctx;
	(void)op;
	b.n_latency[kind]++;
	b.latency[kind] = ps;
}

static const struct vs_op_sink sink = {.op = on_op, .latency = on_latency};

static struct vs_dist constant(double us)
{
	return (struct vs_dist){.kind = VS_DIST_CONSTANT, .p = {us}};
}

static void set_up(const struct rig_options *o)
{
	memset(&b, 0, sizeof(b));
	b.refuse_id = -1;
	b.op_factor = 1;
	rig_init(&b.rig, o);
	b.rig.s.seed = 1;
	b.rig.s.max_vcpus = 16;
	b.rig.s.boot_vcpus = 4;
	b.rig.s.placement = VS_PLACE_PINNED;
	b.rig.s.guest_run = constant(1); /* so that nobody waits long for a CPU */
	b.rig.s.guest_halt = constant(1000);
	b.rig.s.streams = b.stream;
}

static struct vs_stream *add(const char *name, enum vs_op op, enum vs_from from, uint32_t issuers)
{
	struct vs_stream *s = &b.stream[b.rig.s.n_streams++];

	strcpy(s->name, name);
	s->op = op;
	s->from = from;
	s->issuers = issuers;
	s->gap = constant(0);
	s->start_ps = MS(1);
	return s;
}

static void run(void)
{
	vs_ps end;

	b.w = vs_workload_new(b.rig.h, b.rig.hw, &b.rig.s, &table, NULL, 0, &sink);
	ck_assert_ptr_nonnull(b.w);
	ck_assert_int_eq(rig_run(&b.rig, 10 * VS_PS_PER_S), VS_STOP_DONE);
	ck_assert(vs_workload_done(b.w, &end));
	vs_workload_open_stream(b.w, 0, &b.first);
	vs_workload_free(b.w);
	rig_release(&b.rig);
}

static unsigned count_of(enum vs_op op)
{
	unsigned n = 0;

	for (unsigned i = 0; i < b.n; i++)
		n += b.ops[i].op == op;
	return n;
}

/* One closed issuer, think time 100 us: an operation of 10 us every 110 us from 1 ms on. */
START_TEST(closed_thinks_after_completion)
{
	set_up(&(struct rig_options){0});
	struct vs_stream *s = add("look", VS_OP_LOOKUP, VS_FROM_CONTROL, 1);

	s->count = 5;
	s->gap = constant(100);
	run();
	ck_assert_uint_eq(b.n, 5);
	for (unsigned i = 0; i < b.n; i++)
		ck_assert_uint_ge(b.ops[i].end - b.ops[i].start, OP_PS);
	for (unsigned i = 1; i < b.n; i++) {
		ck_assert_uint_ge(b.ops[i].start - b.ops[i - 1].end, US(100));
		/* a timer's wake-up costs at most leaving idle, a tick and a switch on top */
		ck_assert_uint_le(b.ops[i].start - b.ops[i - 1].end, US(103));
	}
	ck_assert_uint_ge(b.ops[0].start, MS(1));
}
END_TEST

/* Each makes a VM (10 us) and takes it down (20 us), but only one of the two is the operation. */
START_TEST(a_vm_is_made_and_taken_down)
{
	const enum vs_op ops[] = {VS_OP_VM_CREATE, VS_OP_VM_DESTROY};

	set_up(&(struct rig_options){0});
	add("vms", ops[_i], VS_FROM_CONTROL, 1)->count = 5;
	run();
	ck_assert_uint_eq(b.n, 5);
	ck_assert_uint_eq(b.others_made, 5);
	ck_assert_uint_eq(b.others, 0);
	for (unsigned i = 0; i < b.n; i++) {
		ck_assert(!b.ops[i].error);
		ck_assert_uint_ge(b.ops[i].end - b.ops[i].start, OP_PS << _i);
		ck_assert_uint_lt(b.ops[i].end - b.ops[i].start, (OP_PS << _i) + US(5));
	}
}
END_TEST

/* Up to 3 VPs from 0, 1, 2 or 3 on, of 4 that stay: 0 to 3, or counted down from 15, 15 to 12. */
START_TEST(vps_are_those_of_who_stays)
{
	set_up(&(struct rig_options){0});
	struct vs_stream *s = add("flush", VS_OP_VP_FLUSH, VS_FROM_KTHREADS, 1);

	b.rig.s.vp_mismatched = _i;
	s->count = 50;
	s->vps = 3;
	run();
	ck_assert_uint_eq(b.n, 50);
	for (unsigned i = 0; i < b.n; i++)
		ck_assert(!b.ops[i].error);
	ck_assert_uint_eq(b.flushed, _i ? 0xf000 : 0xf);
}
END_TEST

/* Each of five slots is asked for (missed 150 times by a chance of 3e-15), found by who issues, and
 * there are none unless somebody does. What cannot be changed is an error. */
START_TEST(memory_slots_are_drawn)
{
	unsigned errors = 0;

	set_up(&(struct rig_options){0});
	b.rig.s.memslots = b.memslots = 5;
	add("peek", VS_OP_MEMSLOT_READ, VS_FROM_KTHREADS, 1)->count = 150;
	add("touch", VS_OP_MEMSLOT_READ, VS_FROM_VCPUS, 2)->count = 150;
	add("remap", VS_OP_MEMSLOT_UPDATE, VS_FROM_CONTROL, 2)->count = 150;
	run();
	ck_assert_uint_eq(b.read[0], 0x1f);
	ck_assert_uint_eq(b.read[1], 0x1f);
	ck_assert_uint_eq(b.updated, 0x1f);
	for (unsigned i = 0; i < b.n; i++)
		errors += b.ops[i].error;
	ck_assert_uint_eq(count_of(VS_OP_MEMSLOT_READ), 300);
	ck_assert_uint_gt(errors, 0);
	ck_assert_uint_lt(errors, 150);
}
END_TEST

/* A count is shared out: 10 by 4 issuers are 3, 3, 2, 2; all are done and no more. */
START_TEST(count_is_shared_out)
{
	set_up(&(struct rig_options){0});
	add("look", VS_OP_LOOKUP, VS_FROM_KTHREADS, 4)->count = 10;
	run();
	ck_assert_uint_eq(b.n, 10);
}
END_TEST

/* Arrivals every 5 us but operations of 10 us, one issuer: the k-th (from 0) is due at 1 ms +
 * 5(k + 1) us, begins when its predecessor has ended, and its latency counts from when it was due:
 * it grows by at least 5 us each time. */
START_TEST(open_counts_from_the_intended_start)
{
	set_up(&(struct rig_options){0});
	struct vs_stream *s = add("look", VS_OP_LOOKUP, VS_FROM_CONTROL, 1);

	s->arrival = VS_ARRIVAL_OPEN;
	s->gap = constant(5);
	s->count = 20;
	run();
	ck_assert_uint_eq(b.n, 20);
	for (unsigned i = 0; i < b.n; i++)
		if (i)
			ck_assert_uint_eq(b.ops[i].start, MS(1) + US(5) * (i + 1));
	ck_assert_uint_ge(b.ops[19].end - b.ops[19].start, US(10) + 18 * US(5));
	/* 20 of them come in 100 us and take 200 and more: all but the first are late */
	ck_assert_uint_ge(b.first.late, 19);
	ck_assert(b.first.asked_ps == US(100));
	ck_assert(b.first.busy_ps >= US(200) && b.first.busy_ps <= b.ops[19].end - b.ops[0].start);
}
END_TEST

/* Two issuers take the arrivals in turn: together they keep up with one every 10 us. */
START_TEST(open_arrivals_go_round)
{
	set_up(&(struct rig_options){0});
	struct vs_stream *s = add("look", VS_OP_LOOKUP, VS_FROM_CONTROL, 2);

	s->arrival = VS_ARRIVAL_OPEN;
	s->gap = constant(10);
	s->end = VS_END_FOR;
	s->for_ps = MS(1);
	run();
	/* due at 1 ms + 10, 20, ... 990 us: the hundredth would be at the end itself */
	ck_assert_uint_eq(b.n, 99);
	for (unsigned i = 0; i < b.n; i++)
		ck_assert_uint_le(b.ops[i].end - b.ops[i].start, US(14));
	/* one issuer did 50, the other 49, each every 20 us */
	ck_assert(b.first.asked_ps == 99 * US(20));
	ck_assert(b.first.busy_ps >= 99 * US(10) && b.first.busy_ps <= 99 * US(14));
}
END_TEST

/* A follower does one operation per three of the leader's, whoever issues them: 12 / 3 = 4. */
START_TEST(paced_follows_completions)
{
	set_up(&(struct rig_options){0});
	add("plug", VS_OP_HOTPLUG, VS_FROM_CONTROL, 2)->count = 12;
	struct vs_stream *s = add("storm", VS_OP_IPI_BROADCAST, VS_FROM_VCPUS, 3);

	s->arrival = VS_ARRIVAL_PACED;
	s->pace_stream = 0;
	s->pace_every = 3;
	s->count = 4;
	run();
	ck_assert_uint_eq(count_of(VS_OP_HOTPLUG), 12);
	ck_assert_uint_eq(count_of(VS_OP_IPI_BROADCAST), 4);
	ck_assert_uint_eq(b.n_latency[VS_TO_ONLINE], 12);
}
END_TEST

/* ... and ends with its leader if it was promised more than that. */
START_TEST(paced_ends_with_its_leader)
{
	set_up(&(struct rig_options){0});
	add("plug", VS_OP_HOTPLUG, VS_FROM_CONTROL, 1)->count = 6;
	struct vs_stream *s = add("ask", VS_OP_REQUEST_ALL, VS_FROM_KTHREADS, 2);

	s->arrival = VS_ARRIVAL_PACED;
	s->pace_every = 2;
	s->count = 1000;
	run();
	ck_assert_uint_eq(count_of(VS_OP_REQUEST_ALL), 3);
}
END_TEST

START_TEST(until_ends_with_the_other)
{
	set_up(&(struct rig_options){0});
	add("look", VS_OP_LOOKUP, VS_FROM_CONTROL, 1)->count = 50; /* about 500 us */
	struct vs_stream *s = add("find", VS_OP_LOOKUP_BY_ID, VS_FROM_CONTROL, 1);

	s->gap = constant(40);
	s->end = VS_END_UNTIL;
	s->until_stream = 0;
	run();
	/* one every 50 us and a little; the last may begin before the news arrives */
	ck_assert_uint_ge(count_of(VS_OP_LOOKUP_BY_ID), 9);
	ck_assert_uint_le(count_of(VS_OP_LOOKUP_BY_ID), 11);
}
END_TEST

/* A create that fails is counted as an error, and its vCPU never runs. */
START_TEST(failures_are_errors)
{
	unsigned errors = 0;

	set_up(&(struct rig_options){0});
	b.refuse_id = 6;
	add("plug", VS_OP_HOTPLUG, VS_FROM_CONTROL, 1)->count = 5;
	run();
	for (unsigned i = 0; i < b.n; i++)
		errors += b.ops[i].error;
	ck_assert_uint_eq(b.n, 5);
	ck_assert_uint_eq(errors, 1);
	ck_assert_uint_eq(b.n_latency[VS_TO_ONLINE], 4);
}
END_TEST

/* A vCPU's operation lasts from the exit it asks with to the next entry: exit 300 ns, 10 us,
 * entry 300 ns. Each of the three others takes it, and the last of them closes it. */
START_TEST(broadcasts_are_followed_to_the_last_target)
{
	set_up(&(struct rig_options){0});
	struct vs_stream *s = add("storm", VS_OP_IPI_BROADCAST, VS_FROM_VCPUS, 1);

	s->start_ps = MS(3);
	s->count = 1;
	run();
	ck_assert_uint_eq(b.n, 1);
	ck_assert_uint_eq(b.ops[0].end - b.ops[0].start, US(10) + 2 * NS(300));
	ck_assert_uint_eq(b.n_latency[VS_DELIVERY], 3);
	ck_assert_uint_eq(b.n_latency[VS_TO_LAST], 1);
}
END_TEST

static void look_ups(uint32_t factor, bool more, unsigned *into)
{
	set_up(&(struct rig_options){0});
	b.op_factor = factor;
	struct vs_stream *s = add("look", VS_OP_LOOKUP, VS_FROM_CONTROL, 2);

	s->count = 200;
	s->gap = (struct vs_dist){.kind = VS_DIST_EXPONENTIAL, .p = {10}};
	if (more)
		add("ask", VS_OP_REQUEST_ALL, VS_FROM_KTHREADS, 2)->count = 50;
	run();
	memcpy(into, b.looked_up, sizeof(b.looked_up));
}

/* Common random numbers: a slower table, or another stream beside it, is asked for the same. */
START_TEST(draws_do_not_depend_on_table_or_company)
{
	unsigned alone[64], slow[64], together[64], sum = 0;

	look_ups(1, false, alone);
	look_ups(7, false, slow);
	look_ups(1, true, together);
	ck_assert_mem_eq(alone, slow, sizeof(alone));
	ck_assert_mem_eq(alone, together, sizeof(alone));
	for (int i = 0; i < 4; i++) {
		ck_assert_uint_gt(alone[i],
				  20); /* 49 expected each: nearly 5 standard deviations */
		sum += alone[i];
	}
	/* the rest asked for what is not there: 200 / 64 expected */
	ck_assert_uint_eq(sum + alone[16], 200);
	ck_assert_uint_ge(alone[16], 1);
	for (unsigned i = 0; i < b.n; i++)
		ck_assert(!b.ops[i].error);
}
END_TEST

static bool before(const struct record *a, const struct record *than)
{
	if (a->end != than->end)
		return a->end < than->end;
	return a->start != than->start ? a->start < than->start : a->op < than->op;
}

/* The same records strictly and in windows of every host order. */
START_TEST(windows_equal_strict)
{
	static struct record want[MAX_OPS];
	unsigned n = 0;

	for (int how = 0; how < 4; how++) {
		set_up(&(struct rig_options){.strict = how == 3, .order = how % 3});
		add("plug", VS_OP_HOTPLUG, VS_FROM_CONTROL, 3)->count = 12;
		struct vs_stream *s = add("storm", VS_OP_IPI_BROADCAST, VS_FROM_VCPUS, 4);

		s->arrival = VS_ARRIVAL_PACED;
		s->pace_every = 1;
		s->count = 12;
		s = add("look", VS_OP_LOOKUP, VS_FROM_KTHREADS, 3);
		s->gap = (struct vs_dist){.kind = VS_DIST_EXPONENTIAL, .p = {30}};
		s->count = 60;
		run();
		/* told in host order: compare as sets, by sorting out each into its place */
		for (unsigned i = 1; i < b.n; i++)
			for (unsigned k = i; k && before(&b.ops[k], &b.ops[k - 1]); k--) {
				struct record r = b.ops[k];

				b.ops[k] = b.ops[k - 1];
				b.ops[k - 1] = r;
			}
		if (!how) {
			memcpy(want, b.ops, sizeof(want));
			n = b.n;
			ck_assert_uint_eq(n, 84);
			continue;
		}
		ck_assert_uint_eq(b.n, n);
		for (unsigned i = 0; i < n; i++) {
			ck_assert_uint_eq(b.ops[i].start, want[i].start);
			ck_assert_uint_eq(b.ops[i].end, want[i].end);
			ck_assert_int_eq(b.ops[i].op, want[i].op);
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("workload streams");
	TCase *t = tcase_create("streams");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, a_vm_is_made_and_taken_down, 0, 2);
	tcase_add_loop_test(t, vps_are_those_of_who_stays, 0, 2);
	tcase_add_test(t, memory_slots_are_drawn);
	tcase_add_test(t, closed_thinks_after_completion);
	tcase_add_test(t, count_is_shared_out);
	tcase_add_test(t, open_counts_from_the_intended_start);
	tcase_add_test(t, open_arrivals_go_round);
	tcase_add_test(t, paced_follows_completions);
	tcase_add_test(t, paced_ends_with_its_leader);
	tcase_add_test(t, until_ends_with_the_other);
	tcase_add_test(t, failures_are_errors);
	tcase_add_test(t, broadcasts_are_followed_to_the_last_target);
	tcase_add_test(t, draws_do_not_depend_on_table_or_company);
	tcase_add_test(t, windows_equal_strict);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
