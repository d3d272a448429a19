#include "sim/check/objects.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_SHIFT 16
#define CHUNK_BYTES (UINT64_C(1) << CHUNK_SHIFT)
#define GRANULES (CHUNK_BYTES / VS_MEM_ALIGN)

struct chunk {
	uintptr_t base;
	struct vs_stamp grown;
	uint64_t starts[GRANULES / 64]; /* bit: an object starts in this granule */
	struct vs_object *at[GRANULES];
};

/* `by` hides `old` (or nothing: NULL) from those who know of it. */
struct recent {
	struct vs_object *by, *old;
};

struct vs_objects {
	struct vs_hw *hw;
	vs_ps history;
	struct chunk **chunk; /* by arena offset; NULL: not grown */
	uint32_t n_chunks, cap_chunks;
	struct recent *recent; /* [first, end) in order of coming */
	uint32_t first, end, cap_recent;
	struct vs_object *unused, *all_blocks;
};

struct vs_objects *vs_objects_new(struct vs_hw *hw, vs_ps history)
{
	struct vs_objects *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->hw = hw;
	m->history = history;
	return m;
}

/* Objects come in blocks, whose first is not used but links the blocks. */
#define BLOCK 256

static struct vs_object *new_object(struct vs_objects *m)
{
	struct vs_object *o;
	int i;

	if (!m->unused) {
		o = vs_check_alloc(BLOCK, sizeof(*o));
		o->next_unused = m->all_blocks;
		m->all_blocks = o;
		for (i = 1; i < BLOCK; i++) {
			o[i].next_unused = m->unused;
			m->unused = &o[i];
		}
	}
	o = m->unused;
	m->unused = o->next_unused;
	memset(o, 0, sizeof(*o));
	return o;
}

static void free_more(struct vs_object *o)
{
	struct vs_free *f;

	while ((f = o->more_frees)) {
		o->more_frees = f->next;
		free(f);
	}
}

static void drop(struct vs_objects *m, struct vs_object *o)
{
	if (--o->refs || o->pinned)
		return;
	free_more(o);
	o->next_unused = m->unused;
	m->unused = o;
}

void vs_objects_free(struct vs_objects *m)
{
	struct vs_object *b;
	uint32_t i;

	if (!m)
		return;
	while ((b = m->all_blocks)) {
		m->all_blocks = b->next_unused;
		for (i = 1; i < BLOCK; i++)
			free_more(&b[i]);
		free(b);
	}
	for (i = 0; i < m->n_chunks; i++)
		free(m->chunk[i]);
	free(m->chunk);
	free(m->recent);
	free(m);
}

bool vs_object_known_free(const struct vs_object *o, uint32_t cpu, vs_ps now)
{
	const struct vs_free *f;

	if (!o->freed || vs_known(&o->free, cpu, now))
		return o->freed;
	for (f = o->more_frees; f; f = f->next) {
		if (vs_known(&f->at, cpu, now))
			return true;
	}
	return false;
}

bool vs_object_freed(struct vs_object *o, const struct vs_stamp *at, struct vs_stamp *second)
{
	struct vs_free *more;

	if (!o->freed) {
		o->freed = true;
		o->free = *at;
		return false;
	}
	*second = *at;
	if (vs_stamp_order(at, &o->free) < 0) {
		*second = o->free;
		o->free = *at;
	}
	more = vs_check_alloc(1, sizeof(*more));
	more->at = *second;
	more->next = o->more_frees;
	o->more_frees = more;
	return true;
}

/* -- chunks ---------------------------------------------------------------------------------- */

static uint32_t chunk_number(const struct vs_objects *m, uintptr_t addr)
{
	return (uint32_t)(vs_hw_arena_offset(m->hw, addr) >> CHUNK_SHIFT);
}

static struct chunk *chunk_of(const struct vs_objects *m, uintptr_t addr)
{
	uint32_t i;

	if (!vs_hw_in_arena(m->hw, addr))
		return NULL;
	i = chunk_number(m, addr);
	return i < m->n_chunks ? m->chunk[i] : NULL;
}

