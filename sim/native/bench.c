#include "sim/native/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "models/native/native.h"
#include "sim/cli/measured.h"
#include "sim/io/scenario.h"
#include "sim/workload/calls.h"
#include "sim/workload/dist.h"
#include "sim/workload/rng.h"

#define SPARE_CPUS 3                /* the conductor, the worker of work queues, RCU's callbacks */
#define SPIN_PS (60 * VS_PS_PER_US) /* sleeping takes so much longer than asked that we spin */

struct sample {
	vs_ps start, end;
	bool error;
};

struct issuer {
	struct bench *b;
	uint32_t stream;
	uint32_t self; /* the vCPU that it asks for, if it is one */
	gsl_rng *rng;
	struct vs_caller caller;
	void *vm; /* of its own, beside the one that all share; NULL: none */
	struct sample *sample;
	size_t n, cap;
	struct vs_task *task;
};

/* Counters that threads share while they run have a line each. */
struct stream {
	_Alignas(64) uint64_t begun;
	_Alignas(64) uint32_t left; /* issuers that have not ended */
};

struct bench {
	const struct vs_scenario *s;
	const struct vs_table *t;
	uint32_t params[VS_TABLE_PARAMS_MAX];
	uint32_t replication;
	struct stream *stream;
	struct issuer *issuer;
	size_t n_issuers;
	void **vcpu;                 /* those of boot */
	uint32_t next_id, next_gone; /* to be plugged in, to be unplugged */
	void *vm;
	vs_ps zero, end;
	uint64_t peak_bytes, end_bytes;
	bool failed;
};

/* -- what can be run -------------------------------------------------------------------------- */

/* The member that is to blame, and why. NULL: it can be run. */
static const char *why_not(const struct vs_scenario *s, const struct vs_stream *st,
			   const char **why)
{
	*why = "natively nobody is in a guest or asleep, so there is nobody to kick";
	if (st->op == VS_OP_KICK)
		return "op";
	*why = "natively nobody tells that a thread is preempted, so there is none to boost";
	if (st->op == VS_OP_ON_SPIN)
		return "op";
	*why = "natively broadcasts walk the table: expected ipi_send \"shorthand\"";
	if (st->op == VS_OP_IPI_BROADCAST && s->ipi_send != VS_SEND_SHORTHAND)
		return "op";
	*why = "natively nobody is interrupted, so there is nobody to wait for";
	if (st->wait)
		return "wait";
	*why = "natively threads are late by what this machine does beside: expected \"closed\"";
	return st->arrival != VS_ARRIVAL_CLOSED ? "arrival" : NULL;
}

bool vs_bench_can(const struct vs_scenario *s, const char *path, struct vs_errors *errs)
{
	uint32_t threads = SPARE_CPUS;
	bool can = true;

	for (size_t i = 0; i < s->n_streams; i++) {
		const struct vs_stream *st = &s->streams[i];
		const char *why, *key = why_not(s, st, &why);
		char pointer[64];

		threads += st->issuers;
		if (!key)
			continue;
		snprintf(pointer, sizeof(pointer), "/streams/%zu/%s", i, key);
		vs_errors_add(errs, path, 0, 0, pointer, "stream %s: %s", st->name, why);
		can = false;
	}
	if (threads > VS_NATIVE_CPUS) {
		vs_errors_add(errs, path, 0, 0, "/streams",
			      "found %u issuers in all, expected at most %d natively",
			      threads - SPARE_CPUS, VS_NATIVE_CPUS - SPARE_CPUS);
		can = false;
	}
	return can;
}

/* -- one issuer ------------------------------------------------------------------------------- */

static void wait_until(vs_ps when)
{
	vs_ps now = vs_now_ps();

	if (now < when && when - now > SPIN_PS) {
		vs_ps at = when - SPIN_PS;
		struct timespec ts = {.tv_sec = (time_t)(at / VS_PS_PER_S),
				      .tv_nsec = (long)(at % VS_PS_PER_S / VS_PS_PER_NS)};

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
		now = vs_now_ps();
	}
	if (now < when)
		vs_delay(when - now);
}

static bool has_ended(struct bench *b, const struct issuer *me)
{
	const struct vs_stream *st = &b->s->streams[me->stream];

	if (st->end == VS_END_COUNT)
		return __atomic_fetch_add(&b->stream[me->stream].begun, 1, __ATOMIC_RELAXED) >=
		       st->count;
	if (st->end == VS_END_FOR)
		return vs_now_ps() >= b->zero + st->start_ps + st->for_ps;
	return !__atomic_load_n(&b->stream[st->until_stream].left, __ATOMIC_RELAXED);
}

static int make_vm(struct issuer *me)
{
	struct vs_vm_params p = {.max_vcpus = me->b->s->max_vcpus, .table = me->b->params};

	return me->b->t->vm_create(&p, &me->vm);
}

static void take_down_vm(struct issuer *me)
{
	if (me->vm)
		me->b->t->vm_destroy(me->vm);
	me->vm = NULL;
}

