#include "tests/bench/load.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "sim/hw/hw.h"

#define STRUCT_BYTES (19 * 1024) /* of a struct kvm_vcpu */
#define ID 3                     /* words of its first line */
#define MODE 5
#define REQUESTS 6
#define SHARED_LINES 4096
#define PRIVATE_LINES 256
#define HIT_LINES 256
#define STAGGER_PS 97000 /* between the starts of two cores */

struct bench;

struct runner {
	struct bench *bench;
	struct vs_core *core;
	struct vs_ctx *ctx;
	uint64_t rng, hash;
	uint64_t *own;
	vs_ps books[VS_CAUSES];
};

struct bench {
	const struct bench_load *load;
	struct vs_engine *engine;
	struct vs_hw *hw;
	struct runner *runners;
	uint64_t **vcpus;
	uint64_t *shared;
};

static uint64_t next(uint64_t *s)
{
	uint64_t z = *s += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	return z ^ z >> 27;
}

static uint64_t load(const uint64_t *p)
{
	vs_access((uintptr_t)p, 8, VS_READ, 0);
	return *(const volatile uint64_t *)p;
}

static void store(uint64_t *p, uint64_t v)
{
	vs_access((uintptr_t)p, 8, VS_WRITE, 0);
	*(volatile uint64_t *)p = v;
}

static uint64_t fetch_add(uint64_t *p, uint64_t v)
{
	uint64_t old;

	vs_access((uintptr_t)p, 8, VS_WRITE | VS_ATOMIC, 0);
	old = *(volatile uint64_t *)p;
	*(volatile uint64_t *)p = old + v;
	return old;
}

static void broadcast(struct runner *r)
{
	for (uint32_t v = 0; v < r->bench->load->vcpus; v++) {
		uint64_t *vcpu = r->bench->vcpus[v];

		r->hash = r->hash * 31 + load(&vcpu[ID]);
		/* adding instead of or-ing: the result then tells the order */
		r->hash = r->hash * 31 + fetch_add(&vcpu[REQUESTS], r->core->id + 1);
		r->hash = r->hash * 31 + load(&vcpu[MODE]);
	}
}

static void mixed(struct runner *r)
{
	for (uint32_t i = 0; i < r->bench->load->accesses; i++) {
		uint64_t x = next(&r->rng);
		uint64_t *p = x % 10 < 2 ? &r->bench->shared[8 * (x / 16 % SHARED_LINES)]
					 : &r->own[8 * (x / 16 % PRIVATE_LINES)];

		if ((x >> 32) % 10 >= 3)
			r->hash = r->hash * 31 + load(p);
		else if ((x >> 40) % 3)
			store(p, x);
		else
			r->hash = r->hash * 31 + fetch_add(p, x);
	}
}

static void hits(struct runner *r)
{
	for (uint32_t i = 0; i < r->bench->load->accesses; i++)
		r->hash += load(&r->own[8 * (i % HIT_LINES)]);
}

static void run_one(void *arg)
{
	struct runner *r = arg;

	switch (r->bench->load->kind) {
	case BENCH_BROADCAST:
		broadcast(r);
		break;
	case BENCH_MIXED:
		mixed(r);
		break;
	case BENCH_HITS:
		hits(r);
		break;
	}
	vs_core_sync();
	r->core->run = NULL;
	r->core->running = false;
	vs_ctx_exit(r->ctx);
}

static void place_vcpus(struct bench *b)
{
	const struct bench_load *l = b->load;
	uint64_t per_core = (l->vcpus + l->cores - 1) / l->cores;
	char *at = NULL;

	b->vcpus = calloc(l->vcpus, sizeof(*b->vcpus));
	if (!b->vcpus)
		abort();
	for (uint32_t v = 0; v < l->vcpus; v++) {
		if (v % per_core == 0)
			at = vs_hw_arena_take(b->hw, per_core * STRUCT_BYTES, v / per_core);
		b->vcpus[v] = (uint64_t *)(at + v % per_core * STRUCT_BYTES);
		b->vcpus[v][ID] = v;
	}
}

static void start(struct bench *b, uint32_t i)
{
	struct runner *r = &b->runners[i];
	struct vs_core *c = vs_engine_core(b->engine, i);

	r->bench = b;
	r->core = c;
	r->rng = i;
	if (b->load->kind == BENCH_HITS && i)
		return;
	if (b->load->kind != BENCH_BROADCAST)
		r->own = vs_hw_arena_take(b->hw, PRIVATE_LINES * 64, i);
	r->ctx = vs_ctx_new(b->engine, "core", i, run_one, r);
	c->run = r->ctx;
	c->clock = (vs_ps)i * STAGGER_PS;
	c->running = true;
	vs_hw_set_books(c, r->books);
	vs_core_changed(c);
}

static double now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* one thread: others do not count */
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void collect(struct bench *b, struct bench_result *out)
{
	const struct vs_engine_stats *e = vs_engine_stats(b->engine);
	struct vs_hw_stats st;
	struct rusage ru;

	out->hash = 1;
	for (uint32_t i = 0; i < b->load->cores; i++) {
		struct runner *r = &b->runners[i];

		vs_hw_set_books(r->core, NULL);
		out->hash = out->hash * 1000003 + r->hash;
		out->hash = out->hash * 1000003 + r->core->clock;
		for (int k = 0; k < VS_CAUSES; k++)
			out->hash = out->hash * 1000003 + r->books[k];
		if (r->core->clock > out->simulated_ps)
			out->simulated_ps = r->core->clock;
	}
	vs_hw_stats(b->hw, &st);
	out->accesses = st.accesses;
	out->misses = st.misses + st.upgrades;
	out->resumes = e->resumes;
	out->windows = e->windows;
	out->agent_events = e->agent_events;
	out->local_events = e->local_events;
	getrusage(RUSAGE_SELF, &ru);
	out->rss_kib = (uint64_t)ru.ru_maxrss;
}

struct bench_result bench_run(const struct bench_load *l, const struct bench_mode *mode,
			      const struct vs_machine *m)
{
	struct vs_engine_options o = {.n_cores = l->cores,
				      .delays = vs_hw_delays(m, m->window_ps),
				      .strict = mode->strict,
				      .backend = mode->backend};
	struct bench b = {.load = l};
	struct bench_result out = {0};

	b.engine = vs_engine_new(&o);
	b.hw = vs_hw_new(b.engine, m, l->cores);
	b.runners = calloc(l->cores, sizeof(*b.runners));
	if (!b.runners)
		abort();
	if (l->kind == BENCH_BROADCAST)
		place_vcpus(&b);
	b.shared = vs_hw_arena_take(b.hw, SHARED_LINES * 64, 0);
	for (uint32_t i = 0; i < l->cores; i++)
		start(&b, i);
	double from = now_seconds();

	if (vs_engine_run(b.engine, VS_PS_MAX_RUN) != VS_STOP_QUIET)
		abort();
	out.seconds = now_seconds() - from;
	collect(&b, &out);
	vs_hw_free(b.hw);
	vs_engine_free(b.engine);
	free(b.runners);
	free(b.vcpus);
	return out;
}
