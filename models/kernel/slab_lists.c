/* The allocator's chunks, free lists and the queue of freed objects that are held back. */
#include "models/kernel/slab_private.h"

static const uint16_t small_bytes[] = {16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192};
#define N_SMALL (sizeof(small_bytes) / sizeof(small_bytes[0]))

_Static_assert(N_SMALL + 16 - 2 == VS_SLAB_CLASSES, "classes of whole pages: 3 to 16");

/* VS_SLAB_CLASSES: beyond all classes */
static size_t class_of(size_t bytes)
{
	size_t pages = (bytes + VS_SLAB_PAGE - 1) / VS_SLAB_PAGE;

	for (size_t c = 0; c < N_SMALL; c++)
		if (bytes <= small_bytes[c])
			return c;
	return pages <= 16 ? N_SMALL + pages - 3 : VS_SLAB_CLASSES;
}

size_t vs_slab_object_bytes(size_t bytes)
{
	size_t c = class_of(bytes);

	if (c < N_SMALL)
		return small_bytes[c];
	if (c < VS_SLAB_CLASSES)
		return (c - N_SMALL + 3) * VS_SLAB_PAGE;
	return (bytes + VS_SLAB_UNIT - 1) / VS_SLAB_UNIT * VS_SLAB_UNIT;
}

/* What is asked of the arena at a time: enough that little is left over. */
static size_t chunk_bytes(size_t object_bytes)
{
	if (object_bytes > VS_SLAB_UNIT)
		return object_bytes;
	return object_bytes <= 2048 ? VS_SLAB_UNIT : 4 * VS_SLAB_UNIT;
}

/* -- lists ---------------------------------------------------------------------------------- */

static void push(struct vs_slab_list *l, uintptr_t addr)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 32;
		l->at = realloc(l->at, l->cap * sizeof(*l->at));
		VS_SLAB_NEEDS(l->at);
	}
	l->at[l->n++] = addr;
}

static uintptr_t pop_oldest(struct vs_slab_list *l)
{
	uintptr_t addr = l->at[l->head++];

	if (l->head > 64 && 2 * l->head > l->n) {
		for (size_t i = l->head; i < l->n; i++)
			l->at[i - l->head] = l->at[i];
		l->n -= l->head;
		l->head = 0;
	}
	return addr;
}

/* -- chunks ---------------------------------------------------------------------------------- */

struct vs_slab_chunk *vs_slab_chunk_of(const struct vs_slab *s, uintptr_t addr)
{
	struct vs_slab_chunk *c;
	size_t unit;

	if (!vs_hw_in_arena(s->hw, addr))
		return NULL;
	unit = vs_hw_arena_offset(s->hw, addr) / VS_SLAB_UNIT;
	c = unit < s->n_units ? s->unit[unit] : NULL;
	return c && vs_slab_index(c, addr) < c->n_objects ? c : NULL;
}

static void note_units(struct vs_slab *s, struct vs_slab_chunk *c, size_t bytes)
{
	size_t first = vs_hw_arena_offset(s->hw, c->base) / VS_SLAB_UNIT;
	size_t end = first + bytes / VS_SLAB_UNIT;

	if (end > s->n_units) {
		size_t n = s->n_units ? s->n_units : 64;

		while (n < end)
			n *= 2;
		s->unit = realloc(s->unit, n * sizeof(struct vs_slab_chunk *));
		VS_SLAB_NEEDS(s->unit);
		for (size_t i = s->n_units; i < n; i++)
			s->unit[i] = NULL;
		s->n_units = n;
	}
	for (size_t i = first; i < end; i++)
		s->unit[i] = c;
}

void vs_slab_free_chunks(struct vs_slab *s)
{
	for (size_t i = 0; i < s->n_units; i++) {
		struct vs_slab_chunk *c = s->unit[i];

		if (!c || (i + 1 < s->n_units && s->unit[i + 1] == c))
			continue; /* freed at its last unit */
		free(c->live);
		free(c->class_of);
		free(c);
	}
	free(s->unit);
}

static struct vs_slab_list *list_for(struct vs_slab_cpu *cpu, size_t object_bytes)
{
	size_t c = class_of(object_bytes);