/* What must be known or there before it is called. */
static void prepare_operation(struct issuer *me, struct vs_call *call)
{
	struct bench *b = me->b;
	const struct vs_stream *st = me->caller.def;

	vs_call_draw(&me->caller, call);
	if (st->op == VS_OP_HOTPLUG)
		call->what = __atomic_fetch_add(&b->next_id, 1, __ATOMIC_RELAXED);
	else if (st->op == VS_OP_UNPLUG) /* one issuer's: the highest is the next to go */
		call->vcpu = b->vcpu[--b->next_gone];
	else if (st->op == VS_OP_INDEX_OF)
		call->vcpu = b->vcpu[call->what];
	else if (st->op == VS_OP_IPI_UNICAST)
		call->what = st->to == VS_UNICAST_SELF
				     ? me->self
				     : vs_draw_other(me->rng, me->caller.n_stay, me->self);
	else if (st->op == VS_OP_VM_DESTROY)
		make_vm(me);
}

static bool unicast(const struct issuer *me, uint32_t to)
{
	static const enum vs_ipi_to how[] = {[VS_UNICAST_INDEX] = VS_IPI_INDEX,
					     [VS_UNICAST_ID] = VS_IPI_ID,
					     [VS_UNICAST_SELF] = VS_IPI_SELF};
	struct vs_ipi ipi = {.to = how[me->caller.def->to], .first = to};

	return me->b->t->ipi(me->b->vm, me->b->vcpu[me->self], &ipi) == 1;
}

/* There are no exits: who looks a memory slot up is always in a section of its own. */
static bool perform(struct issuer *me, const struct vs_call *call)
{
	struct bench *b = me->b;
	const struct vs_stream *st = me->caller.def;
	void *vcpu, *vm;

	switch (st->op) {
	case VS_OP_HOTPLUG:
		return b->t->vcpu_create(b->vm, call->what, &vcpu) == 0;
	case VS_OP_UNPLUG:
		return b->t->vcpu_unplug(b->vm, call->vcpu) == 0;
	case VS_OP_CREATE_FAILING:
		if (b->t->vcpu_create(b->vm, call->what, &vcpu) != -vs_expected_errno(st))
			__atomic_store_n(&b->failed, true, __ATOMIC_RELAXED);
		return false;
	case VS_OP_IPI_BROADCAST:
		b->t->broadcast(b->vm, st->to_self ? NULL : b->vcpu[me->self]);
		return true;
	case VS_OP_IPI_UNICAST:
		return unicast(me, call->what);
	case VS_OP_VM_CREATE:
		return make_vm(me) == 0;
	case VS_OP_VM_DESTROY:
		vm = me->vm;
		take_down_vm(me);
		return vm != NULL;
	default:
		return vs_call(&me->caller, call, NULL);
	}
}

static struct sample operate(struct issuer *me)
{
	struct sample sample;
	struct vs_call call;

	prepare_operation(me, &call);
	sample.start = vs_now_ps();
	sample.error = !perform(me, &call);
	sample.end = vs_now_ps();
	take_down_vm(me);
	return sample;
}

static bool keep(struct issuer *me, struct sample sample)
{
	if (me->n == me->cap) {
		size_t cap = me->cap ? 2 * me->cap : 1024;
		struct sample *more = realloc(me->sample, cap * sizeof(*more));

		if (!more)
			return false;
		me->sample = more;
		me->cap = cap;
	}
	me->sample[me->n++] = sample;
	return true;
}

static void issue(void *arg)
{
	struct issuer *me = arg;
	struct bench *b = me->b;
	const struct vs_stream *st = &b->s->streams[me->stream];

	wait_until(b->zero + st->start_ps);
	while (!has_ended(b, me)) {
		if (!keep(me, operate(me))) {
			__atomic_store_n(&b->failed, true, __ATOMIC_RELAXED);
			break;
		}
		wait_until(vs_now_ps() + vs_dist_draw(&st->gap, me->rng));
	}
	__atomic_fetch_sub(&b->stream[me->stream].left, 1, __ATOMIC_RELAXED);
}

/* -- the whole -------------------------------------------------------------------------------- */

static bool boot(struct bench *b)
{
	struct vs_vm_params p = {.max_vcpus = b->s->max_vcpus,
				 .table = b->params,
				 .apic_map = b->s->ipi_send != VS_SEND_SHORTHAND,
				 .vp_mismatched = b->s->vp_mismatched};

	if (vs_has_op(b->s, VS_OP_MEMSLOT_READ) || vs_has_op(b->s, VS_OP_MEMSLOT_UPDATE))
		p.memslots = b->s->memslots;
	if (b->t->vm_create(&p, &b->vm))
		return false;
	for (size_t i = 0; i < b->n_issuers; i++)
		b->issuer[i].caller.vm = b->vm;
	while (b->next_id < b->s->boot_vcpus) {
		if (b->t->vcpu_create(b->vm, b->next_id, &b->vcpu[b->next_id]))
			return false;
		b->next_id++;
	}
	b->next_gone = b->next_id;
	return true;
}

