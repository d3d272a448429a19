#include "sim/check/private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct vs_checker *vs_check_now;

void *vs_check_alloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		vs_bug(__FILE__, __LINE__, "no host memory for the checkers");
	return p;
}

void *vs_check_room(void *array, uint32_t n, uint32_t *cap, size_t size)
{
	uint32_t more = *cap ? *cap : 8;
	char *p;

	if (n < *cap)
		return array;
	while (more <= n)
		more *= 2;
	p = realloc(array, more * size);
	if (!p)
		vs_bug(__FILE__, __LINE__, "no host memory for the checkers");
	memset(p + *cap * size, 0, (more - *cap) * size);
	*cap = more;
	return p;
}

struct vs_checker *vs_check_new(struct vs_engine *e, struct vs_hw *hw, vs_ps history)
{
	struct vs_checker *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->engine = e;
	c->hw = hw;
	c->history = history;
	c->n_cpus = vs_engine_opts(e)->n_cores;
	c->booting = true;
	c->seq = calloc(c->n_cpus, sizeof(*c->seq));
	c->mem = vs_mem_check_new(c);
	c->vcpu = vs_vcpu_check_new();
	c->rcu = vs_rcu_check_new();
	if (!c->seq || !c->mem || !c->vcpu || !c->rcu) {
		vs_check_free(c);
		return NULL;
	}
	return c;
}

void vs_check_free(struct vs_checker *c)
{
	size_t i;

	if (!c)
		return;
	if (c->attached) {
		vs_hw_set_watch(c->hw, NULL);
		vs_mem_set_watch(NULL);
		vs_rcu_set_watch(NULL);
		vs_check_now = NULL;
	}
	for (i = 0; i < c->n_out; i++)
		free((char *)c->out[i].text);
	free(c->out);
	vs_mem_check_free(c->mem);
	vs_vcpu_check_free(c->vcpu);
	vs_rcu_check_free(c->rcu);
	vs_sites_free(c->sites);
	free(c->seq);
	free(c);
}

void vs_check_attach(struct vs_checker *c)
{
	struct vs_mem_watch mem;
	struct vs_rcu_watch rcu;

	vs_check_mem_hooks(c, &mem);
	vs_check_rcu_hooks(c, &rcu);
	vs_mem_set_watch(&mem);
	vs_rcu_set_watch(&rcu);
	vs_hw_set_watch(c->hw, vs_check_access);
	vs_check_now = c;
	c->attached = true;
}

void vs_check_booting(struct vs_checker *c, bool on)
{
	c->booting = on;
}

void vs_check_hear_notes(struct vs_checker *c, uint32_t mask, vs_note_fn fn, void *ctx)
{
	c->note_mask = mask;
	c->note_fn = fn;
	c->note_ctx = ctx;
}

void vs_check_hear_grace_periods(struct vs_checker *c, const struct vs_gp_listener *listener)
{
	c->hears_gp = *listener;
}

/* -- stamps and findings ---------------------------------------------------------------------- */

struct vs_stamp vs_check_stamp(struct vs_checker *c, uint32_t cpu, vs_ps now, uintptr_t pc)
{
	return (struct vs_stamp){.time = now,
				 .known = c->booting ? 0 : now + c->history,
				 .pc = pc,
				 .cpu = cpu,
				 .seq = c->seq[cpu]++};
}

