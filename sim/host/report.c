/*
 * Who waits for whom. Threads' waits are read from outside as they were a while ago, when they
 * can't change any more; each thread keeps its last two, so that one that ended since is still
 * seen.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/host/private.h"

#define CHECK_EVERY_PS VS_PS_PER_S
#define TOO_LONG_PS (120 * VS_PS_PER_S)
#define TEXT_BYTES 16384

static const char *const why_text[] = {[VS_WAIT_LOCK] = "a lock",
				       [VS_WAIT_GRACE_PERIOD] = "a grace period",
				       [VS_WAIT_HALT] = "an interrupt (halted)",
				       [VS_WAIT_TIMER] = "a timer",
				       [VS_WAIT_WORK] = "work"};

static bool covers(const struct vs_wait_info *w, vs_ps as_of)
{
	return w->since <= as_of && (w->until == VS_PS_NEVER || as_of < w->until);
}

/* What t was waiting for at that time, or NULL. */
const struct vs_wait_info *vs_wait_at(const struct vs_task *t, vs_ps as_of)
{
	if (covers(&t->wait, as_of))
		return &t->wait;
	return covers(&t->last_wait, as_of) ? &t->last_wait : NULL;
}

uintptr_t vs_task_blocked_at(const struct vs_task *t, vs_ps as_of)
{
	const struct vs_wait_info *w = vs_wait_at(t, as_of);

	return w ? w->pc : 0;
}

static bool uninterruptible(const struct vs_wait_info *w)
{
	return w->why == VS_WAIT_LOCK || w->why == VS_WAIT_GRACE_PERIOD;
}

/* -- text -------------------------------------------------------------------------------------- */

void vs_host_set_namer(struct vs_host *h, vs_namer_fn fn, void *ctx)
{
	h->namer = fn;
	h->namer_ctx = ctx;
}

static void place_text(const struct vs_host *h, uintptr_t pc, char *buf, size_t size)
{
	Dl_info info;

	if (h->namer) {
		h->namer(h->namer_ctx, pc, buf, size);
		return;
	}
	if (!pc || !dladdr((void *)pc, &info) || !info.dli_fname) {
		snprintf(buf, size, "an unknown place");
		return;
	}
	const char *slash = strrchr(info.dli_fname, '/');
	const char *file = slash ? slash + 1 : info.dli_fname;

	if (info.dli_sname)
		snprintf(buf, size, "%s+0x%lx (%s)", info.dli_sname,
			 (unsigned long)(pc - (uintptr_t)info.dli_saddr), file);
	else
		snprintf(buf, size, "%s+0x%lx", file,
			 (unsigned long)(pc - (uintptr_t)info.dli_fbase));
}

size_t vs_wait_text(const struct vs_task *t, const struct vs_wait_info *w, char *buf, size_t size)
{
	char place[160], object[64] = "", owner[64] = "";
	uintptr_t what = (uintptr_t)w->what;

	/* host addresses differ from run to run, offsets in the arena do not */
	if (vs_hw_in_arena(t->host->hw, what))
		snprintf(object, sizeof(object), " at arena+0x%llx",
			 (unsigned long long)vs_hw_arena_offset(t->host->hw, what));
	if (w->owner)
		snprintf(owner, sizeof(owner), " of thread %u \"%s\"", w->owner->id,
			 w->owner->name);
	place_text(t->host, w->pc, place, sizeof(place));
	int n = snprintf(buf, size,
			 "thread %u \"%s\" waits for %s%s%s since %llu.%06llu ms in %s\n", t->id,
			 t->name, why_text[w->why], object, owner,
			 (unsigned long long)(w->since / VS_PS_PER_MS),
			 (unsigned long long)(w->since % VS_PS_PER_MS / VS_PS_PER_NS), place);

	VS_ASSERT(n > 0);
	return n;
}

/* Of the threads whose wait is of that kind. Returns the length that the whole text has. */
static size_t report_some(const struct vs_host *h, vs_ps as_of, bool interruptible, char *buf,
			  size_t size)
{
	size_t used = 0;

	for (uint32_t i = 0; i < h->n_tasks; i++) {
		const struct vs_wait_info *w = vs_wait_at(h->tasks[i], as_of);
		size_t at = used < size ? used : size;

		if (w && w->pc && uninterruptible(w) != interruptible) /* pc: it has started */
			used += vs_wait_text(h->tasks[i], w, buf + at, size - at);
	}
	return used;
}

size_t vs_host_report_blocked(const struct vs_host *h, vs_ps as_of, char *buf, size_t size)
{
	size_t used, at;

	if (size)
		buf[0] = '\0';
	used = report_some(h, as_of, false, buf, size);
	at = used < size ? used : size;
	return used + report_some(h, as_of, true, buf + at, size - at);
}

