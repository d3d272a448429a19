/*
 * What guests do to send interrupts, against a table that only posts and kicks, on the host rig's
 * machine. vCPU n runs on CPU n % 4 and in its guest unless something is asked of it. Costs in ns:
 * guest exit 300, entry 300, guest handler 150; interrupt 100 to send, 100 (same L3) or 200 in
 * flight, 200 to handle; a line from near memory 100, from CPU 1 40, from across 120.
 */
#include <check.h>
#include <string.h>

#include "sim/workload/workload.h"
#include "tests/host/rig.h"

#define MAX_VCPUS 160
#define SENDS 256

static struct bench {
	struct rig rig;
	struct vs_workload *w;
	struct vs_stream stream[1];
	struct vs_vm_params params;
	struct vs_ipi ipi[SENDS];
	uint32_t n, walks, looked_up;
	struct {
		vs_ps start, end;
	} op[8];
	uint32_t n_ops;
	vs_ps delivery[16];
	uint32_t n_delivered;
} b;

static struct dummy {
	uint32_t id;
} __attribute__((aligned(64))) dummies[MAX_VCPUS]; /* the workload knows vCPUs by their line */

/* -- the table --------------------------------------------------------------------------------- */

static int vm_create(const struct vs_vm_params *p, void **vm)
{
	b.params = *p;
	*vm = &b;
	return 0;
}

static void vm_destroy(void *vm)
{
	(void)vm;
}

static int vcpu_create(void *vm, uint32_t id, void **vcpu)
{
	(void)vm;
	dummies[id].id = id;
	vs_note(VS_NOTE_VCPU_READY, &dummies[id], id);
	*vcpu = &dummies[id];
	return 0;
}

static void vcpu_run(void *vcpu)
{
	for (;;) {
		vs_note(VS_NOTE_IPI_TAKEN, vcpu, 0);
		enum vs_exit why = vs_guest_run();

		if (why == VS_EXIT_STOP)
			return;
		if (why == VS_EXIT_OPERATION)
			vs_guest_operation();
		if (why == VS_EXIT_HLT)
			vs_task_block(VS_WAIT_HALT, vcpu, NULL, vs_now_ps() + vs_guest_halt_ps());
		vs_cond_resched();
	}
}

static void *get(void *vm, uint32_t index)
{
	(void)vm;
	return &dummies[index];
}

static void send(uint32_t id)
{
	vs_note(VS_NOTE_IPI_POSTED, &dummies[id], 0);
	vs_kick_cpu(id % 4);
}

static uint32_t broadcast(void *vm, void *self)
{
	(void)vm;
	b.walks++;
	for (uint32_t id = 0; id < b.rig.s.boot_vcpus; id++)
		if (&dummies[id] != self)
			send(id);
	return b.rig.s.boot_vcpus - 1;
}

static uint32_t ipi(void *vm, void *self, const struct vs_ipi *to)
{
	(void)vm;
	b.ipi[b.n++] = *to;
	if (to->to != VS_IPI_SET)
		send(to->to == VS_IPI_SELF ? ((struct dummy *)self)->id : to->first);
	for (uint32_t n = 0; to->to == VS_IPI_SET && n < 128; n++)
		if (to->set[n / 64] >> n % 64 & 1)
			send(to->first + n);
	return 1;
}

static uint32_t request_all(void *vm, bool wait)
{
	(void)vm;
	(void)wait;
	return 0;
}

static uint32_t online(void *vm)
{
	(void)vm;
	return b.rig.s.boot_vcpus;
}

static const struct vs_table table = {.name = "dummy",
				      .summary = "posts and kicks",
				      .vm_create = vm_create,
				      .vm_destroy = vm_destroy,
				      .vcpu_create = vcpu_create,
				      .vcpu_run = vcpu_run,
				      .get = get,
				      .get_by_id = get,
				      .broadcast = broadcast,
				      .ipi = ipi,
				      .request_all = request_all,
				      .online = online};

void vs_note(enum vs_note what, const void *obj, uint64_t a)
{
	vs_workload_note(b.w, what, obj, a);
}

