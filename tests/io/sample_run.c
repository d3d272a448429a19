#include "tests/io/sample_run.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static void *have(void *p)
{
	ck_assert_ptr_nonnull(p);
	return p;
}

/* Three hotplugs: 1000.5, 1500 and 2000 ns, one of them failed; 3 us from first to last. */
static void hotplug(struct vs_op_result *op)
{
	struct vs_latency *l = &op->latency[VS_LATENCY];

	op->op = VS_OP_HOTPLUG;
	op->count = 3;
	op->errors = 1;
	op->span_ps = 3000000;
	l->count = 3;
	l->sum_ps = 4500500;
	l->min_ps = 1000500;
	l->p50_ps = 1500000;
	l->p90_ps = l->p99_ps = l->p999_ps = VS_PS_NEVER;
	l->max_ps = 2000000;
	l->n_buckets = 2;
	l->buckets = have(calloc(2, sizeof(*l->buckets)));
	l->buckets[0] = (struct vs_bucket){1000000, 1008000, 1};
	l->buckets[1] = (struct vs_bucket){1500000, 1504000, 2};
	op->cause_sum_ps[VS_CAUSE_COMPUTE] = 4500000;
	op->cause_sum_ps[VS_CAUSE_IDLE] = 500;
}

/* Two broadcasts to two targets each; sums beyond 64 bits; the tail is one operation. */
static void broadcast(struct vs_op_result *op)
{
	struct vs_latency *l = &op->latency[VS_DELIVERY];

	op->op = VS_OP_IPI_BROADCAST;
	op->count = 2;
	op->span_ps = 1000000;
	op->latency[VS_LATENCY] = (struct vs_latency){.count = 2,
						      .sum_ps = 2000,
						      .min_ps = 1000,
						      .p50_ps = 1000,
						      .p90_ps = 1000,
						      .p99_ps = 1000,
						      .p999_ps = 1000,
						      .max_ps = 1000};
	l->count = 4;
	l->sum_ps = ((vs_u128)1 << 65) + 6; /* mean: 2^63 + 1.5, rounded up */
	l->min_ps = 1;
	l->p50_ps = l->p90_ps = l->p99_ps = l->p999_ps = VS_PS_NEVER;
	l->max_ps = UINT64_C(9007199254740993);
	op->cause_sum_ps[VS_CAUSE_INTERRUPT] = 2000;
	op->tail_count = 1;
	op->tail_cause_sum_ps[VS_CAUSE_LOCK] = 400;
	op->tail_cause_sum_ps[VS_CAUSE_XFER_FAR_SOCKET] = 600;
}

/* One line of one object, read once by an access that is not named. */
static void hot(struct vs_run *run)
{
	struct vs_hot_line *l = have(calloc(1, sizeof(*l))), *o = have(calloc(1, sizeof(*o)));

	*o = (struct vs_hot_line){.object = have(strdup("struct kvm (vm.h:17)")),
				  .object_bytes = 256,
				  .lines = 1,
				  .loads = 1,
				  .transfers[VS_FAR_SOCKET] = 1,
				  .lost_ps = ((vs_u128)1 << 65) + 1};
	*l = *o;
	l->object = have(strdup(o->object));
	l->field = have(strdup("lock, online"));
	l->offset = 64;
	l->readers = have(calloc(1, sizeof(*l->readers)));
	l->readers[0].site = have(strdup("get (a.h:1)"));
	l->readers[0].count = 1;
	l->readers[0].lost_ps = 2500;
	l->n_readers = run->n_hot_lines = run->n_hot_objects = 1;
	run->hot_lines = l;
	run->hot_objects = o;
	run->line_wait_ps[VS_CAUSE_MEMORY] = (vs_u128)1 << 65;
	run->line_wait_ps[VS_CAUSE_XFER_FAR_SOCKET] = 1;
}

void sample_run(struct vs_run *run)
{
	memset(run, 0, sizeof(*run));
	strcpy(run->table, "rcu-array");
	run->replication = 2;
	run->status = VS_RUN_CHECK_FAILED;
	run->message = have(strdup("1 violation \"quoted\"\n"));
	run->simulated_ps = 12345678;
	run->n_ops = 2;
	run->ops = have(calloc(2, sizeof(*run->ops)));
	hotplug(&run->ops[0]);
	broadcast(&run->ops[1]);
	run->memory_peak_bytes = 65536;
	run->memory_end_bytes = 8;
	for (int e = 0; e < VS_EXIT_REASONS; e++)
		run->exits[e] = (uint64_t)e + 1;
	run->vcpu_time_ps[VS_VCPU_GUEST] = 1000500;
	run->vcpu_time_ps[VS_VCPU_STEAL] = (vs_u128)1 << 65;
	run->vcpu_steal_ps = (struct vs_spread){1000, 2500, 4000};
	run->open_streams = have(calloc(1, sizeof(*run->open_streams)));
	run->n_open_streams = 1;
	run->open_streams[0] = (struct vs_open_stream){
		.late = 3, .busy_ps = (vs_u128)3 << 64, .asked_ps = (vs_u128)1 << 65};
	run->n_violations = 1;
	run->violations = have(calloc(1, sizeof(*run->violations)));
	strcpy(run->violations[0].check, "freed-memory");
	run->violations[0].message = have(strdup("read of \xff freed memory"));
	run->violations[0].first_ps = 1001;
	run->violations[0].count = UINT64_MAX;
	hot(run);
	run->n_counters = 1;
	run->counters = have(calloc(1, sizeof(*run->counters)));
	strcpy(run->counters[0].name, "accesses");
	run->counters[0].value = 77;
}
