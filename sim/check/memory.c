/*
 * Memory: nothing freed is touched, nothing outside objects either, each object is freed once, and
 * nothing is left when the VM is gone.
 *
 * Lines that are not wholly made of live objects are marked watched, so that only their accesses
 * cost host time here; they are judged byte by byte. A line stays watched for a while after an
 * allocation, until every CPU knows of it.
 */
#include "sim/check/objects.h"

#include <inttypes.h>
#include <stdlib.h>

#include "sim/hw/access.h"

#define LINE UINT64_C(64)

/* The same access is announced once per watched line. */
struct seen {
	uintptr_t addr, pc;
	size_t size;
	vs_ps time;
	unsigned kind;
	bool any;
};

struct vs_mem_check {
	struct vs_objects *objects;
	struct seen *seen;    /* per CPU: the last one */
	struct vs_stamp gone; /* the last VM was destroyed */
	bool vms_gone;
	struct vs_object **left;
	uint32_t n_left, cap_left;
};

struct vs_mem_check *vs_mem_check_new(struct vs_checker *c)
{
	struct vs_mem_check *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->objects = vs_objects_new(c->hw, c->history);
	m->seen = calloc(c->n_cpus, sizeof(*m->seen));
	if (m->objects && m->seen)
		return m;
	vs_mem_check_free(m);
	return NULL;
}

void vs_mem_check_free(struct vs_mem_check *m)
{
	if (!m)
		return;
	vs_objects_free(m->objects);
	free(m->seen);
	free(m->left);
	free(m);
}

/* -- texts ------------------------------------------------------------------------------------ */

/* At its beginning, and not asked for. */
static size_t header_bytes(const struct vs_object *o)
{
	return o->class == VS_MEM_LIBC ? VS_LIBC_HEADER_BYTES : 0;
}

static size_t bytes_asked(const struct vs_object *o)
{
	return o->bytes - header_bytes(o);
}

static void tell_object(struct vs_checker *c, const struct vs_object *o, FILE *out)
{
	vs_tell_by(c, out, "allocated", &o->alloc);
	if (o->freed)
		vs_tell_by(c, out, "freed", &o->free);
}

static void tell_access_kind(const struct vs_finding *f, FILE *out)
{
	fprintf(out, "%s%s of %" PRIu64 " bytes", f->c & VS_ATOMIC ? "atomic " : "",
		f->c & VS_WRITE ? "write" : "read", f->b);
}

/* a: offset in the object (or after its end), b: size, c: access kind, d: distance past the end */
static void tell_used_freed(struct vs_checker *c, const struct vs_finding *f, FILE *out)
{
	const struct vs_object *o = f->about;

	tell_access_kind(f, out);
	fprintf(out, " at offset %" PRId64 " of a freed object of %zu bytes",
		(int64_t)(f->a - header_bytes(o)), bytes_asked(o));
	tell_object(c, o, out);
	vs_tell_by(c, out, "used", &f->at);
}

static void tell_out_of_bounds(struct vs_checker *c, const struct vs_finding *f, FILE *out)
{
	const struct vs_object *o = f->about;

	tell_access_kind(f, out);
	fprintf(out, " at offset %" PRIu64 ", past the end of an object of %zu bytes",
		f->a - header_bytes(o), bytes_asked(o));
	tell_object(c, o, out);
	vs_tell_by(c, out, "used", &f->at);
}

static void tell_unallocated(struct vs_checker *c, const struct vs_finding *f, FILE *out)
{
	tell_access_kind(f, out);
	fputs(" of memory that belongs to no object", out);
	vs_tell_by(c, out, "used", &f->at);
}

static void tell_double_free(struct vs_checker *c, const struct vs_finding *f, FILE *out)
{
	const struct vs_object *o = f->about;

	fprintf(out, "an object of %zu bytes is freed again", bytes_asked(o));
	tell_object(c, o, out);
	vs_tell_by(c, out, "freed again", &f->at);
}

static void tell_bad_free(struct vs_checker *c, const struct vs_finding *f, FILE *out)
{
	const struct vs_object *o = f->about;

	if (!o) {
		fputs("something is freed that was never allocated", out);
	} else {
		fprintf(out, "freed at offset %" PRIu64 " of an object of %zu bytes", f->a,
			bytes_asked(o));
		tell_object(c, o, out);
	}
	vs_tell_by(c, out, "freed", &f->at);
}

static void tell_double_alloc(struct vs_checker *c, const struct vs_finding *f, FILE *out)
{
	const struct vs_object *o = f->about;

	fprintf(out, "an object of %zu bytes is allocated over another in use", (size_t)f->a);
	tell_object(c, o, out);
	vs_tell_by(c, out, "allocated again", &f->at);
}

