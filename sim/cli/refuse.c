#include "sim/cli/refuse.h"

#include <stdio.h>

#include "sim/check/site.h"
#include "sim/host/host.h"

/* The first one. The memory system's hook carries no pointer. */
static struct {
	bool refused;
	const struct vs_task *by, *owner; /* owner of the stack, or NULL */
	uintptr_t pc, owner_pc;
	uint32_t cpu;
	vs_ps time;
	size_t size;
	bool write;
	const char *why;
} refuse;

__attribute__((noreturn)) static void on_refuse(struct vs_core *c, uintptr_t addr, size_t size,
						unsigned kind, uintptr_t pc, const char *why)
{
	const struct vs_ctx *x = vs_ctx_of_address(c->engine, addr);

	if (!refuse.refused) {
		refuse.refused = true;
		refuse.by = vs_task_current();
		refuse.owner = x ? vs_ctx_user(x) : NULL;
		refuse.owner_pc = refuse.owner ? vs_task_blocked_at(refuse.owner) : 0;
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
	refuse.refused = false;
	vs_hw_set_refuse(hw, on_refuse);
}

bool vs_refuse_text(char *buf, size_t size)
{
	struct vs_sites *sites = refuse.refused ? vs_sites_new() : NULL;
	char place[256], owner[400] = "", owner_place[256];

	if (!refuse.refused)
		return false;
	if (refuse.owner)
		snprintf(owner, sizeof(owner), " (thread %u \"%s\", %s%s)",
			 vs_task_id(refuse.owner), vs_task_name(refuse.owner),
			 refuse.owner_pc ? "which sleeps in " : "which is not asleep",
			 refuse.owner_pc ? vs_site_name(sites, refuse.owner_pc, owner_place,
							sizeof(owner_place))
					 : "");
	snprintf(buf, size,
		 "thread %u \"%s\" on CPU %u %s %zu bytes of %s%s in %s at %llu ps: threads share "
		 "only allocated memory and modules' data",
		 vs_task_id(refuse.by), vs_task_name(refuse.by), refuse.cpu,
		 refuse.write ? "writes" : "reads", refuse.size, refuse.why, owner,
		 vs_site_name(sites, refuse.pc, place, sizeof(place)),
		 (unsigned long long)refuse.time);
	vs_sites_free(sites);
	return true;
}