void vs_objects_grow(struct vs_objects *m, uintptr_t addr, size_t bytes, const struct vs_stamp *at)
{
	uint32_t first = chunk_number(m, addr), n = (uint32_t)(bytes >> CHUNK_SHIFT), i;

	if (vs_hw_arena_offset(m->hw, addr) % CHUNK_BYTES || bytes % CHUNK_BYTES)
		vs_bug(__FILE__, __LINE__, "arena memory taken that is not whole chunks");
	for (i = first; i < first + n; i++) {
		m->chunk = vs_check_room(m->chunk, i, &m->cap_chunks, sizeof(*m->chunk));
		if (i >= m->n_chunks)
			m->n_chunks = i + 1;
		if (m->chunk[i])
			vs_bug(__FILE__, __LINE__, "the same arena memory taken twice");
		m->chunk[i] = vs_check_alloc(1, sizeof(**m->chunk));
		m->chunk[i]->base = addr + (i - first) * CHUNK_BYTES;
		m->chunk[i]->grown = *at;
	}
}

bool vs_objects_ours(const struct vs_objects *m, uintptr_t addr, uint32_t cpu, vs_ps now)
{
	const struct chunk *k = chunk_of(m, addr);

	return k && vs_known(&k->grown, cpu, now);
}

/* -- the map ----------------------------------------------------------------------------------- */

static uint32_t granule(const struct chunk *k, uintptr_t addr)
{
	return (uint32_t)((addr - k->base) / VS_MEM_ALIGN);
}

/* Last start at or before granule g, or NULL */
static struct vs_object *before_in(const struct chunk *k, uint32_t g)
{
	uint64_t word = k->starts[g / 64] & (UINT64_MAX >> (63 - g % 64));
	uint32_t w = g / 64;

	while (!word) {
		if (!w)
			return NULL;
		word = k->starts[--w];
	}
	return k->at[w * 64 + 63 - (uint32_t)__builtin_clzll(word)];
}

static struct vs_object *before(const struct vs_objects *m, uintptr_t addr)
{
	const struct chunk *k = chunk_of(m, addr);
	struct vs_object *o;
	uint32_t i;

	if (!k)
		return NULL;
	o = before_in(k, granule(k, addr));
	for (i = chunk_number(m, addr); !o && i > 0 && m->chunk[i - 1]; i--)
		o = before_in(m->chunk[i - 1], GRANULES - 1);
	return o;
}

static struct vs_object *after_in(const struct chunk *k, uint32_t g)
{
	uint64_t word = k->starts[g / 64] & (UINT64_MAX << g % 64);
	uint32_t w = g / 64;

	while (!word) {
		if (++w == GRANULES / 64)
			return NULL;
		word = k->starts[w];
	}
	return k->at[w * 64 + (uint32_t)__builtin_ctzll(word)];
}

struct vs_object *vs_objects_next(struct vs_objects *m, uintptr_t addr)
{
	uint32_t i = addr ? chunk_number(m, addr) : 0, g;
	struct vs_object *o = NULL;

	for (; !o && i < m->n_chunks; i++) {
		if (!m->chunk[i])
			continue;
		g = addr > m->chunk[i]->base ? granule(m->chunk[i], addr + VS_MEM_ALIGN - 1) : 0;
		if (g < GRANULES)
			o = after_in(m->chunk[i], g);
	}
	return o;
}

static void set_start(struct vs_objects *m, uintptr_t addr, struct vs_object *o)
{
	struct chunk *k = chunk_of(m, addr);
	uint32_t g;

	if (!k || addr % VS_MEM_ALIGN)
		vs_bug(__FILE__, __LINE__, "an object outside the memory taken for objects");
	g = granule(k, addr);
	k->at[g] = o;
	if (o)
		k->starts[g / 64] |= UINT64_C(1) << g % 64;
	else
		k->starts[g / 64] &= ~(UINT64_C(1) << g % 64);
}

static bool covers(const struct vs_object *o, uintptr_t addr)
{
	return addr >= o->addr && addr - o->addr < o->bytes;
}

