/*
 * vCPUs: who is handed out is ready, who was created is found, walks miss nobody.
 *
 * Fed by vs_note(). One VM at a time, as index or id alone names a vCPU; walks that are told are
 * walks over all vCPUs from index 0. "Created" and "ready" count for a reader as far as its CPU can
 * know (check.h) - for a look-up or walk, when it began. That a vCPU goes (VS_NOTE_VCPU_LEAVING, at
 * the latest VS_NOTE_VCPU_GONE) excuses missing it from its exact time on; so what is missed is
 * judged at the end of the run.
 */
#include "sim/check/private.h"

#include <inttypes.h>
#include <stdlib.h>

#include "sim/host/host.h"

/* By what a vCPU is asked for */
enum key { INDEX, ID, KEYS };

static const char *const key_name[KEYS] = {[INDEX] = "index", [ID] = "id"};

/* One vCPU that is or was there. */
struct vcpu {
	const void *obj;
	uint32_t key[KEYS];
	struct vs_stamp ready, created, leaving, gone;
	bool is_created, is_leaving, is_gone;
	struct vcpu *older[KEYS]; /* the one before it of the same key */
};

/* An index or id. What nearly every visit needs stands close together: a walk passes thousands. */
struct slot {
	const void *obj; /* the newest ... */
	vs_ps known; /* ... may be handed out by anybody from here on; VS_PS_NEVER: ask further */
	struct vcpu *newest;
};

struct book {
	struct slot *slot;
	uint32_t n, cap;
};

struct walk {
	const void *vm;
	struct vs_stamp begin; /* not drawn from the CPU's sequence: known is not used */
	uint64_t next;         /* lowest index that may come next */
};

struct thread {
	struct walk *walk; /* open ones, the innermost last */
	uint32_t n, cap;
	struct vs_stamp get_begin;
	bool in_get;
	const void *named; /* the vCPU whose id was told, until it is ready */
	uint32_t id;
};

struct vs_vcpu_check {
	struct book book[KEYS];
	struct thread *thread; /* by vs_task_id */
	uint32_t cap_threads;
	uint32_t vms;
	struct vs_finding *missed; /* to be judged at the end */
	uint32_t n_missed, cap_missed;
};

/* Enough to find the first ones of a kind; whatever comes after is the same fault again. */
#define MISSED_KEPT 65536

struct vs_vcpu_check *vs_vcpu_check_new(void)
{
	return calloc(1, sizeof(struct vs_vcpu_check));
}

void vs_vcpu_check_free(struct vs_vcpu_check *v)
{
	struct book *b;
	struct vcpu *p;
	uint32_t i;

	if (!v)
		return;
	b = &v->book[INDEX]; /* everyone is in it */
	for (i = 0; i < b->n; i++) {
		while ((p = b->slot[i].newest)) {
			b->slot[i].newest = p->older[INDEX];
			free(p);
		}
	}
	for (i = 0; i < v->cap_threads; i++)
		free(v->thread[i].walk);
	for (i = 0; i < KEYS; i++)
		free(v->book[i].slot);
	free(v->thread);
	free(v->missed);
	free(v);
}

/* -- texts ---------------------------------------------------------------------------------------
 */

static void tell_handed_out(struct vs_checker *c, const struct vs_finding *f, FILE *out)
{
	const struct vcpu *p = f->about;

	(void)c;
	fprintf(out, "%s of %s %" PRIu64 " handed out ", f->c ? "the walk" : "the look-up",
		key_name[f->d], f->a);
	if (f->kind == VS_CHECK_WRONG_VCPU)
		fprintf(out, "the vCPU of %s %u", key_name[f->d], (unsigned)p->key[f->d]);
	else if (f->kind == VS_CHECK_GONE)
		fputs("a vCPU that is gone since ", out), vs_tell_time(out, p->gone.time);
	else
		fputs("a vCPU that is not ready", out);
}

static void tell_missed(struct vs_checker *c, const struct vs_finding *f, FILE *out)
{
	const struct vcpu *p = f->about;

	(void)c;
	fprintf(out, "%s that began at ",
		f->kind == VS_CHECK_LOST ? "a look-up gave NULL" : "a walk");
	vs_tell_time(out, f->b);
	fprintf(out, f->kind == VS_CHECK_LOST ? " for" : " has not visited");
	fprintf(out, " %s %" PRIu64 ", whose create had returned at ", key_name[f->d], f->a);
	vs_tell_time(out, p->created.time);
}

