/*
 * RCU and SRCU: nobody sleeps in an RCU reader, sections are balanced, nobody waits for a grace
 * period inside one, and no grace period ends before a reader that began before it.
 *
 * The last by stamps: a reader that began at s (known where and when the grace period begins) and
 * ended at u (not known where and when it ends) was not waited for. Ends that are a while ago are
 * forgotten; readers that have not ended on the host yet are open here and so cannot be known to
 * have ended either.
 */
#include "sim/check/private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct section {
	const void *domain; /* NULL: RCU */
	unsigned idx;
	uint32_t depth;
	struct vs_stamp begin, end; /* end: once it is closed */
};

struct reader { /* a thread */
	struct section *open, *closed;
	uint32_t n_open, cap_open, first_closed, n_closed, cap_closed;
};

struct grace_period {
	const void *domain;
	uint64_t number;
	struct vs_stamp begin;
};

struct vs_rcu_check {
	struct reader *reader; /* by vs_task_id */
	uint32_t n, cap;
	struct grace_period *gp;
	uint32_t n_gp, cap_gp;
};

struct vs_rcu_check *vs_rcu_check_new(void)
{
	return calloc(1, sizeof(struct vs_rcu_check));
}

void vs_rcu_check_free(struct vs_rcu_check *r)
{
	uint32_t i;

	if (!r)
		return;
	for (i = 0; i < r->n; i++) {
		free(r->reader[i].open);
		free(r->reader[i].closed);
	}
	free(r->reader);
	free(r->gp);
	free(r);
}

/* -- texts; a: thread, b: begin of the section, c: its pc, d: indices
 * ------------------------------ */

static const char *domain_name(const void *domain)
{
	return domain ? "SRCU" : "RCU";
}

static void tell_section(struct vs_checker *c, const struct vs_finding *f, FILE *out)
{
	fprintf(out, "; section of thread %" PRIu64 " begun by ", f->a);
	vs_tell_site(c, out, (uintptr_t)f->c);
	fputs(" at ", out);
	vs_tell_time(out, f->b);
}

static void tell_sleep(struct vs_checker *c, const struct vs_finding *f, FILE *out)
{
	fputs("sleeps, or enters the guest, inside an RCU reader", out);
	tell_section(c, f, out);
	vs_tell_by(c, out, "sleeps", &f->at);
}

static void tell_sync(struct vs_checker *c, const struct vs_finding *f, FILE *out)
{
	fprintf(out, "waits for %s readers inside %s reader", domain_name(f->about),
		f->d ? "an SRCU" : "an RCU");
	tell_section(c, f, out);
	vs_tell_by(c, out, "waits", &f->at);
}

static void tell_unlock(struct vs_checker *c, const struct vs_finding *f, FILE *out)
{
	fprintf(out, "%s reader section ended that was not begun", domain_name(f->about));
	if (f->d) {
		fprintf(out, " with this index (%u, begun with %u)", (unsigned)(f->d >> 32),
			(unsigned)(f->d & UINT32_MAX) - 1);
		tell_section(c, f, out);
	}
	vs_tell_by(c, out, "ended", &f->at);
}

static void tell_exit(struct vs_checker *c, const struct vs_finding *f, FILE *out)
{
	fprintf(out, "a thread ended inside an %s reader", domain_name(f->about));
	tell_section(c, f, out);
}

static void tell_short(struct vs_checker *c, const struct vs_finding *f, FILE *out)
{
	fprintf(out, "%s grace period %" PRIu64 " ended before a reader that began before it",
		domain_name(f->about), f->d);
	tell_section(c, f, out);
}

static struct vs_finding about_section(enum vs_check_kind kind, const struct vs_stamp *at,
				       uint32_t task, const struct section *s)
{
	return (struct vs_finding){
		.kind = kind,
		.at = *at,
		.a = task,
		.b = s ? s->begin.time : 0,
		.c = s ? s->begin.pc : 0,
	};
}

/* -- sections
 * --------------------------------------------------------------------------------------- */

static struct reader *reader_of(struct vs_checker *c, uint32_t task)
{
	struct vs_rcu_check *r = c->rcu;

	r->reader = vs_check_room(r->reader, task, &r->cap, sizeof(*r->reader));
	if (task >= r->n)
		r->n = task + 1;
	return &r->reader[task];
}