	return c < VS_SLAB_CLASSES ? &cpu->free[c] : &cpu->huge;
}

/* Fresh memory for the CPU that the caller is on afterwards: it may have been moved meanwhile. */
static bool grow(struct vs_slab *s, size_t object_bytes, const struct vs_mem_watch *watch)
{
	size_t bytes = chunk_bytes(object_bytes);
	void *base = vs_hw_arena_grow(bytes);
	struct vs_slab_chunk *c;
	vs_ps now;

	if (!base)
		return false;
	c = calloc(1, sizeof(*c));
	VS_SLAB_NEEDS(c);
	c->base = (uintptr_t)base;
	c->object_bytes = object_bytes;
	c->n_objects = bytes / object_bytes;
	c->owner = vs_host_here(s->host, &now);
	c->live = calloc(c->n_objects, 1);
	c->class_of = calloc(c->n_objects, 1);
	VS_SLAB_NEEDS(c->live);
	VS_SLAB_NEEDS(c->class_of);
	note_units(s, c, bytes);
	if (watch->grown)
		watch->grown(watch->ctx, c->owner, c->base, bytes, now);
	for (size_t i = c->n_objects; i-- > 0;) /* the lowest address is taken first */
		push(list_for(&s->cpu[c->owner], object_bytes), c->base + i * object_bytes);
	return true;
}

/* -- taking and giving back -------------------------------------------------------------------- */

/* The last freed that fits exactly. */
static uintptr_t pop(struct vs_slab *s, struct vs_slab_list *l, size_t object_bytes)
{
	for (size_t i = l->n; i-- > 0;) {
		uintptr_t addr = l->at[i];

		if (vs_slab_chunk_of(s, addr)->object_bytes != object_bytes)
			continue; /* among the huge ones only */
		for (l->n--; i < l->n; i++)
			l->at[i] = l->at[i + 1];
		return addr;
	}
	return 0;
}

uintptr_t vs_slab_take(struct vs_slab *s, size_t bytes, const struct vs_mem_watch *watch)
{
	size_t object_bytes;
	struct vs_slab_chunk *c;
	uintptr_t addr;
	vs_ps now;

	if (bytes > SIZE_MAX / 2)
		return 0;
	object_bytes = vs_slab_object_bytes(bytes);
	for (;;) {
		struct vs_slab_cpu *cpu = &s->cpu[vs_host_here(s->host, &now)];

		addr = pop(s, list_for(cpu, object_bytes), object_bytes);
		if (addr)
			break;
		if (!grow(s, object_bytes, watch))
			return 0;
	}
	c = vs_slab_chunk_of(s, addr);
	c->live[vs_slab_index(c, addr)] = 1;
	return addr;
}

/* At the owner: hold it back, and let go of the oldest ones beyond the budget. */
static void came_home(void *ctx, uint32_t owner, vs_ps now, uint64_t arg)
{
	struct vs_slab *s = ctx;
	struct vs_slab_cpu *cpu = &s->cpu[owner];
	struct vs_slab_chunk *c = vs_slab_chunk_of(s, arg);
	uint8_t *live = &c->live[vs_slab_index(c, arg)];

	(void)now;
	if (!*live)
		return; /* freed twice: the checker has been told */
	*live = 0;
	push(&cpu->held, arg);
	cpu->held_bytes += c->object_bytes;
	while (cpu->held_bytes > s->held_bytes) {
		uintptr_t addr = pop_oldest(&cpu->held);
		size_t object_bytes = vs_slab_chunk_of(s, addr)->object_bytes;

		cpu->held_bytes -= object_bytes;
		push(list_for(cpu, object_bytes), addr);
	}
}

void vs_slab_send_home(struct vs_slab *s, struct vs_slab_chunk *chunk, uintptr_t addr, uint32_t cpu)
{
	vs_ps now;

	vs_host_here(s->host, &now);
	if (chunk->owner == cpu || !vs_hw_pricing(s->hw))
		came_home(s, chunk->owner, now, addr);
	else
		vs_host_message(s->host, chunk->owner, came_home, s, addr);
}