static void tell_order(struct vs_checker *c, const struct vs_finding *f, FILE *out)
{
	(void)c;
	fprintf(out, "a walk visited index %" PRIu64 " after index %" PRIu64, f->a, f->b);
}

static void tell_never_ready(struct vs_checker *c, const struct vs_finding *f, FILE *out)
{
	(void)c;
	fprintf(out, "the create of index %" PRIu64 " returned, but the vCPU was never ready",
		f->a);
}

/* -- who is where
 * ---------------------------------------------------------------------------------- */

/* A moment in a thread's life, which nobody else has to know of. */
static struct vs_stamp moment(uint32_t cpu, vs_ps now)
{
	return (struct vs_stamp){.time = now, .known = now, .cpu = cpu};
}

static struct thread *this_thread(struct vs_vcpu_check *v)
{
	uint32_t id = vs_task_id(vs_task_current());

	if (id >= v->cap_threads)
		v->thread = vs_check_room(v->thread, id, &v->cap_threads, sizeof(*v->thread));
	return &v->thread[id];
}

static void enter(struct book *b, enum key key, uint32_t n, struct vcpu *p)
{
	struct slot *s;

	b->slot = vs_check_room(b->slot, n, &b->cap, sizeof(*b->slot));
	if (n >= b->n)
		b->n = n + 1;
	s = &b->slot[n];
	p->key[key] = n;
	p->older[key] = s->newest;
	*s = (struct slot){.obj = p->obj, .known = p->ready.known, .newest = p};
}

static void now_ready(struct vs_checker *c, const void *obj, uint64_t index, struct vs_stamp at)
{
	struct vs_vcpu_check *v = c->vcpu;
	struct thread *t = this_thread(v);
	struct vcpu *p = vs_check_alloc(1, sizeof(*p));

	p->obj = obj;
	p->ready = at;
	enter(&v->book[INDEX], INDEX, (uint32_t)index, p);
	if (t->named == obj)
		enter(&v->book[ID], ID, t->id, p);
	else
		p->key[ID] = UINT32_MAX; /* nobody's */
	t->named = NULL;
}

static struct vcpu *newest(const struct book *b, uint64_t n)
{
	return n < b->n ? b->slot[n].newest : NULL;
}

static struct vcpu *of(const struct vs_vcpu_check *v, const void *obj, uint64_t index)
{
	struct vcpu *p = newest(&v->book[INDEX], index);

	while (p && p->obj != obj)
		p = p->older[INDEX];
	return p;
}

static void now_created(struct vs_checker *c, const void *obj, uint64_t index, struct vs_stamp at)
{
	struct vcpu *p = of(c->vcpu, obj, index);

	if (!p) {
		vs_check_add(c, &(struct vs_finding){.kind = VS_CHECK_NOT_READY,
						     .at = at,
						     .a = index,
						     .tell = tell_never_ready});
		return;
	}
	if (!p->is_created) {
		p->created = at;
		p->is_created = true;
	}
}

static void now_leaving(struct vs_checker *c, const void *obj, uint64_t index, struct vs_stamp at)
{
	struct vcpu *p = of(c->vcpu, obj, index);

	if (p && !p->is_leaving) {
		p->leaving = at;
		p->is_leaving = true;
	}
}

/* Whoever gets it from now on is to be judged. */
static void forget(struct book *b, uint64_t n, const void *obj)
{
	if (n < b->n && b->slot[n].obj == obj)
		b->slot[n].known = VS_PS_NEVER;
}

static void now_gone(struct vs_checker *c, const void *obj, uint64_t index, struct vs_stamp at)
{
	struct vcpu *p = of(c->vcpu, obj, index);

	now_leaving(c, obj, index, at);
	if (p && !p->is_gone) {
		p->gone = at;
		p->is_gone = true;
		forget(&c->vcpu->book[INDEX], index, obj);
		forget(&c->vcpu->book[ID], p->key[ID], obj);
	}
}

/* The newest vCPU at this address that cpu can know of, under another key. */
static const struct vcpu *elsewhere(const struct vs_vcpu_check *v, const void *obj, uint32_t cpu,
				    vs_ps now)
{
	const struct book *b = &v->book[INDEX];
	const struct vcpu *found = NULL, *p;
	uint32_t i;

	for (i = 0; i < b->n; i++) {
		for (p = b->slot[i].newest; p; p = p->older[INDEX]) {
			if (p->obj == obj && vs_known(&p->ready, cpu, now) &&
			    (!found || vs_stamp_order(&p->ready, &found->ready) > 0))
				found = p;
		}
	}
	return found;
}