/* -- driving it -------------------------------------------------------------------------------- */

static void on_op(void *ctx, enum vs_op op, vs_ps start, vs_ps end, const vs_ps *parts, bool error)
{
	vs_ps sum = 0;

	(void)ctx;
	(void)op;
	ck_assert(!error);
	for (int c = 0; c < VS_CAUSES; c++)
		sum += parts[c];
	ck_assert_uint_eq(sum, end - start);
	ck_assert_uint_eq(parts[VS_CAUSE_LOCK], 0); /* waiting is the interrupt's */
	b.op[b.n_ops].start = start;
	b.op[b.n_ops++].end = end;
}

static void on_latency(void *ctx, enum vs_op op, enum vs_latency_kind kind, vs_ps ps)
{
	(void)ctx;
	(void)op;
	if (kind == VS_DELIVERY && b.n_delivered < 16)
		b.delivery[b.n_delivered++] = ps;
}

static const struct vs_op_sink sink = {.op = on_op, .latency = on_latency};

/* One operation by vCPU 0 at 3 ms, when all have long been up. */
static struct vs_stream *set_up(uint32_t vcpus, enum vs_op op, enum vs_ipi_send how)
{
	struct vs_stream *s = b.stream;

	memset(&b, 0, sizeof(b));
	rig_init(&b.rig, &(struct rig_options){.hz = 250});
	b.rig.s.seed = 1;
	b.rig.s.max_vcpus = b.rig.s.boot_vcpus = vcpus;
	b.rig.s.ipi_send = how;
	b.rig.s.placement = VS_PLACE_PINNED;
	/* more vCPUs than CPUs: out of each other's way soon */
	b.rig.s.guest_run = (struct vs_dist){.kind = VS_DIST_CONSTANT, .p = {vcpus > 4 ? 1 : 1e6}};
	b.rig.s.guest_halt = (struct vs_dist){.kind = VS_DIST_CONSTANT, .p = {1e6}};
	b.rig.s.streams = b.stream;
	b.rig.s.n_streams = 1;
	*s = (struct vs_stream){.name = "send",
				.op = op,
				.from = VS_FROM_VCPUS,
				.issuers = 1,
				.start_ps = MS(3),
				.count = 1};
	return s;
}

static void run(void)
{
	vs_ps end;

	b.w = vs_workload_new(b.rig.h, b.rig.hw, &b.rig.s, &table, NULL, 0, &sink);
	ck_assert_ptr_nonnull(b.w);
	ck_assert_int_eq(rig_run(&b.rig, VS_PS_PER_S), VS_STOP_DONE);
	ck_assert(vs_workload_done(b.w, &end));
	vs_workload_free(b.w);
	rig_release(&b.rig);
	ck_assert_uint_eq(b.n_ops, 1);
}

/* -- exits ------------------------------------------------------------------------------------- */

/* Out 300, three sends of 100, in 300. */
START_TEST(shorthand_is_one_exit)
{
	set_up(4, VS_OP_IPI_BROADCAST, VS_SEND_SHORTHAND);
	run();
	ck_assert_uint_eq(b.walks, 1);
	ck_assert_uint_eq(b.n, 0);
	ck_assert(!b.params.apic_map);
	ck_assert_uint_eq(b.op[0].end - b.op[0].start, NS(900));
}
END_TEST

/* Out, one send, in; three times. Each target's interrupt is taken 200 (exit 300, handled 200)
 * after it has come: sent at 400, 1100, 1800, flights 100, 200, 200. */
START_TEST(physical_is_an_exit_each)
{
	set_up(4, VS_OP_IPI_BROADCAST, VS_SEND_PHYSICAL);
	run();
	ck_assert(b.params.apic_map);
	ck_assert_uint_eq(b.walks, 0);
	ck_assert_uint_eq(b.n, 3);
	for (uint32_t i = 0; i < 3; i++) {
		ck_assert_int_eq(b.ipi[i].to, VS_IPI_ID);
		ck_assert_uint_eq(b.ipi[i].first, i + 1);
	}
	ck_assert_uint_eq(b.op[0].end - b.op[0].start, NS(3 * 700));
	ck_assert_uint_eq(b.n_delivered, 3);
	ck_assert_uint_eq(b.delivery[0], NS(400 + 100 + 500));
	ck_assert_uint_eq(b.delivery[1], NS(1100 + 200 + 500));
	ck_assert_uint_eq(b.delivery[2], NS(1800 + 200 + 500));
}
END_TEST