static void push_recent(struct vs_objects *m, struct vs_object *by, struct vs_object *old)
{
	if (m->end == m->cap_recent && m->first > m->end / 2) {
		memmove(m->recent, m->recent + m->first, (m->end - m->first) * sizeof(*m->recent));
		m->end -= m->first;
		m->first = 0;
	}
	m->recent = vs_check_room(m->recent, m->end, &m->cap_recent, sizeof(*m->recent));
	m->recent[m->end++] = (struct recent){.by = by, .old = old};
	by->refs++;
	if (old)
		old->refs++;
}

/* One older object under the new one. One that starts before it is still found by its front. */
static void hide(struct vs_objects *m, struct vs_object *by, struct vs_object *old,
		 struct vs_object **in_use)
{
	if (!vs_object_known_free(old, by->alloc.cpu, by->alloc.time))
		*in_use = old;
	if (old->addr < by->addr)
		return;
	push_recent(m, by, old);
	set_start(m, old->addr, NULL);
	drop(m, old);
}

struct vs_object *vs_objects_put(struct vs_objects *m, uintptr_t addr, size_t bytes,
				 enum vs_mem_class class, const struct vs_stamp *at,
				 struct vs_object **made)
{
	struct vs_object *o = new_object(m), *old, *in_use = NULL;

	o->addr = addr;
	o->bytes = bytes;
	o->class = class;
	o->alloc = *at;
	o->refs = 1; /* the map's */
	push_recent(m, o, NULL);
	old = before(m, addr);
	if (old && (old->addr == addr || covers(old, addr)))
		hide(m, o, old, &in_use);
	while ((old = vs_objects_next(m, addr + 1)) && old->addr < addr + bytes)
		hide(m, o, old, &in_use);
	set_start(m, addr, o);
	*made = o;
	return in_use;
}

/* Nearer before addr, that is with the higher start; the newer if they start together. */
static struct vs_object *nearer(struct vs_object *x, struct vs_object *y)
{
	if (!x || !y)
		return x ? x : y;
	if (x->addr != y->addr)
		return x->addr > y->addr ? x : y;
	return vs_stamp_order(&x->alloc, &y->alloc) > 0 ? x : y;
}

/*
 * What the map would say if it held only what `cpu` knows: allocations that it cannot know of are
 * passed over, and hide nothing from it.
 */
struct vs_object *vs_objects_find(struct vs_objects *m, uintptr_t addr, uint32_t cpu, vs_ps now)
{
	struct vs_object *best = before(m, addr);
	uint32_t i;

	while (best && !vs_known(&best->alloc, cpu, now))
		best = best->addr ? before(m, best->addr - 1) : NULL;
	for (i = m->first; i < m->end; i++) {
		const struct recent *r = &m->recent[i];

		if (r->old && r->old->addr <= addr && !vs_known(&r->by->alloc, cpu, now) &&
		    vs_known(&r->old->alloc, cpu, now))
			best = nearer(best, r->old);
	}
	return best;
}

/*
 * A CPU at `now` means that nothing will be judged at or before now - W any more (the window), so
 * an allocation at s is known to all who come if s + 2 W <= now.
 */
void vs_objects_advance(struct vs_objects *m, vs_ps now,
			void (*settled)(void *ctx, struct vs_object *o), void *ctx)
{
	while (m->first < m->end) {
		struct recent *r = &m->recent[m->first];

		if (r->by->alloc.known + m->history > now)
			break;
		if (!r->old && !r->by->freed && before(m, r->by->addr) == r->by) {
			r->by->settled = true;
			settled(ctx, r->by);
		}
		if (r->old)
			drop(m, r->old);
		drop(m, r->by);
		m->first++;
	}
	if (m->first == m->end)
		m->first = m->end = 0;
}

/* Where the object ends, or another begins in it: an allocation over one in use. */
static uintptr_t end_of(struct vs_objects *m, const struct vs_object *o)
{
	const struct vs_object *after = vs_objects_next(m, o->addr + 1);
	uintptr_t end = o->addr + o->bytes;

	return after && after->addr < end ? after->addr : end;
}

bool vs_objects_all_live(struct vs_objects *m, uintptr_t addr, size_t bytes)
{
	uintptr_t at = addr, end;

	while (at < addr + bytes) {
		const struct vs_object *o = before(m, at);

		if (!o || o->freed || !o->settled)
			return false;
		end = end_of(m, o);
		if (at >= end)
			return false;
		at = end;
	}
	return true;
}