static int order(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

int vs_stamp_order(const struct vs_stamp *a, const struct vs_stamp *b)
{
	if (a->time != b->time)
		return order(a->time, b->time);
	if (a->cpu != b->cpu)
		return order(a->cpu, b->cpu);
	return order(a->seq, b->seq);
}

static int finding_order(const struct vs_finding *x, const struct vs_finding *y)
{
	int by_stamp = vs_stamp_order(&x->at, &y->at);

	if (by_stamp)
		return by_stamp;
	if (x->kind != y->kind)
		return order(x->kind, y->kind);
	return x->a != y->a ? order(x->a, y->a) : order(x->b, y->b);
}

/* Kept in order. Findings come almost in order, so the place is near the end. */
bool vs_check_add(struct vs_checker *c, const struct vs_finding *f)
{
	struct vs_bin *bin = &c->bin[f->kind];
	uint32_t i = bin->n;

	bin->total++;
	while (i > 0 && finding_order(f, &bin->kept[i - 1]) < 0)
		i--;
	if (i == VS_CHECK_KEPT)
		return false;
	if (bin->n < VS_CHECK_KEPT)
		bin->n++;
	memmove(&bin->kept[i + 1], &bin->kept[i], (bin->n - 1 - i) * sizeof(*f));
	bin->kept[i] = *f;
	return true;
}

uint64_t vs_check_count(const struct vs_checker *c, enum vs_check_kind kind)
{
	return c->bin[kind].total;
}

/* -- what the code itself says ------------------------------------------------------------------
 */

static void tell_said(struct vs_checker *c, const struct vs_finding *f, FILE *out)
{
	(void)c;
	fprintf(out, "%s (%s:%d)", (const char *)f->about, (const char *)(uintptr_t)f->a,
		(int)f->b);
}

static void said(struct vs_checker *c, enum vs_check_kind kind, uint32_t cpu, vs_ps now,
		 const char *file, int line, const char *what)
{
	struct vs_finding f = {.kind = kind,
			       .at = vs_check_stamp(c, cpu, now, 0),
			       .about = what,
			       .a = (uintptr_t)file,
			       .b = (uint64_t)line,
			       .tell = tell_said};

	vs_check_add(c, &f);
}

void vs_check_warned(void *ctx, uint32_t cpu, vs_ps now, const char *file, int line,
		     const char *what)
{
	said(ctx, VS_CHECK_WARN, cpu, now, file, line, what);
}

void vs_check_bugged(void *ctx, uint32_t cpu, vs_ps now, const char *file, int line,
		     const char *what)
{
	said(ctx, VS_CHECK_BUG, cpu, now, file, line, what);
}

static void tell_unexpected(struct vs_checker *c, const struct vs_finding *f, FILE *out)
{
	(void)c;
	fprintf(out, "%s: found %llu, expected %llu", (const char *)f->about,
		(unsigned long long)f->a, (unsigned long long)f->b);
}

void vs_check_unexpected(void *ctx, uint32_t cpu, vs_ps now, const char *what, uint64_t found,
			 uint64_t expected)
{
	struct vs_finding f = {.kind = VS_CHECK_EXPECTATION,
			       .at = vs_check_stamp(ctx, cpu, now, 0),
			       .about = what,
			       .a = found,
			       .b = expected,
			       .tell = tell_unexpected};

	vs_check_add(ctx, &f);
}

/* -- the end --------------------------------------------------------------------------------------
 */

const char *vs_check_kind_name(enum vs_check_kind kind)
{
	static const char *const name[VS_CHECK_KINDS] = {
		[VS_CHECK_USE_AFTER_FREE] = "use-after-free",
		[VS_CHECK_OUT_OF_BOUNDS] = "out-of-bounds",
		[VS_CHECK_UNALLOCATED] = "unallocated",
		[VS_CHECK_DOUBLE_FREE] = "double-free",
		[VS_CHECK_BAD_FREE] = "bad-free",
		[VS_CHECK_DOUBLE_ALLOC] = "double-alloc",
		[VS_CHECK_LEAK] = "leak",
		[VS_CHECK_NOT_READY] = "vcpu-not-ready",
		[VS_CHECK_GONE] = "vcpu-gone",
		[VS_CHECK_LOST] = "vcpu-lost",
		[VS_CHECK_WRONG_VCPU] = "wrong-vcpu",
		[VS_CHECK_WALK_MISSED] = "walk-missed",
		[VS_CHECK_WALK_ORDER] = "walk-order",
		[VS_CHECK_SLEEP_IN_READER] = "sleep-in-reader",
		[VS_CHECK_SYNC_IN_READER] = "synchronize-in-reader",
		[VS_CHECK_UNBALANCED] = "unbalanced-reader",
		[VS_CHECK_SHORT_GRACE_PERIOD] = "short-grace-period",
		[VS_CHECK_WARN] = "warning",
		[VS_CHECK_BUG] = "bug",
		[VS_CHECK_EXPECTATION] = "expectation",
	};

	return name[kind];
}

void vs_tell_site(struct vs_checker *c, FILE *out, uintptr_t pc)
{
	char buf[256];

	if (pc && !c->sites)
		c->sites = vs_sites_new(); /* NULL is fine: then nothing is known */
	fputs(vs_site_name(c->sites, pc, buf, sizeof(buf)), out);
}

void vs_tell_time(FILE *out, vs_ps time)
{
	fprintf(out, "%" PRIu64 ".%06" PRIu64 " us", time / VS_PS_PER_US, time % VS_PS_PER_US);
}

void vs_tell_by(struct vs_checker *c, FILE *out, const char *did, const struct vs_stamp *s)
{
	fprintf(out, "; %s by ", did);
	vs_tell_site(c, out, s->pc);
	fprintf(out, " on CPU %u at ", (unsigned)s->cpu);
	vs_tell_time(out, s->time);
}

static char *text_of(struct vs_checker *c, const struct vs_finding *f)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out) {
		f->tell(c, f, out);
		if (fclose(out)) {
			free(text);
			text = NULL;
		}
	}
	if (!text)
		vs_bug(__FILE__, __LINE__, "no host memory for the checkers");
	return text;
}

static int any_order(const void *x, const void *y)
{
	return finding_order(*(const struct vs_finding *const *)x,
			     *(const struct vs_finding *const *)y);
}

const struct vs_verdict *vs_check_finish(struct vs_checker *c, size_t *n)
{
	const struct vs_finding *all[VS_CHECK_KINDS * VS_CHECK_KEPT];
	size_t i;
	uint32_t j;
	int k;

	vs_mem_check_finish(c);
	vs_vcpu_check_finish(c);
	*n = 0;
	for (k = 0; k < VS_CHECK_KINDS; k++) {
		for (j = 0; j < c->bin[k].n; j++)
			all[(*n)++] = &c->bin[k].kept[j];
	}
	if (!*n)
		return NULL;
	qsort(all, *n, sizeof(*all), any_order);
	c->out = vs_check_alloc(*n, sizeof(*c->out));
	for (i = 0; i < *n; i++) {
		c->out[i] = (struct vs_verdict){.kind = all[i]->kind,
						.time = all[i]->at.time,
						.cpu = all[i]->at.cpu,
						.text = text_of(c, all[i])};
		c->n_out++;
	}
	return c->out;
}