/* To all: as above; nothing is sent to the own CPU, and the run loop takes it before entry, when
 * the three sends are over. */
START_TEST(shorthand_to_all_is_one_exit)
{
	vs_ps least = VS_PS_NEVER;

	set_up(4, VS_OP_IPI_BROADCAST, VS_SEND_SHORTHAND)->to_self = true;
	run();
	ck_assert_uint_eq(b.walks, 1);
	ck_assert_uint_eq(b.n, 0);
	ck_assert_uint_eq(b.op[0].end - b.op[0].start, NS(900));
	ck_assert_uint_eq(b.n_delivered, 4);
	for (uint32_t i = 0; i < 4; i++)
		least = b.delivery[i] < least ? b.delivery[i] : least;
	ck_assert_uint_eq(least, NS(600));
}
END_TEST

/* To all: to itself first, out and in, taken in between; then as above, 600 later. */
START_TEST(physical_to_all_is_an_exit_each)
{
	set_up(4, VS_OP_IPI_BROADCAST, VS_SEND_PHYSICAL)->to_self = true;
	run();
	ck_assert_uint_eq(b.n, 4);
	ck_assert_int_eq(b.ipi[0].to, VS_IPI_SELF);
	for (uint32_t i = 1; i < 4; i++) {
		ck_assert_int_eq(b.ipi[i].to, VS_IPI_ID);
		ck_assert_uint_eq(b.ipi[i].first, i);
	}
	ck_assert_uint_eq(b.op[0].end - b.op[0].start, NS(600 + 3 * 700));
	ck_assert_uint_eq(b.n_delivered, 4);
	ck_assert_uint_eq(b.delivery[0], NS(300));
	ck_assert_uint_eq(b.delivery[1], NS(600 + 400 + 100 + 500));
	ck_assert_uint_eq(b.delivery[3], NS(600 + 1800 + 200 + 500));
}
END_TEST

/* 40 vCPUs: 1 to 15 (and 0, to all), 16 to 31, 32 to 39. */
START_TEST(cluster_is_an_exit_per_16)
{
	static const uint64_t set[] = {0xfffe, 0xffff, 0xff};

	set_up(40, VS_OP_IPI_BROADCAST, VS_SEND_CLUSTER)->to_self = _i;
	run();
	ck_assert_uint_eq(b.n, 3);
	for (uint32_t i = 0; i < 3; i++) {
		ck_assert_int_eq(b.ipi[i].to, VS_IPI_SET);
		ck_assert_uint_eq(b.ipi[i].first, 16 * i);
		ck_assert_uint_eq(b.ipi[i].set[0], set[i] | (i == 0 && _i));
		ck_assert_uint_eq(b.ipi[i].set[1], 0);
	}
}
END_TEST

/* 140 vCPUs: 1 to 128, 129 to 139; or all, 0 to 127, 128 to 139. */
START_TEST(hypercall_is_an_exit_per_128)
{
	set_up(140, VS_OP_IPI_BROADCAST, VS_SEND_PV)->to_self = _i;
	run();
	ck_assert_uint_eq(b.n, 2);
	ck_assert_uint_eq(b.ipi[0].first, !_i);
	ck_assert_uint_eq(b.ipi[0].set[0], UINT64_MAX);
	ck_assert_uint_eq(b.ipi[0].set[1], UINT64_MAX);
	ck_assert_uint_eq(b.ipi[1].first, _i ? 128 : 129);
	ck_assert_uint_eq(b.ipi[1].set[0], _i ? 0xfff : 0x7ff);
	ck_assert_uint_eq(b.ipi[1].set[1], 0);
}
END_TEST