/* A thread that is in its guest, or not in code that told its place, says nothing. */
static size_t running_text(const struct vs_task *t, char *buf, size_t size)
{
	uintptr_t pc = t->ctx ? vs_ctx_place(t->ctx) : 0;
	char place[160] = "", on[32] = "could run";

	if (t->state == VS_RUNNING && !t->host->cpus[t->cpu].in_guest)
		snprintf(on, sizeof(on), "runs on CPU %u", t->cpu);
	else if (t->state != VS_RUNNABLE || !pc)
		return 0;
	if (pc)
		place_text(t->host, pc, place, sizeof(place));
	int n = snprintf(buf, size, "thread %u \"%s\" %s%s%s\n", t->id, t->name, on,
			 pc ? " in " : "", place);

	VS_ASSERT(n > 0);
	return n;
}

size_t vs_host_report_running(const struct vs_host *h, char *buf, size_t size)
{
	size_t used = 0;

	if (size)
		buf[0] = '\0';
	for (uint32_t i = 0; i < h->n_tasks; i++) {
		size_t at = used < size ? used : size;

		used += running_text(h->tasks[i], buf + at, size - at);
	}
	return used;
}

/* -- the watch --------------------------------------------------------------------------------- */

/* Uninterruptible and unchanged for at least `age`. A wake-up on its way never takes that long. */
static const struct vs_wait_info *stuck(const struct vs_task *t, vs_ps as_of, vs_ps age)
{
	const struct vs_wait_info *w = vs_wait_at(t, as_of);

	if (!w || !w->pc || !uninterruptible(w))
		return NULL;
	return as_of - w->since >= age ? w : NULL;
}

/* t is in a circle of threads each of which waits for the next. */
static bool in_circle(const struct vs_host *h, const struct vs_task *t, vs_ps as_of)
{
	const struct vs_task *x = t;

	for (uint32_t i = 0; i < h->n_tasks; i++) {
		const struct vs_wait_info *w = stuck(x, as_of, CHECK_EVERY_PS);

		if (!w || !w->owner)
			return false;
		x = w->owner;
		if (x == t)
			return true;
	}
	return false;
}

/* Reports the members of t's circle, or t alone. */
static void report(struct vs_host *h, const char *head, const struct vs_task *t, bool circle,
		   vs_ps as_of)
{
	char text[TEXT_BYTES];
	const struct vs_task *x = t;
	size_t used = snprintf(text, sizeof(text), "%s\n", head);

	do {
		const struct vs_wait_info *w = vs_wait_at(x, as_of);

		if (used < sizeof(text))
			used += vs_wait_text(x, w, text + used, sizeof(text) - used);
		h->reported[x->id] = true;
		x = circle ? w->owner : t;
	} while (x != t);
	h->report(h->report_ctx, text);
}

/* Something can still happen to t by itself. */
static bool alive(const struct vs_task *t, vs_ps as_of)
{
	const struct vs_wait_info *w = vs_wait_at(t, as_of);

	return !w || w->deadline != VS_PS_NEVER || as_of - w->since < CHECK_EVERY_PS;
}

static bool anyone_alive(const struct vs_host *h, vs_ps as_of)
{
	for (uint32_t i = 0; i < h->n_tasks; i++)
		if (alive(h->tasks[i], as_of))
			return true;
	return false;
}

static void check_threads(struct vs_host *h, vs_ps as_of, bool quiet)
{
	for (uint32_t i = 0; i < h->n_tasks; i++) {
		const struct vs_task *t = h->tasks[i];

		if (h->reported[i])
			continue;
		if (in_circle(h, t, as_of))
			report(h, "deadlock: threads wait for each other", t, true, as_of);
		else if (stuck(t, as_of, TOO_LONG_PS))
			report(h, "hung: has waited for more than 120 s", t, false, as_of);
		else if (quiet && stuck(t, as_of, CHECK_EVERY_PS))
			report(h, "deadlock: nobody is left to wake it", t, false, as_of);
	}
}

static void on_check(struct vs_engine *e, struct vs_event *ev);

static struct vs_event *next_check(struct vs_host *h, vs_ps at)
{
	struct vs_event *ev = vs_event_new(h->engine);

	ev->time = at;
	ev->rank = VS_CLASS_CHECK;
	ev->fn.agent = on_check;
	ev->obj = h;
	return ev;
}

/* Agents run up to their delay ahead of the earliest core, hence the extra step back. Once nothing
 * can happen any more the watch ends too, so that the engine finds its queue empty. */
static void on_check(struct vs_engine *e, struct vs_event *ev)
{
	struct vs_host *h = ev->obj;
	vs_ps as_of = vs_before(ev->time, h->window + vs_engine_opts(e)->delays.agent);
	bool quiet = !anyone_alive(h, as_of);

	if (!h->reported)
		h->reported = calloc(h->n_tasks + 1, sizeof(*h->reported));
	VS_ASSERT(h->reported);
	check_threads(h, as_of, quiet);
	if (!quiet)
		vs_send_later(e, next_check(h, ev->time + CHECK_EVERY_PS));
}

void vs_host_watch_deadlocks(struct vs_host *h, void (*report)(void *ctx, const char *text),
			     void *ctx)
{
	h->report = report;
	h->report_ctx = ctx;
	vs_seed_agent(h->engine, next_check(h, 2 * CHECK_EVERY_PS));
}