/* idx NULL: with any index */
static struct section *find_open(struct reader *r, const void *domain, const unsigned *idx)
{
	uint32_t i;

	for (i = 0; i < r->n_open; i++) {
		if (r->open[i].domain == domain && (!idx || r->open[i].idx == *idx))
			return &r->open[i];
	}
	return NULL;
}

static void lock(void *ctx, uint32_t core, uint32_t task, vs_ps now, const void *domain,
		 unsigned idx, uintptr_t pc)
{
	struct vs_checker *c = ctx;
	struct reader *r = reader_of(c, task);
	struct section *s = find_open(r, domain, &idx);

	if (s) {
		s->depth++;
		return;
	}
	r->open = vs_check_room(r->open, r->n_open, &r->cap_open, sizeof(*r->open));
	r->open[r->n_open++] = (struct section){.domain = domain,
						.idx = idx,
						.depth = 1,
						.begin = vs_check_stamp(c, core, now, pc)};
}

/*
 * Nothing will be judged at or before now - W any more, and by then an end at u is known if u + W
 * has come. Closed sections stand in [first_closed, n_closed), the oldest first.
 */
static void forget_closed(struct vs_checker *c, struct reader *r, vs_ps now)
{
	uint32_t n;

	while (r->first_closed < r->n_closed &&
	       r->closed[r->first_closed].end.known + c->history <= now)
		r->first_closed++;
	n = r->n_closed - r->first_closed;
	if (r->first_closed <= n)
		return;
	memcpy(r->closed, r->closed + r->first_closed, n * sizeof(*r->closed));
	r->first_closed = 0;
	r->n_closed = n;
}

static void close_section(struct vs_checker *c, struct reader *r, struct section *s,
			  const struct vs_stamp *at)
{
	uint32_t i = (uint32_t)(s - r->open);

	forget_closed(c, r, at->time);
	if (!c->booting) { /* what ends while booting is known to all at once */
		r->closed =
			vs_check_room(r->closed, r->n_closed, &r->cap_closed, sizeof(*r->closed));
		s->end = *at;
		r->closed[r->n_closed++] = *s;
	}
	for (r->n_open--; i < r->n_open; i++)
		r->open[i] = r->open[i + 1];
}

static void unlock(void *ctx, uint32_t core, uint32_t task, vs_ps now, const void *domain,
		   unsigned idx, uintptr_t pc)
{
	struct vs_checker *c = ctx;
	struct reader *r = reader_of(c, task);
	struct section *s = find_open(r, domain, &idx);
	struct vs_finding f;
	struct vs_stamp at;

	if (s && --s->depth)
		return;
	at = vs_check_stamp(c, core, now, pc);
	if (s) {
		close_section(c, r, s, &at);
		return;
	}
	s = find_open(r, domain, NULL);
	f = about_section(VS_CHECK_UNBALANCED, &at, task, s);
	f.about = domain;
	f.d = s ? (uint64_t)idx << 32 | (s->idx + 1) : 0;
	f.tell = tell_unlock;
	vs_check_add(c, &f);
}

static void sleeping(void *ctx, uint32_t core, uint32_t task, vs_ps now, uintptr_t pc)
{
	struct vs_checker *c = ctx;
	struct section *s = find_open(reader_of(c, task), NULL, NULL);
	struct vs_stamp at;
	struct vs_finding f;

	if (!s)
		return;
	at = vs_check_stamp(c, core, now, pc);
	f = about_section(VS_CHECK_SLEEP_IN_READER, &at, task, s);
	f.tell = tell_sleep;
	vs_check_add(c, &f);
}

static void synchronizing(void *ctx, uint32_t core, uint32_t task, vs_ps now, const void *domain,
			  uintptr_t pc)
{
	struct vs_checker *c = ctx;
	struct reader *r = reader_of(c, task);
	struct section *s = find_open(r, NULL, NULL);
	struct vs_stamp at;
	struct vs_finding f;

	if (!s)
		s = find_open(r, domain, NULL);
	if (!s)
		return;
	at = vs_check_stamp(c, core, now, pc);
	f = about_section(VS_CHECK_SYNC_IN_READER, &at, task, s);
	f.about = domain;
	f.d = s->domain != NULL;
	f.tell = tell_sync;
	vs_check_add(c, &f);
}