/* What was asked for, and by what */
struct asked {
	enum key key;
	uint64_t n;
	bool by_walk;
};

static void report_handed_out(struct vs_checker *c, const struct vcpu *p, const void *obj,
			      struct asked asked, uint32_t cpu, vs_ps now)
{
	struct vs_finding f = {.kind = VS_CHECK_GONE,
			       .at = vs_check_stamp(c, cpu, now, 0),
			       .a = asked.n,
			       .c = asked.by_walk,
			       .d = asked.key,
			       .tell = tell_handed_out};

	if (!p) {
		p = elsewhere(c->vcpu, obj, cpu, now);
		f.kind = p ? VS_CHECK_WRONG_VCPU : VS_CHECK_NOT_READY;
	}
	f.about = p;
	vs_check_add(c, &f);
}

static void judge_handed_out(struct vs_checker *c, const void *obj, struct asked asked,
			     uint32_t cpu, vs_ps now)
{
	const struct book *b = &c->vcpu->book[asked.key];
	const struct vcpu *p;

	if (obj && asked.n < b->n && b->slot[asked.n].obj == obj && b->slot[asked.n].known <= now)
		return;
	p = newest(b, asked.n);
	while (p && (p->obj != obj || !vs_known(&p->ready, cpu, now)))
		p = p->older[asked.key];
	if (!p || (p->is_gone && vs_known(&p->gone, cpu, now)))
		report_handed_out(c, p, obj, asked, cpu, now);
}

/* -- who is missed
 * ----------------------------------------------------------------------------------- */

/* The vCPU of a key whose create had returned, as known when a read began; NULL: none. */
static const struct vcpu *created_by(const struct vs_vcpu_check *v, enum key key, uint64_t n,
				     const struct vs_stamp *begin)
{
	const struct vcpu *p = newest(&v->book[key], n);

	while (p && !(p->is_created && vs_known(&p->created, begin->cpu, begin->time)))
		p = p->older[key];
	return p;
}

static void missed(struct vs_checker *c, enum vs_check_kind kind, enum key key,
		   const struct vcpu *p, const struct vs_stamp *begin, uint32_t cpu, vs_ps now)
{
	struct vs_vcpu_check *v = c->vcpu;

	if (v->n_missed == MISSED_KEPT)
		return;
	v->missed = vs_check_room(v->missed, v->n_missed, &v->cap_missed, sizeof(*v->missed));
	v->missed[v->n_missed++] = (struct vs_finding){.kind = kind,
						       .at = vs_check_stamp(c, cpu, now, 0),
						       .about = p,
						       .a = p->key[key],
						       .b = begin->time,
						       .d = key,
						       .tell = tell_missed};
}

void vs_vcpu_check_finish(struct vs_checker *c)
{
	struct vs_vcpu_check *v = c->vcpu;
	uint32_t i;

	for (i = 0; i < v->n_missed; i++) {
		const struct vcpu *p = v->missed[i].about;

		if (!p->is_leaving || p->leaving.time > v->missed[i].at.time)
			vs_check_add(c, &v->missed[i]);
	}
}

/* -- look-ups and walks
 * -------------------------------------------------------------------------------- */

static void get_end(struct vs_checker *c, const void *obj, struct asked asked, uint32_t cpu,
		    vs_ps now)
{
	struct thread *t = this_thread(c->vcpu);
	struct vs_stamp begin = t->in_get ? t->get_begin : moment(cpu, now);
	const struct vcpu *p;

	t->in_get = false;
	if (obj) {
		judge_handed_out(c, obj, asked, cpu, now);
		return;
	}
	p = created_by(c->vcpu, asked.key, asked.n, &begin);
	if (p)
		missed(c, VS_CHECK_LOST, asked.key, p, &begin, cpu, now);
}

static void walk_begin(struct vs_checker *c, const void *vm, uint32_t cpu, vs_ps now)
{
	struct thread *t = this_thread(c->vcpu);

	t->walk = vs_check_room(t->walk, t->n, &t->cap, sizeof(*t->walk));
	t->walk[t->n++] = (struct walk){.vm = vm, .begin = moment(cpu, now)};
}

/* [w->next, end) was not visited. */
static void passed_over(struct vs_checker *c, struct walk *w, uint64_t end, uint32_t cpu, vs_ps now)
{
	const struct vcpu *p;

	for (; w->next < end; w->next++) {
		p = created_by(c->vcpu, INDEX, w->next, &w->begin);
		if (p)
			missed(c, VS_CHECK_WALK_MISSED, INDEX, p, &w->begin, cpu, now);
	}
}