static void conduct(void *arg)
{
	struct bench *b = arg;

	vs_native_memory_restart();
	if (!boot(b)) {
		b->failed = true;
		return;
	}
	b->zero = vs_now_ps() + 10 * VS_PS_PER_MS; /* all threads are there by then */
	for (size_t i = 0; i < b->n_issuers; i++) {
		b->issuer[i].task = vs_native_spawn(issue, &b->issuer[i]);
		if (!b->issuer[i].task) {
			b->failed = true;
			__atomic_fetch_sub(&b->stream[b->issuer[i].stream].left, 1,
					   __ATOMIC_RELAXED);
		}
	}
	for (size_t i = 0; i < b->n_issuers; i++)
		if (b->issuer[i].task)
			vs_native_join(b->issuer[i].task);
	b->end = vs_now_ps();
	b->peak_bytes = vs_native_memory().table_peak_bytes;
	b->end_bytes = vs_native_memory().live_bytes[VS_MEM_TABLE];
	b->t->vm_destroy(b->vm);
}

static bool prepare(struct bench *b)
{
	const struct vs_scenario *s = b->s;
	uint32_t n_stay = s->boot_vcpus;
	size_t k = 0;

	for (size_t i = 0; i < s->n_streams; i++) {
		b->n_issuers += s->streams[i].issuers;
		n_stay -= s->streams[i].op == VS_OP_UNPLUG ? (uint32_t)s->streams[i].count : 0;
	}
	b->stream = aligned_alloc(64, s->n_streams * sizeof(*b->stream));
	b->issuer = calloc(b->n_issuers, sizeof(*b->issuer));
	b->vcpu = calloc(s->boot_vcpus, sizeof(void *));
	if (!b->stream || !b->issuer || !b->vcpu)
		return false;
	for (uint32_t i = 0; i < s->n_streams; i++) {
		const struct vs_stream *st = &s->streams[i];

		b->stream[i] = (struct stream){.left = st->issuers};
		for (uint32_t n = 0; n < st->issuers; n++, k++) {
			struct issuer *me = &b->issuer[k];

			*me = (struct issuer){.b = b, .stream = i, .self = n % n_stay};
			me->rng = vs_rng_new(s->seed, b->replication, st->name, n);
			if (!me->rng)
				return false;
			me->caller = (struct vs_caller){.s = s,
							.def = st,
							.table = b->t,
							.n_stay = n_stay,
							.choices = me->rng};
		}
	}
	return true;
}

static void release(struct bench *b)
{
	for (size_t i = 0; b->issuer && i < b->n_issuers; i++) {
		if (b->issuer[i].rng)
			gsl_rng_free(b->issuer[i].rng);
		free(b->issuer[i].sample);
	}
	free(b->stream);
	free(b->issuer);
	free(b->vcpu);
}

/* Where the time went is not known: all of it goes under one cause, which is then taken away. */
static bool collect(struct bench *b, struct vs_run *out)
{
	struct vs_measured *m = vs_measured_new(1, 0);
	bool ok = m != NULL;

	for (size_t i = 0; ok && i < b->n_issuers; i++) {
		const struct issuer *me = &b->issuer[i];

		for (size_t k = 0; ok && k < me->n; k++) {
			const struct sample *p = &me->sample[k];
			vs_ps parts[VS_CAUSES] = {[VS_CAUSE_COMPUTE] = p->end - p->start};

			ok = vs_measured_op(m, b->s->streams[me->stream].op, p->start, p->end,
					    parts, p->error);
		}
	}
	ok = ok && vs_measured_take(m, b->s, out);
	vs_measured_free(m);
	for (size_t i = 0; ok && i < out->n_ops; i++) {
		memset(out->ops[i].cause_sum_ps, 0, sizeof(out->ops[i].cause_sum_ps));
		out->ops[i].tail_count = 0;
	}
	out->memory_peak_bytes = b->peak_bytes;
	out->memory_end_bytes = b->end_bytes;
	out->simulated_ps = b->end - b->zero;
	return ok;
}

bool vs_bench_run(const struct vs_scenario *s, const struct vs_table_ref *ref,
		  const struct vs_table *table, uint32_t replication, struct vs_run *out)
{
	struct bench b = {.s = s, .t = table, .replication = replication};
	struct vs_task *conductor = NULL;
	bool ok;

	for (uint32_t k = 0; k < ref->n_params; k++)
		b.params[k] = ref->param[k].value;
	if (prepare(&b))
		conductor = vs_native_spawn(conduct, &b);
	if (conductor)
		vs_native_join(conductor);
	*out = (struct vs_run){.replication = replication, .status = VS_RUN_OK};
	snprintf(out->table, sizeof(out->table), "%s", ref->name);
	ok = conductor && !b.failed && collect(&b, out);
	release(&b);
	return ok;
}

/* The smallest step that the clock makes from one reading to the next. */
vs_ps vs_bench_clock_ps(void)
{
	vs_ps least = VS_PS_NEVER;

	for (int i = 0; i < 10000; i++) {
		vs_ps a = vs_now_ps(), b = vs_now_ps();

		if (b > a && b - a < least)
			least = b - a;
	}
	return least;
}