START_TEST(unicast_is_one_exit)
{
	static const enum vs_ipi_to how[] = {[VS_UNICAST_INDEX] = VS_IPI_INDEX,
					     [VS_UNICAST_ID] = VS_IPI_ID,
					     [VS_UNICAST_SELF] = VS_IPI_SELF};

	set_up(4, VS_OP_IPI_UNICAST, VS_SEND_PV)->to = (enum vs_unicast)_i;
	run();
	ck_assert_uint_eq(b.n, 1);
	ck_assert_int_eq(b.ipi[0].to, how[_i]);
	ck_assert_uint_eq(b.n_delivered, 1);
	if (_i == VS_UNICAST_SELF) {
		/* out, nothing to send, and before it is in again the run loop takes it */
		ck_assert_uint_eq(b.op[0].end - b.op[0].start, NS(600));
	} else {
		ck_assert_uint_ge(b.ipi[0].first, 1);
		ck_assert_uint_le(b.ipi[0].first, 3);
		ck_assert_uint_eq(b.op[0].end - b.op[0].start, NS(700));
	}
}
END_TEST

/* -- waiting -----------------------------------------------------------------------------------
 */

/*
 * Records of 1, 2, 3 on consecutive lines near CPU 0, filled from memory: 101, 202; the second miss
 * has line 3 fetched ahead, there at 202 too: in L2, 207. Out 507; sent 607, 707, 807; in 1107.
 * CPU 1: there 707, out 1007, handled 1207 (taken), in 1507, guest handler 1657, its store asks at
 * 1658, is heard at 1668, CPU 0 loses the line at 1678, there 1698.
 * CPU 2: 907, 1207, 1407 (taken), 1707, 1857, asks 1858, lost 1878, there 1978.
 * CPU 3: 1007, 1307, 1507 (taken), 1807, 1957, asks 1958, lost 1978, there 2078.
 * CPU 0 reads record 1 every 3 ns, parked from 1116; 1678 falls into the turn that ends at 1680.
 * Asks 1681, heard 1691; CPU 1 is done by 1699, gives it up at 1701, back 1721 (whole latency 40
 * too). Record 2: parked from 1730, lost 1878, turn ends 1880; asks 1881; to be decided 10 before
 * CPU 2 is done, 1969, lost 1979, back 60 after: 2039. Record 3 is gone already: asks 2040, whole
 * latency 120: 2160. That is all.
 */
START_TEST(waits_for_each_record_in_turn)
{
	set_up(4, VS_OP_IPI_BROADCAST, VS_SEND_SHORTHAND)->wait = true;
	run();
	ck_assert_uint_eq(b.n_delivered, 3);
	ck_assert_uint_eq(b.delivery[0], NS(1207));
	ck_assert_uint_eq(b.delivery[1], NS(1407));
	ck_assert_uint_eq(b.delivery[2], NS(1507));
	ck_assert_uint_eq(b.op[0].end - b.op[0].start, NS(2160));
}
END_TEST

/*
 * To itself: the record comes from memory, 101; out 401, in 701; the handler, 851; clears the
 * record (issue 1, a hit 1), 853; reads it, 855.
 */
START_TEST(waits_for_itself)
{
	struct vs_stream *s = set_up(4, VS_OP_IPI_UNICAST, VS_SEND_PV);

	s->to = VS_UNICAST_SELF;
	s->wait = true;
	run();
	ck_assert_uint_eq(b.op[0].end - b.op[0].start, NS(855));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("workload send");
	TCase *c = tcase_create("by hand");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(c, shorthand_is_one_exit);
	tcase_add_test(c, physical_is_an_exit_each);
	tcase_add_test(c, shorthand_to_all_is_one_exit);
	tcase_add_test(c, physical_to_all_is_an_exit_each);
	tcase_add_loop_test(c, cluster_is_an_exit_per_16, 0, 2);
	tcase_add_loop_test(c, hypercall_is_an_exit_per_128, 0, 2);
	tcase_add_loop_test(c, unicast_is_one_exit, 0, 3);
	tcase_add_test(c, waits_for_each_record_in_turn);
	tcase_add_test(c, waits_for_itself);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
