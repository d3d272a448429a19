#include "tests/engine/mix.h"

#include <stdlib.h>
#include <string.h>

#include "sim/hw/hw.h"

#define MAX_CORES 32
#define SHARED_LINES 24
#define PRIVATE_LINES 96
#define BULK_BYTES 1024
#define STATIC_LINES 6
#define SLOTS 24
#define OBJECTS 40
#define OBJECT_WORDS 24 /* three lines */

struct mix;

struct worker {
	struct mix *mix;
	struct vs_core *core;
	struct vs_ctx *ctx;
	uint64_t rng, hash;
	uint32_t ops;
	uint32_t shared_percent, write_percent;
	bool calm; /* mostly its own lines: hits */
	bool sleeping;
	uint32_t rang; /* timers and messages seen */
	uint64_t *private_lines;
};

struct mix {
	struct vs_engine *engine;
	struct vs_hw *hw;
	struct vs_machine machine;
	struct worker worker[MAX_CORES];
	uint32_t cores;
	uint64_t *shared, *locks;
	char *bulk;
	uint64_t *statics; /* as a module's data */
	uint64_t *slots;   /* pointers to objects, whose first word points to another */
	uint64_t *objects;
	uint32_t finish_after; /* operations of worker 0 */
};

static uint64_t next(uint64_t *s)
{
	uint64_t z = *s += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint64_t between(uint64_t *s, uint64_t lo, uint64_t hi)
{
	return lo + next(s) % (hi - lo + 1);
}

static void fold(struct worker *w, uint64_t v)
{
	w->hash = (w->hash ^ v) * UINT64_C(0x100000001b3) + w->core->clock;
}

/* Coarse times, so that much happens at the same picosecond: ties, and delays used to the full. */
static void set_coarse_times(uint64_t *s, struct vs_machine *m)
{
	m->issue_ps = 1000;
	m->l1_ps = 1000 * between(s, 0, 1);
	m->l2_ps = 1000 * between(s, 1, 3);
	m->atomic_ps = 1000 * between(s, 1, 4);
	m->fence_ps = 1000;
	for (int d = 0; d < VS_DISTANCES; d++) {
		m->leg_ps[d] = 1000 * between(s, 2, 3);
		m->hop_ps[d] = 1000 * between(s, 3, 9);
		m->transfer_ps[d] = 1000 * between(s, 8, 20);
		m->memory_ps[d] = 1000 * between(s, 6, 30);
		m->ipi_flight_ps[d] = 1000 * between(s, 3, 20);
	}
	m->l3_ps = 1000 * between(s, 4, 8);
	m->bulk_line_ps = 1000;
	m->page_alloc_ps = 1000 * between(s, 1, 30);
	m->wake_flight_ps = 1000 * between(s, 3, 20);
	m->local_burst = between(s, 1, 4);
	m->home_in_path = next(s) & 1;
}

static void set_times(uint64_t *s, struct vs_machine *m)
{
	m->issue_ps = between(s, 200, 1000);
	m->l1_ps = between(s, 500, 2000);
	m->l2_ps = between(s, 2000, 6000);
	m->atomic_ps = between(s, 1000, 9000);
	m->fence_ps = between(s, 1000, 9000);
	for (int d = 0; d < VS_DISTANCES; d++) {
		m->leg_ps[d] = between(s, 2000, 9000);
		m->hop_ps[d] = between(s, 3000, 30000);
		m->transfer_ps[d] = between(s, 20000, 200000);
		m->memory_ps[d] = between(s, 20000, 200000);
		m->ipi_flight_ps[d] = between(s, 5000, 90000);
	}
	m->l3_ps = between(s, 10000, 30000);
	m->bulk_line_ps = between(s, 500, 5000);
	m->page_alloc_ps = between(s, 1000, 90000);
	m->wake_flight_ps = between(s, 5000, 90000);
	m->local_burst = between(s, 1, 4);
	m->home_in_path = next(s) & 1;
}

void vs_mix_machine(uint64_t seed, struct vs_machine *m, uint32_t *cores)
{
	uint64_t s = seed;
	char why[128];

	memset(m, 0, sizeof(*m));
	strcpy(m->name, "random");
	m->sockets = between(&s, 1, 2);
	m->l3_per_socket = between(&s, 1, 2);
	/* more than eight sharers of a line are kept differently: some machines have many cores */
	m->cores_per_l3 = between(&s, 1, seed % 8 ? 4 : 8);
	m->threads_per_core = 1;
	m->line_bytes = 64;
	m->socket_distance[0][1] = m->socket_distance[1][0] = between(&s, 1, 2);
	m->l1d = (struct vs_cache_geometry){64 * 8, 2};
	m->l2 = (struct vs_cache_geometry){64 * 32, 4};
	m->l3 = (struct vs_cache_geometry){64 * 96, 3};
	m->prefetch_streams = between(&s, 0, 4);
	m->prefetch_depth = between(&s, 1, 3);
	m->mlp = (const uint32_t[]){1, 4, 10}[seed / 2 % 3];
	if (seed % 2)
		set_coarse_times(&s, m);
	else
		set_times(&s, m);
	*cores = vs_machine_cores(m);
	if (!vs_hw_compute_window(m, why, sizeof(why)))
		abort();
}

static uint64_t load(uint64_t *p)
{
	vs_access((uintptr_t)p, 8, VS_READ, 0);
	return *(volatile uint64_t *)p;
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
	old = *p;
	*p = old + v;
	return old;
}

/* A ticket lock over real memory, around a read-modify-write that only it makes safe. */
static void locked_step(struct worker *w)
{
	uint64_t *lock = &w->mix->locks[16 * between(&w->rng, 0, 1)];
	uint64_t mine = fetch_add(&lock[0], 1);

	while (load(&lock[1]) != mine)
		vs_hw_relax(0);
	fold(w, load(&lock[8]));
	store(&lock[8], load(&lock[8]) + 1);
	store(&lock[1], mine + 1);
}

static void post(struct mix *x, struct vs_core *from, uint32_t to, vs_ps now, vs_ps later,
		 uint64_t what);

/* Some are answered at once, by the handler: an idle core may so reach one that is far ahead. */
static void on_message(struct vs_core *c, struct vs_event *ev)
{
	struct worker *w = ev->obj;

	w->hash = (w->hash ^ ev->a) * 31 + ev->time;
	w->rang++;
	if (ev->rank == VS_CLASS_MESSAGE && ev->a % 4 == 0)
		post(w->mix, c, ev->core, ev->time, 0, ev->a | 1);
	if (w->sleeping) {
		w->sleeping = false;
		c->clock = ev->time;
		c->running = true;
	} else {
		c->attention = true;
		c->limit = 0;
	}
}

static void post(struct mix *x, struct vs_core *from, uint32_t to, vs_ps now, vs_ps later,
		 uint64_t what)
{
	struct vs_event *ev = vs_event_new(x->engine);

	ev->rank = VS_CLASS_MESSAGE;
	ev->time = now + x->machine.message_ps + later;
	ev->fn.local = on_message;
	ev->obj = &x->worker[to];
	ev->a = what;
	vs_send_message(from, vs_engine_core(x->engine, to), ev, now);
}

static void attend(struct vs_core *c)
{
	struct worker *w = c->host;

	fold(w, 77);
	vs_hw_charge(c, 1000, VS_CAUSE_INTERRUPT);
}

static void send(struct worker *w)
{
	uint32_t to = between(&w->rng, 0, w->mix->cores - 1);

	vs_core_sync();
	post(w->mix, w->core, to, w->core->clock, 1000 * between(&w->rng, 0, 20), w->hash);
}

static void doze(struct worker *w)
{
	struct vs_event *ev;

	vs_core_sync();
	ev = vs_event_new(w->mix->engine);
	ev->rank = VS_CLASS_TIMER;
	ev->issue = w->core->clock;
	ev->time = w->core->clock + 1000 * between(&w->rng, 1, between(&w->rng, 0, 3) ? 60 : 6000);
	ev->fn.local = on_message;
	ev->obj = w;
	ev->a = 5;
	w->sleeping = true;
	w->core->running = false;
	vs_send_timer(w->core, ev);
	vs_core_park();
	fold(w, 6);
}

/* Spins on a line that others write now and then, until something local happens. */
static void spin_till_it_rings(struct worker *w)
{
	uint64_t *p = &w->mix->shared[8 * between(&w->rng, 0, SHARED_LINES - 1)];
	uint32_t before = w->rang;
	struct vs_event *ev;

	vs_core_sync();
	ev = vs_event_new(w->mix->engine);
	ev->rank = VS_CLASS_TIMER;
	ev->issue = w->core->clock;
	ev->time = w->core->clock + 500 * between(&w->rng, 100, 900);
	ev->fn.local = on_message;
	ev->obj = w;
	ev->a = 9;
	vs_send_timer(w->core, ev);
	do {
		fold(w, load(p));
		vs_hw_relax(0);
	} while (w->rang == before);
	fold(w, w->rang);
}

static void bulk(struct worker *w)
{
	size_t n = between(&w->rng, 1, BULK_BYTES), at = between(&w->rng, 0, BULK_BYTES);
	char *dst = w->mix->bulk + at, *src = w->mix->bulk + 2 * BULK_BYTES + at / 2;

	if (next(&w->rng) & 1) {
		vs_access_range((uintptr_t)dst, (uintptr_t)src, n, VS_BULK, 0);
		memcpy(dst, src, n);
	} else {
		vs_access_range((uintptr_t)src, 0, n, VS_BULK, 0);
		memset(src, (int)w->hash, n);
	}
	fold(w, (unsigned char)dst[n / 2] + 256u * (unsigned char)src[n / 2]);
}

static void grow(struct worker *w)
{
	uint64_t *p = vs_hw_arena_grow(1);

	fold(w, vs_hw_arena_offset(w->mix->hw, (uintptr_t)p));
	store(p, 1);
}

static void straddle(struct worker *w)
{
	char *p = w->mix->bulk + 64 * between(&w->rng, 1, 8) - 3;
	uint64_t v;

	vs_access((uintptr_t)p, 8, VS_WRITE, 0);
	memcpy(&v, p, 8);
	v += w->core->id;
	memcpy(p, &v, 8);
	fold(w, v);
}

/* A stream for the prefetcher; on lines that others copy over, some of them written. */
static void stream(struct worker *w)
{
	bool own = next(&w->rng) & 1;
	uint64_t *from = own ? w->private_lines : (uint64_t *)w->mix->bulk;
	uint32_t written = between(&w->rng, 0, 30);

	for (uint32_t k = 0; k < 12; k++)
		if (k == written)
			store(&from[8 * k], w->hash);
		else
			fold(w, load(&from[8 * k]));
	for (uint32_t k = 0; !own && k < 3; k++)
		bulk(w); /* while the last prefetches are on their way; evicts most of what it had
			  */
}

static uint64_t *object(struct mix *x, uint64_t i)
{
	return &x->objects[OBJECT_WORDS * i];
}

/* Over the array, or along a list of its objects; atomics here and there. Folds places, not
 * addresses. */
static void walk(struct worker *w)
{
	struct mix *x = w->mix;
	uint64_t at = between(&w->rng, 0, SLOTS / 2), word = next(&w->rng) & 1 ? 2 : 10;
	uint64_t add_at = between(&w->rng, 0, 2 * SLOTS), *v;
	bool list = next(&w->rng) % 4 == 0;

	v = object(x, at);
	for (; at < SLOTS; at++) {
		v = (uint64_t *)load(list ? v : &x->slots[at]);
		fold(w, v - x->objects);
		fold(w, load(&v[word]));
		if (at == add_at)
			fetch_add(&v[word], 1);
	}
}

static void relink(struct worker *w)
{
	struct mix *x = w->mix;
	uint64_t *to = object(x, between(&w->rng, 0, OBJECTS - 1));

	if (next(&w->rng) & 1)
		store(&x->slots[between(&w->rng, 0, SLOTS - 1)], (uintptr_t)to);
	else
		store(object(x, between(&w->rng, 0, OBJECTS - 1)), (uintptr_t)to);
	store(&to[2], w->hash);
}

static void link_objects(struct mix *x, uint64_t s)
{
	x->slots = vs_hw_arena_take(x->hw, SLOTS * 8, 0);
	x->objects = vs_hw_arena_take(x->hw, OBJECTS * OBJECT_WORDS * 8, x->cores - 1);
	for (uint32_t i = 0; i < SLOTS; i++)
		x->slots[i] = (uintptr_t)object(x, between(&s, 0, OBJECTS - 1));
	for (uint32_t i = 0; i < OBJECTS; i++)
		*object(x, i) = (uintptr_t)object(x, between(&s, 0, OBJECTS - 1));
}

static void static_data(struct worker *w)
{
	uint64_t *p = &w->mix->statics[8 * between(&w->rng, 0, STATIC_LINES - 1)];

	switch (between(&w->rng, 0, 3)) {
	case 0:
		fold(w, fetch_add(p, 3));
		break;
	case 1:
		vs_access_range((uintptr_t)p, 0, 64, VS_BULK, 0);
		memset(p, (int)w->hash, 64);
		break;
	default:
		fold(w, load(p));
	}
}

static void plain(struct worker *w)
{
	bool shared = between(&w->rng, 1, 100) <= w->shared_percent;
	uint64_t *p = shared ? &w->mix->shared[8 * between(&w->rng, 0, SHARED_LINES - 1)]
			     : &w->private_lines[8 * between(&w->rng, 0,
							     w->calm ? 3 : PRIVATE_LINES - 1)];

	if (between(&w->rng, 1, 100) > w->write_percent)
		fold(w, load(p));
	else if (next(&w->rng) & 1)
		fold(w, fetch_add(p, w->hash & 0xff));
	else
		store(p, w->hash);
}

static void run_worker(void *arg)
{
	struct worker *w = arg;

	for (uint32_t i = 0; i < w->ops; i++) {
		if (w == w->mix->worker && i + 1 == w->mix->finish_after) {
			vs_core_sync();
			vs_engine_finish(w->mix->engine);
		}
		uint64_t what = between(&w->rng, 0, w->calm ? 2000 : 199);

		if (what < 2)
			locked_step(w);
		else if (what < 6)
			send(w);
		else if (what < 9)
			doze(w);
		else if (what < 12)
			bulk(w);
		else if (what < 13)
			grow(w);
		else if (what < 16)
			straddle(w);
		else if (what < 18)
			stream(w);
		else if (what < 22)
			static_data(w);
		else if (what < 23)
			spin_till_it_rings(w);
		else if (what < 30)
			walk(w);
		else if (what < 40)
			relink(w);
		else
			plain(w);
	}
	vs_core_sync();
	w->core->run = NULL;
	w->core->running = false;
	vs_ctx_exit(w->ctx);
}

static void start_worker(struct mix *x, uint32_t i, uint64_t *s)
{
	struct worker *w = &x->worker[i];
	struct vs_core *c = vs_engine_core(x->engine, i);

	w->mix = x;
	w->core = c;
	w->rng = next(s);
	w->calm = next(s) % 3 == 0;
	w->ops = between(s, 20, w->calm ? 3000 : 260);
	w->shared_percent = w->calm ? 1 : between(s, 5, 80);
	w->write_percent = between(s, 5, 70);
	w->private_lines = (uint64_t *)vs_hw_arena_take(x->hw, PRIVATE_LINES * 64, i);
	c->host = w;
	w->ctx = vs_ctx_new(x->engine, "worker", i, run_worker, w);
	c->run = w->ctx;
	c->clock = 1000 * between(s, 0, 5);
	c->running = true;
	vs_core_changed(c);
}

static uint64_t signature(const struct mix *x)
{
	uint64_t h = 1;

	for (uint32_t i = 0; i < x->cores; i++) {
		h = (h ^ x->worker[i].hash) * UINT64_C(0x100000001b3);
		h = (h ^ x->worker[i].core->clock) * UINT64_C(0x100000001b3);
	}
	for (uint32_t i = 0; i < SHARED_LINES * 8; i++)
		h = (h ^ x->shared[i]) * UINT64_C(0x100000001b3);
	for (uint32_t i = 0; i < 4 * BULK_BYTES; i++)
		h = (h ^ (unsigned char)x->bulk[i]) * UINT64_C(0x100000001b3);
	for (uint32_t i = 0; i < STATIC_LINES * 8; i++)
		h = (h ^ x->statics[i]) * UINT64_C(0x100000001b3);
	for (uint32_t i = 0; i < SLOTS; i++)
		h = (h ^ (x->slots[i] - (uintptr_t)x->objects)) * UINT64_C(0x100000001b3);
	return h;
}

struct vs_mix_result vs_mix_run(uint64_t seed, const struct vs_mix_run *how)
{
	struct mix *x = calloc(1, sizeof(*x));
	struct vs_mix_result r = {0};
	struct vs_hw_stats st;
	uint64_t s = seed * 7919 + 13;

	if (!x)
		abort();
	vs_mix_machine(seed, &x->machine, &x->cores);
	struct vs_engine_options o = {.n_cores = x->cores,
				      .delays = vs_hw_delays(&x->machine, how->window),
				      .strict = how->strict,
				      .order = how->order,
				      .backend = how->backend};

	x->engine = vs_engine_new(&o);
	x->hw = vs_hw_new(x->engine, &x->machine, x->cores);
	vs_hw_set_paranoid(x->hw);
	vs_engine_set_attend(x->engine, attend);
	x->finish_after = how->finish_after;
	x->shared = vs_hw_arena_take(x->hw, SHARED_LINES * 64, 0);
	x->locks = vs_hw_arena_take(x->hw, 4096, x->cores - 1);
	x->bulk = vs_hw_arena_take(x->hw, 8 * BULK_BYTES, 0);
	x->statics = aligned_alloc(64, STATIC_LINES * 64);
	if (!x->statics || !vs_hw_add_region(x->hw, x->statics, STATIC_LINES * 64, 0))
		abort();
	memset(x->statics, 0, STATIC_LINES * 64);
	link_objects(x, seed);
	for (uint32_t i = 0; i < x->cores; i++)
		start_worker(x, i, &s);
	r.stop = vs_engine_run(x->engine, how->limit ? how->limit : VS_PS_MAX_RUN);
	r.signature = signature(x);
	for (uint32_t i = 0; i < x->cores; i++)
		if (x->worker[i].core->clock > r.end)
			r.end = x->worker[i].core->clock;
	vs_hw_stats(x->hw, &st);
	r.accesses = st.accesses;
	r.misses = st.misses;
	vs_hw_free(x->hw);
	vs_engine_free(x->engine);
	free(x->statics);
	free(x);
	return r;
}
