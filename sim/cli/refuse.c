#include "sim/cli/refuse.h"

#include <stdio.h>

#include "sim/check/site.h"
#include "sim/host/host.h"

/* The first one. The memory system's hook carries no pointer. */
static struct {
	struct vs_hw *hw;
	bool refused;
	const struct vs_task *by, *owner; /* owner of the stack, or NULL */
	bool owner_sleeps;
	uintptr_t pc, owner_pc; /* owner_pc 0: not known */
	uint32_t cpu;
	vs_ps time;
	size_t size;
	bool write;
	const char *why;
} refuse;

/* As all CPUs know of it, so that the host's order of running them does not show. */
static void find_owner(struct vs_core *c, const struct vs_ctx *x)
{
	vs_ps history = vs_engine_opts(c->engine)->delays.history;
	vs_ps as_of = c->clock > history ? c->clock - history : 0;

	refuse.owner = vs_ctx_user(x);
	refuse.owner_pc = refuse.owner ? vs_task_blocked_at(refuse.owner, as_of) : 0;
	refuse.owner_sleeps = refuse.owner_pc;
	if (!refuse.owner_sleeps)
		refuse.owner_pc = vs_hw_seen_at(refuse.hw, x, as_of);
}

__attribute__((noreturn)) static void on_refuse(struct vs_core *c, uintptr_t addr, size_t size,
						unsigned kind, uintptr_t pc, const char *why)
{
	const struct vs_ctx *x = vs_ctx_of_address(c->engine, addr);

	if (!refuse.refused) {
		refuse.refused = true;
		refuse.by = vs_task_current();
		refuse.owner = NULL;
		if (x)
			find_owner(c, x);
		refuse.pc = pc;
		refuse.cpu = c->id;
		refuse.time = c->clock;
		refuse.size = size;
		refuse.write = kind & VS_WRITE;
		refuse.why = why;
	}
	vs_engine_abort(c->engine);
	c->running = false;
	for (;;)
		vs_core_park();
}

void vs_refuse_install(struct vs_hw *hw)
{
	refuse.hw = hw;
	refuse.refused = false;
	vs_hw_set_refuse(hw, on_refuse);
}

static void owner_text(struct vs_sites *sites, char *buf, size_t size)
{
	char place[256];

	if (!refuse.owner) {
		buf[0] = '\0';
		return;
	}
	snprintf(buf, size, " (thread %u \"%s\", which %s%s)", vs_task_id(refuse.owner),
		 vs_task_name(refuse.owner),
		 refuse.owner_sleeps ? "sleeps in "
		 : refuse.owner_pc   ? "is not asleep, last seen in "
				     : "is not asleep",
		 refuse.owner_pc ? vs_site_name(sites, refuse.owner_pc, place, sizeof(place)) : "");
}

bool vs_refuse_text(char *buf, size_t size)
{
	struct vs_sites *sites = refuse.refused ? vs_sites_new() : NULL;
	char place[256], owner[400];

	if (!refuse.refused)
		return false;
	vs_site_name(sites, refuse.pc, place, sizeof(place));
	owner_text(sites, owner, sizeof(owner));
	snprintf(buf, size,
		 "thread %u \"%s\" on CPU %u %s %zu bytes of %s%s in %s at %llu ps: "
		 "threads share only allocated memory and modules' data",
		 vs_task_id(refuse.by), vs_task_name(refuse.by), refuse.cpu,
		 refuse.write ? "writes" : "reads", refuse.size, refuse.why, owner, place,
		 (unsigned long long)refuse.time);
	vs_sites_free(sites);
	return true;
}
