/* What code that runs on simulated threads says about itself: bugs, warnings, what RCU is told. */
#include <stdio.h>
#include <stdlib.h>

#include <vcpusim/module.h>

#include "sim/host/private.h"

/* The one piece of state of this room that hangs off nothing: its setter's interface has no host.
 */
static struct vs_rcu_watch the_watch;
static bool watched;

void vs_rcu_set_watch(const struct vs_rcu_watch *watch)
{
	watched = watch != NULL;
	if (watch)
		the_watch = *watch;
}

const struct vs_rcu_watch *vs_rcu_watching(void)
{
	return watched ? &the_watch : NULL;
}

void vs_host_set_bug_sink(struct vs_host *h, const struct vs_bug_sink *sink)
{
	h->sink = *sink;
}

static void say(const char *kind, const char *file, int line, const char *what)
{
	fprintf(stderr, "vcpusim: %s at %s:%d: %s", kind, file, line, what);
	if (vs_core_now)
		fprintf(stderr, " (CPU %u at %llu ps)", vs_core_now->id,
			(unsigned long long)vs_core_now->clock);
	fputc('\n', stderr);
}

void vs_bug(const char *file, int line, const char *what)
{
	if (!vs_ctx_now) { /* not on a simulated thread: nothing can be saved */
		say("bug", file, line, what);
		abort();
	}
	struct vs_core *c = vs_core_now;
	const struct vs_host *h = vs_host_of(c);

	if (h->sink.bug)
		h->sink.bug(h->sink.ctx, c->id, c->clock, file, line, what);
	else
		say("bug", file, line, what);
	vs_engine_abort(h->engine);
	for (;;) {
		c->running = false;
		vs_core_park();
	}
}

void vs_expect(const char *what, uint64_t found, uint64_t expected)
{
	const struct vs_core *c = vs_core_now;
	const struct vs_host *h = c ? vs_host_of(vs_core_now) : NULL;

	if (found != expected && h && h->sink.unexpected)
		h->sink.unexpected(h->sink.ctx, c->id, c->clock, what, found, expected);
}

void vs_warn(const char *file, int line, const char *what)
{
	const struct vs_host *h = vs_core_now ? vs_host_of(vs_core_now) : NULL;

	if (h && h->sink.warn)
		h->sink.warn(h->sink.ctx, vs_core_now->id, vs_core_now->clock, file, line, what);
	else
		say("warning", file, line, what);
}