static void tell_leak(struct vs_checker *c, const struct vs_finding *f, FILE *out)
{
	const struct vs_object *o = f->about;

	fprintf(out, "an object of %zu bytes (%s) is left although the VM is gone", o->bytes,
		o->class == VS_MEM_TABLE ? "table" : "vCPU");
	tell_object(c, o, out);
}

/* `o` may be NULL. Pinned if kept: its final stamps are what the text tells. */
static void report(struct vs_checker *c, struct vs_finding f, struct vs_object *o)
{
	f.about = o;
	if (vs_check_add(c, &f) && o)
		o->pinned = true;
}

/* -- watched lines ------------------------------------------------------------------------------
 */

static void watch(struct vs_checker *c, uintptr_t addr, size_t bytes, bool on)
{
	if (bytes)
		vs_hw_watch_lines(c->hw, addr, bytes, on);
}

/* The lines of an object are given free; those which it shares with others, when they allow it
 * too. */
static void settled(void *ctx, struct vs_object *o)
{
	struct vs_checker *c = ctx;
	uintptr_t first = o->addr & ~(LINE - 1), end = o->addr + o->bytes;
	uintptr_t last = (end - 1) & ~(LINE - 1);

	if (!o->bytes)
		return;
	if (vs_objects_all_live(c->mem->objects, first, LINE))
		watch(c, first, LINE, false);
	if (last != first && vs_objects_all_live(c->mem->objects, last, LINE))
		watch(c, last, LINE, false);
	if (last > first + LINE &&
	    vs_objects_all_live(c->mem->objects, first + LINE, last - first - LINE))
		watch(c, first + LINE, last - first - LINE, false);
}

/* -- hooks ----------------------------------------------------------------------------------------
 */

static void grown(void *ctx, uint32_t core, uintptr_t addr, size_t bytes, vs_ps now)
{
	struct vs_checker *c = ctx;
	struct vs_stamp at = vs_check_stamp(c, core, now, 0);

	vs_objects_grow(c->mem->objects, addr, bytes, &at);
	watch(c, addr, bytes, true);
}

static void alloced(void *ctx, uint32_t core, uintptr_t addr, size_t bytes, enum vs_mem_class class,
		    uintptr_t site, vs_ps now)
{
	struct vs_checker *c = ctx;
	struct vs_stamp at = vs_check_stamp(c, core, now, site);
	struct vs_object *o, *in_use;

	vs_objects_advance(c->mem->objects, now, settled, c);
	in_use = vs_objects_put(c->mem->objects, addr, bytes, class, &at, &o);
	if (!in_use)
		return;
	/* its lines may not be watched, and are no longer what they were */
	watch(c, addr, bytes, true);
	watch(c, in_use->addr, in_use->bytes, true);
	report(c,
	       (struct vs_finding){.kind = VS_CHECK_DOUBLE_ALLOC,
				   .at = at,
				   .a = bytes,
				   .tell = tell_double_alloc},
	       in_use);
}

/* Allocated when the last VM went, and not yet freed. */
static bool is_left(const struct vs_mem_check *m, const struct vs_object *o)
{
	return (o->class == VS_MEM_TABLE || o->class == VS_MEM_VCPU) &&
	       o->alloc.time <= m->gone.time && !(o->freed && o->free.time <= m->gone.time);
}

/* To be judged again at the end: an earlier free may come yet. */
static void judge_left(struct vs_mem_check *m, struct vs_object *o)
{
	if (!is_left(m, o))
		return;
	o->pinned = true;
	m->left = vs_check_room(m->left, m->n_left, &m->cap_left, sizeof(*m->left));
	m->left[m->n_left++] = o;
}

static void freed(void *ctx, uint32_t core, uintptr_t addr, uintptr_t site, vs_ps now)
{
	struct vs_checker *c = ctx;
	struct vs_stamp at = vs_check_stamp(c, core, now, site), second;
	struct vs_object *o;

	vs_objects_advance(c->mem->objects, now, settled, c);
	o = vs_objects_find(c->mem->objects, addr, core, now);
	if (!o || o->addr != addr) {
		bool inside = o && addr - o->addr < o->bytes;

		report(c,
		       (struct vs_finding){.kind = VS_CHECK_BAD_FREE,
					   .at = at,
					   .a = inside ? addr - o->addr : 0,
					   .tell = tell_bad_free},
		       inside ? o : NULL);
		return;
	}
	/* The second of two frees is the one with the later stamp, also if the host ran it first.
	 */
	if (vs_object_freed(o, &at, &second)) {
		report(c,
		       (struct vs_finding){.kind = VS_CHECK_DOUBLE_FREE,
					   .at = second,
					   .tell = tell_double_free},
		       o);
		return;
	}
	watch(c, o->addr, o->bytes, true);
	if (c->mem->vms_gone)
		judge_left(c->mem, o);
}

void vs_check_mem_hooks(struct vs_checker *c, struct vs_mem_watch *out)
{
	*out = (struct vs_mem_watch){.ctx = c, .grown = grown, .alloced = alloced, .freed = freed};
}

