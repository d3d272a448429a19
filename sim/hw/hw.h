/*
 * sim/hw/hw.h - the simulated memory system and what it charges.
 *
 * Topology, private caches, a directory that orders every miss, the arena that instrumented code's
 * memory comes from. Model and sources: docs/architecture.md, "memory". Uses sim/engine only.
 */
#ifndef VS_HW_H
#define VS_HW_H

#include <vcpusim/machine.h>

#include "sim/engine/engine.h"
#include "sim/hw/access.h"

struct vs_hw;

struct vs_hw_stats {
	uint64_t accesses, l1_hits, l2_hits, misses, upgrades, prefetches, evictions, bulk_lines,
		posted;
};

struct vs_hw *vs_hw_new(struct vs_engine *e, const struct vs_machine *m, uint32_t n_cores);
void vs_hw_free(struct vs_hw *hw);
void vs_hw_stats(const struct vs_hw *hw, struct vs_hw_stats *out); /* summed over cores */
/* The engine's delays for a machine, at window w. */
struct vs_delays vs_hw_delays(const struct vs_machine *m, vs_ps w);
/* Computes agent_delay .. window of m; false and a reason if the machine can't be run exactly. */
bool vs_hw_compute_window(struct vs_machine *m, char *why, size_t why_size);

enum vs_distance vs_hw_distance(const struct vs_hw *hw, uint32_t core_a, uint32_t core_b);

/* Where the running thread's time goes: cause[VS_CAUSES], in ps. The host points this at the
 * current thread's books at every switch. NULL: nobody's. */
void vs_hw_set_books(struct vs_core *c, vs_ps *cause);

/* The current thread computes (or is charged) for so long; context or handler code. */
void vs_hw_charge(struct vs_core *c, vs_ps ps, enum vs_cause cause);

/* An aligned word of the arena is stored at `at` or as soon after as the core gets the line; nobody
 * waits. Context code or handlers of that core. Its threads may not touch the line themselves
 * meanwhile. */
void vs_hw_store_later(struct vs_core *c, uint64_t *to, uint64_t value, vs_ps at);

/* Accesses are free and immediate while off (boot): no time passes, no state changes. */
void vs_hw_set_pricing(struct vs_hw *hw, bool on);
bool vs_hw_pricing(const struct vs_hw *hw);

/* cpu_relax(): after an iteration that only hit, parks until something happens to this core; the
 * time parked is booked under VS_CAUSE_LOCK. A spin that counts its turns is not seen through. pc:
 * the caller's, for reports. */
void vs_hw_relax(uintptr_t pc);

/* Tests: assert that accesses by different cores conflict in strictly increasing time only and, in
 * strict mode, one writer or many readers at each fill. */
void vs_hw_set_paranoid(struct vs_hw *hw);

/* Memory that instrumented code may touch beside the arena: a module's data, rodata, bss. Lines are
 * keyed by (ordinal, offset), never by address. Before the run. */
bool vs_hw_add_region(struct vs_hw *hw, const void *start, size_t bytes, uint32_t ordinal);

/*
 * Fresh memory for a core's allocator: `bytes` (rounded up to 64 KiB) of zeroed arena. Asked of
 * an agent, since the arena is shared: blocks the calling context for a round trip and books
 * VS_CAUSE_ALLOC. With pricing off it returns at once. NULL when the arena is full.
 */
void *vs_hw_arena_grow(size_t bytes);
/* The same from set-up code, for memory of that core's socket. */
void *vs_hw_arena_take(struct vs_hw *hw, size_t bytes, uint32_t core);
bool vs_hw_in_arena(const struct vs_hw *hw, uintptr_t addr);
uint64_t vs_hw_arena_offset(const struct vs_hw *hw, uintptr_t addr);

/*
 * Where cores waited for lines. Each picosecond that is booked under a transfer, memory, or what a
 * miss in the L3 takes, is in exactly one of these. Not in any order, and lost_ps 0 is no entry.
 */
struct vs_hw_wait {
	uintptr_t pc;   /* of the access */
	uint64_t count; /* of accesses */
	vs_ps lost_ps;
	uint32_t line;
	uint8_t offset; /* of the access in the line */
	uint8_t cause;  /* where the line came from */
	bool write;
};
size_t vs_hw_waits(const struct vs_hw *hw, const struct vs_hw_wait **out);
uintptr_t vs_hw_line_address(const struct vs_hw *hw, uint32_t line);
/* Says what memory from vs_hw_arena_take() is: pieces of so many bytes. The name must last. */
void vs_hw_name(struct vs_hw *hw, const void *start, size_t bytes, size_t each, const char *name);
/* NULL: nobody said. start, each: the piece that addr is in. */
const char *vs_hw_name_of(const struct vs_hw *hw, uintptr_t addr, uintptr_t *start, size_t *each);

/*
 * Watching. The hook is called before an access to a line marked watched executes (context code,
 * must not switch or charge). Marks are host-side and free; see sim/check/memory.h.
 */
typedef void (*vs_watch_fn)(struct vs_core *c, uintptr_t addr, size_t size, unsigned kind,
			    uintptr_t pc);
void vs_hw_set_watch(struct vs_hw *hw, vs_watch_fn fn);
void vs_hw_watch_lines(struct vs_hw *hw, uintptr_t addr, size_t bytes, bool on);

/* An access that can't be allowed (foreign stack, unknown memory): set by the host, does not
 * return. */
typedef void (*vs_refuse_fn)(struct vs_core *c, uintptr_t addr, size_t size, unsigned kind,
			     uintptr_t pc, const char *why) __attribute__((noreturn));
void vs_hw_set_refuse(struct vs_hw *hw, vs_refuse_fn fn);
/* Where x waited for memory last or shortly before, at as_of or earlier; 0: not known. Exact if
 * as_of is at least W of the machine ago. */
uintptr_t vs_hw_seen_at(struct vs_hw *hw, const struct vs_ctx *x, vs_ps as_of);

#endif
