#include "sim/native/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "models/native/native.h"
#include "sim/cli/measured.h"
#include "sim/io/scenario.h"
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
	uint32_t stream, number;
	gsl_rng *rng;
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
	void **vcpu; /* those of boot */
	uint32_t next_id;
	void *vm;
	vs_ps zero, end;
	uint64_t peak_bytes, end_bytes;
	bool failed;
};

/* -- what can be run -------------------------------------------------------------------------- */

static const char *why_not(const struct vs_stream *st)
{
	if (st->op != VS_OP_HOTPLUG && st->op != VS_OP_IPI_BROADCAST &&
	    st->op != VS_OP_REQUEST_ALL && st->op != VS_OP_LOOKUP && st->op != VS_OP_LOOKUP_BY_ID)
		return "op";
	return st->arrival != VS_ARRIVAL_CLOSED ? "arrival" : NULL;
}

bool vs_bench_can(const struct vs_scenario *s, const char *path, struct vs_errors *errs)
{
	uint32_t threads = SPARE_CPUS;
	bool can = true;

	for (size_t i = 0; i < s->n_streams; i++) {
		const struct vs_stream *st = &s->streams[i];
		const char *key = why_not(st);
		char pointer[64];

		threads += st->issuers;
		if (!key)
			continue;
		snprintf(pointer, sizeof(pointer), "/streams/%zu/%s", i, key);
		vs_errors_add(
			errs, path, 0, 0, pointer,
			"stream %s can't run natively: expected arrival \"closed\" and one of "
			"hotplug, ipi_broadcast, request_all, lookup, lookup_by_id",
			st->name);
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

static struct sample operate(struct bench *b, struct issuer *me)
{
	const struct vs_stream *st = &b->s->streams[me->stream];
	const struct vs_table *t = b->t;
	uint32_t id = 0, online = t->online(b->vm);
	void *self = st->from == VS_FROM_VCPUS ? b->vcpu[me->number] : NULL, *vcpu;
	struct sample sample = {0};

	if (st->op == VS_OP_HOTPLUG)
		id = __atomic_fetch_add(&b->next_id, 1, __ATOMIC_RELAXED);
	else if (st->op == VS_OP_LOOKUP || st->op == VS_OP_LOOKUP_BY_ID)
		id = (uint32_t)gsl_rng_uniform_int(me->rng, online);
	sample.start = vs_now_ps();
	if (st->op == VS_OP_HOTPLUG)
		sample.error = t->vcpu_create(b->vm, id, &vcpu) != 0;
	else if (st->op == VS_OP_IPI_BROADCAST)
		t->broadcast(b->vm, st->to_self ? NULL : self);
	else if (st->op == VS_OP_REQUEST_ALL)
		t->request_all(b->vm, st->wait);
	else if (st->op == VS_OP_LOOKUP)
		sample.error = !t->get(b->vm, id);
	else
		sample.error = !t->get_by_id(b->vm, id);
	sample.end = vs_now_ps();
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
		if (!keep(me, operate(b, me))) {
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
	struct vs_vm_params p = {.max_vcpus = b->s->max_vcpus, .table = b->params};

	if (b->t->vm_create(&p, &b->vm))
		return false;
	while (b->next_id < b->s->boot_vcpus) {
		if (b->t->vcpu_create(b->vm, b->next_id, &b->vcpu[b->next_id]))
			return false;
		b->next_id++;
	}
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
	size_t k = 0;

	for (size_t i = 0; i < s->n_streams; i++)
		b->n_issuers += s->streams[i].issuers;
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

			*me = (struct issuer){.b = b, .stream = i, .number = n};
			me->rng = vs_rng_new(s->seed, b->replication, st->name, n);
			if (!me->rng)
				return false;
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