/* -- accesses -------------------------------------------------------------------------------------
 */

/* What is wrong with it: VS_CHECK_KINDS if nothing. */
static enum vs_check_kind verdict(const struct vs_object *o, uint32_t cpu, vs_ps now,
				  uintptr_t addr, size_t size)
{
	uint64_t offset;

	if (!o)
		return VS_CHECK_UNALLOCATED;
	offset = addr - o->addr;
	/* far behind the nearest object it is hardly that one which is meant */
	if (offset >= o->bytes + LINE && offset >= 2 * o->bytes)
		return VS_CHECK_UNALLOCATED;
	if (offset < o->bytes && vs_object_known_free(o, cpu, now))
		return VS_CHECK_USE_AFTER_FREE;
	return offset + size > o->bytes ? VS_CHECK_OUT_OF_BOUNDS : VS_CHECK_KINDS;
}

static bool seen_before(struct seen *s, uintptr_t addr, size_t size, unsigned kind, uintptr_t pc,
			vs_ps now)
{
	if (s->any && s->addr == addr && s->size == size && s->kind == kind && s->pc == pc &&
	    s->time == now)
		return true;
	*s = (struct seen){
		.addr = addr, .size = size, .kind = kind, .pc = pc, .time = now, .any = true};
	return false;
}

static void judge_access(struct vs_checker *c, uint32_t cpu, vs_ps now, uintptr_t addr, size_t size,
			 unsigned kind, uintptr_t pc)
{
	struct vs_mem_check *m = c->mem;
	struct vs_finding f = {.b = size, .c = kind};
	struct vs_object *o;

	if (!vs_objects_ours(m->objects, addr, cpu, now))
		return;
	o = vs_objects_find(m->objects, addr, cpu, now);
	f.kind = verdict(o, cpu, now, addr, size);
	if (f.kind == VS_CHECK_KINDS)
		return;
	f.a = o ? addr - o->addr : 0;
	f.at = vs_check_stamp(c, cpu, now, pc);
	if (f.kind == VS_CHECK_USE_AFTER_FREE)
		f.tell = tell_used_freed;
	else if (f.kind == VS_CHECK_OUT_OF_BOUNDS)
		f.tell = tell_out_of_bounds;
	else
		f.tell = tell_unallocated;
	report(c, f, f.kind == VS_CHECK_UNALLOCATED ? NULL : o);
}

void vs_check_access(struct vs_core *core, uintptr_t addr, size_t size, unsigned kind, uintptr_t pc)
{
	struct vs_checker *c = vs_check_now;

	if (!c || seen_before(&c->mem->seen[core->id], addr, size, kind, pc, core->clock))
		return;
	judge_access(c, core->id, core->clock, addr, size, kind, pc);
	vs_objects_advance(c->mem->objects, core->clock, settled, c);
}

/* -- the end -------------------------------------------------------------------------------------
 */

/* What is freed later comes to judge_left when it is; what has been freed here already, by a CPU
 * that ran ahead, comes now; what is never freed comes at the end. */
void vs_mem_check_vms_gone(struct vs_checker *c, const struct vs_stamp *at)
{
	struct vs_mem_check *m = c->mem;
	struct vs_object *o = NULL;

	m->gone = *at;
	m->vms_gone = true;
	while ((o = vs_objects_next(m->objects, o ? o->addr + 1 : 0))) {
		if (o->freed)
			judge_left(m, o);
	}
}

static int by_alloc(const void *x, const void *y)
{
	return vs_stamp_order(&(*(struct vs_object *const *)x)->alloc,
			      &(*(struct vs_object *const *)y)->alloc);
}

void vs_mem_check_finish(struct vs_checker *c)
{
	struct vs_mem_check *m = c->mem;
	struct vs_object *o = NULL;
	uint32_t i;

	if (!m->vms_gone)
		return;
	while ((o = vs_objects_next(m->objects, o ? o->addr + 1 : 0))) {
		if (!o->freed)
			judge_left(m, o);
	}
	if (m->n_left)
		qsort(m->left, m->n_left, sizeof(*m->left), by_alloc);
	for (i = 0; i < m->n_left; i++)
		report(c,
		       (struct vs_finding){
			       .kind = VS_CHECK_LEAK, .at = m->gone, .a = i, .tell = tell_leak},
		       m->left[i]);
}

bool vs_check_allocation(const struct vs_checker *c, uintptr_t addr, struct vs_allocation *out)
{
	const struct vs_object *o = vs_objects_find(c->mem->objects, addr, 0, VS_PS_NEVER);

	if (!o || addr - o->addr >= o->bytes || addr - o->addr < header_bytes(o))
		return false;
	*out = (struct vs_allocation){o->addr + header_bytes(o), o->alloc.pc, bytes_asked(o),
				      o->class};
	return true;
}