static void exited(void *ctx, uint32_t core, uint32_t task, vs_ps now)
{
	struct vs_checker *c = ctx;
	struct reader *r = reader_of(c, task);
	struct vs_stamp at;
	struct vs_finding f;
	uint32_t i;

	for (i = 0; i < r->n_open; i++) {
		at = vs_check_stamp(c, core, now, 0);
		f = about_section(VS_CHECK_UNBALANCED, &at, task, &r->open[i]);
		f.about = r->open[i].domain;
		f.tell = tell_exit;
		vs_check_add(c, &f);
	}
	r->n_open = 0;
}

/* -- grace periods
 * ----------------------------------------------------------------------------------- */

static void gp_begin(void *ctx, uint32_t core, vs_ps now, const void *domain, uint64_t seq)
{
	struct vs_checker *c = ctx;
	struct vs_rcu_check *r = c->rcu;

	r->gp = vs_check_room(r->gp, r->n_gp, &r->cap_gp, sizeof(*r->gp));
	r->gp[r->n_gp++] = (struct grace_period){
		.domain = domain, .number = seq, .begin = vs_check_stamp(c, core, now, 0)};
	if (c->hears_gp.gp)
		c->hears_gp.gp(c->hears_gp.ctx, core, now, domain, seq, true);
}

static bool take_gp(struct vs_rcu_check *r, const void *domain, uint64_t number,
		    struct grace_period *out)
{
	uint32_t i;

	for (i = 0; i < r->n_gp; i++) {
		if (r->gp[i].domain != domain || r->gp[i].number != number)
			continue;
		*out = r->gp[i];
		for (r->n_gp--; i < r->n_gp; i++)
			r->gp[i] = r->gp[i + 1];
		return true;
	}
	return false;
}

/* All findings of one end share its stamp; they are told apart by thread and begin. */
static void judge_section(struct vs_checker *c, const struct grace_period *gp,
			  const struct vs_stamp *end, uint32_t task, const struct section *s,
			  bool closed)
{
	struct vs_finding f;

	if (s->domain != gp->domain || !vs_known(&s->begin, gp->begin.cpu, gp->begin.time) ||
	    (closed && vs_known(&s->end, end->cpu, end->time)))
		return;
	f = about_section(VS_CHECK_SHORT_GRACE_PERIOD, end, task, s);
	f.about = gp->domain;
	f.d = gp->number;
	f.tell = tell_short;
	vs_check_add(c, &f);
}

static void gp_end(void *ctx, uint32_t core, vs_ps now, const void *domain, uint64_t seq)
{
	struct vs_checker *c = ctx;
	struct vs_rcu_check *r = c->rcu;
	struct vs_stamp end = vs_check_stamp(c, core, now, 0);
	struct grace_period gp;
	uint32_t i, j;

	if (c->hears_gp.gp)
		c->hears_gp.gp(c->hears_gp.ctx, core, now, domain, seq, false);
	if (!take_gp(r, domain, seq, &gp))
		return;
	for (i = 0; i < r->n; i++) {
		for (j = r->reader[i].first_closed; j < r->reader[i].n_closed; j++)
			judge_section(c, &gp, &end, i, &r->reader[i].closed[j], true);
		for (j = 0; j < r->reader[i].n_open; j++)
			judge_section(c, &gp, &end, i, &r->reader[i].open[j], false);
	}
}

/* -- only handed on ---------------------------------------------------------------------------- */

static void gp_step(void *ctx, uint32_t core, vs_ps now, uint64_t seq, enum vs_rcu_step step)
{
	const struct vs_gp_listener *l = &((struct vs_checker *)ctx)->hears_gp;

	if (l->step)
		l->step(l->ctx, core, now, seq, step);
}

static void qs_reported(void *ctx, uint32_t core, vs_ps now, uint64_t seq, uint32_t cpu,
			bool expedited)
{
	const struct vs_gp_listener *l = &((struct vs_checker *)ctx)->hears_gp;

	if (l->quiescent)
		l->quiescent(l->ctx, core, now, seq, cpu, expedited);
}

void vs_check_rcu_hooks(struct vs_checker *c, struct vs_rcu_watch *out)
{
	*out = (struct vs_rcu_watch){
		.ctx = c,
		.lock = lock,
		.unlock = unlock,
		.sleeping = sleeping,
		.synchronizing = synchronizing,
		.exited = exited,
		.gp_begin = gp_begin,
		.gp_end = gp_end,
		.gp_step = gp_step,
		.qs_reported = qs_reported,
	};
}