static void walk_visit(struct vs_checker *c, const void *obj, uint64_t index, uint32_t cpu,
		       vs_ps now)
{
	struct thread *t = this_thread(c->vcpu);
	struct walk *w = t->n ? &t->walk[t->n - 1] : NULL;
	uint32_t n = c->vcpu->book[INDEX].n;

	judge_handed_out(c, obj, (struct asked){INDEX, index, true}, cpu, now);
	if (!w)
		return;
	if (index < w->next) {
		vs_check_add(c, &(struct vs_finding){.kind = VS_CHECK_WALK_ORDER,
						     .at = vs_check_stamp(c, cpu, now, 0),
						     .a = index,
						     .b = w->next - 1,
						     .tell = tell_order});
		return;
	}
	if (index > w->next)
		passed_over(c, w, index < n ? index : n, cpu, now);
	w->next = index + 1;
}

/* Walks of one thread end innermost first; one of another vm that is still open inside was left
 * without a word. */
static void walk_end(struct vs_checker *c, const void *vm, bool early, uint32_t cpu, vs_ps now)
{
	struct thread *t = this_thread(c->vcpu);

	while (t->n && t->walk[t->n - 1].vm != vm)
		t->n--;
	if (!t->n)
		return;
	if (!early)
		passed_over(c, &t->walk[t->n - 1], c->vcpu->book[INDEX].n, cpu, now);
	t->n--;
}

static void vm_destroyed(struct vs_checker *c, const struct vs_stamp *at)
{
	if (c->vcpu->vms && !--c->vcpu->vms)
		vs_mem_check_vms_gone(c, at);
}

/* Notes of a thread's own doings */
static void note_read(struct vs_checker *c, enum vs_note what, const void *obj, uint64_t a,
		      uint32_t cpu, vs_ps now)
{
	struct thread *t;

	switch (what) {
	case VS_NOTE_GET_BEGIN:
	case VS_NOTE_GET_ID_BEGIN:
		t = this_thread(c->vcpu);
		t->get_begin = moment(cpu, now);
		t->in_get = true;
		break;
	case VS_NOTE_GET_END:
		get_end(c, obj, (struct asked){INDEX, a, false}, cpu, now);
		break;
	case VS_NOTE_GET_ID_END:
		get_end(c, obj, (struct asked){ID, a, false}, cpu, now);
		break;
	case VS_NOTE_WALK_BEGIN:
		walk_begin(c, obj, cpu, now);
		break;
	case VS_NOTE_WALK_VISIT:
		walk_visit(c, obj, a, cpu, now);
		break;
	case VS_NOTE_WALK_END:
		walk_end(c, obj, a, cpu, now);
		break;
	default:
		break;
	}
}

static void now_named(struct vs_checker *c, const void *obj, uint64_t id)
{
	struct thread *t = this_thread(c->vcpu);

	t->named = obj;
	t->id = (uint32_t)id;
}

/* Notes that change what is true for all */
static void note_change(struct vs_checker *c, enum vs_note what, const void *obj, uint64_t a,
			uint32_t cpu, vs_ps now)
{
	struct vs_stamp at = vs_check_stamp(c, cpu, now, 0);

	if (what == VS_NOTE_VM_CREATED)
		c->vcpu->vms++;
	else if (what == VS_NOTE_VM_DESTROYED)
		vm_destroyed(c, &at);
	else if (what == VS_NOTE_VCPU_ID)
		now_named(c, obj, a);
	else if (what == VS_NOTE_VCPU_READY)
		now_ready(c, obj, a, at);
	else if (what == VS_NOTE_VCPU_CREATED)
		now_created(c, obj, a, at);
	else if (what == VS_NOTE_VCPU_LEAVING)
		now_leaving(c, obj, a, at);
	else
		now_gone(c, obj, a, at);
}

void vs_note(enum vs_note what, const void *obj, uint64_t a)
{
	struct vs_checker *c = vs_check_now;

	if (!c || !vs_core_now || !vs_ctx_now)
		return;
	if (what >= VS_NOTE_GET_BEGIN && what <= VS_NOTE_WALK_END)
		note_read(c, what, obj, a, vs_core_now->id, vs_core_now->clock);
	else if (what <= VS_NOTE_VCPU_GONE)
		note_change(c, what, obj, a, vs_core_now->id, vs_core_now->clock);
	if (c->note_mask & (1u << what))
		c->note_fn(c->note_ctx, vs_core_now->id, vs_core_now->clock, what, obj, a);
}
