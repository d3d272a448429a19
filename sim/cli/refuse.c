#include "sim/cli/refuse.h"

#include <stdio.h>

#include "sim/check/site.h"
#include "sim/host/host.h"

/* The memory system's hook carries no pointer. */
static struct {
	void (*told)(void *ctx, const char *text);
	void *ctx;
} refuse;

static void describe_owner(struct vs_core *c, uintptr_t addr, struct vs_sites *sites, char *buf,
			   size_t size)
{
	const struct vs_ctx *x = vs_ctx_of_address(c->engine, addr);
	const struct vs_task *t = x ? vs_ctx_user(x) : NULL;
	char place[256];

	buf[0] = 0;
	if (!t)
		return;
	uintptr_t pc = vs_task_blocked_at(t);

	snprintf(buf, size, " (thread %u \"%s\", %s%s)", vs_task_id(t), vs_task_name(t),
		 pc ? "which sleeps in " : "which is not asleep",
		 pc ? vs_site_name(sites, pc, place, sizeof(place)) : "");
}

__attribute__((noreturn)) static void on_refuse(struct vs_core *c, uintptr_t addr, size_t size,
						unsigned kind, uintptr_t pc, const char *why)
{
	const struct vs_task *t = vs_task_current();
	struct vs_sites *sites = vs_sites_new();
	char text[1024], place[256], owner[400];

	describe_owner(c, addr, sites, owner, sizeof(owner));
	snprintf(text, sizeof(text),
		 "thread %u \"%s\" on CPU %u %s %zu bytes of %s%s in %s at %llu ps: threads share "
		 "only allocated memory and modules' data",
		 vs_task_id(t), vs_task_name(t), c->id, kind & VS_WRITE ? "writes" : "reads", size,
		 why, owner, vs_site_name(sites, pc, place, sizeof(place)),
		 (unsigned long long)c->clock);
	vs_sites_free(sites);
	refuse.told(refuse.ctx, text);
	vs_engine_abort(c->engine);
	c->running = false;
	for (;;)
		vs_core_park();
}

void vs_refuse_install(struct vs_hw *hw, void (*told)(void *ctx, const char *text), void *ctx)
{
	refuse.told = told;
	refuse.ctx = ctx;
	vs_hw_set_refuse(hw, on_refuse);
}
