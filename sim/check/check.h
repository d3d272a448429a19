/*
 * sim/check/check.h - the checkers: they watch a run in stamp order and never change a price.
 *
 * THE RULE OF WHAT IS KNOWN. Cores run on the host in any order inside a window, so what a checker
 * has already been told when it judges something at time t depends on that order. A verdict must
 * not. Therefore:
 *
 *     what a CPU did at time s is known at time t   to itself if s <= t,
 *                                                   to every other CPU if s + W <= t,
 *
 * with W the window of the machine (not the one in use). All that another CPU did until t - W has
 * been told by the time anything at t is judged, in every order and window size; what was told
 * beyond that is left out. Nothing is lost by it: no CPU can learn of what another one did in less
 * than W. So a use at t of an object that another CPU freed at s is a violation if and only if
 * s + W <= t. While the run boots (vs_check_booting) time stands still and everything is known at
 * once. A few verdicts wait for the end of the run, when every stamp is there.
 *
 * Violations are listed in the order of their stamps; the first VS_CHECK_KEPT of each kind are
 * kept and all are counted. One checker per process at a time, since the hooks of port.h and hw.h
 * carry no pointer. Running out of host memory is a bug (vs_bug).
 */
#ifndef VS_CHECK_H
#define VS_CHECK_H

#include <vcpusim/port.h>

#include "sim/host/rcuwatch.h"
#include "sim/hw/hw.h"
#include "sim/hw/memwatch.h"

#define VS_CHECK_KEPT 20

enum vs_check_kind {
	/* memory */
	VS_CHECK_USE_AFTER_FREE,
	VS_CHECK_OUT_OF_BOUNDS, /* beyond the end of an object, in its padding */
	VS_CHECK_UNALLOCATED,   /* arena memory that was never an object */
	VS_CHECK_DOUBLE_FREE,
	VS_CHECK_BAD_FREE,     /* not the start of an object */
	VS_CHECK_DOUBLE_ALLOC, /* the allocator handed out what is in use */
	VS_CHECK_LEAK,         /* TABLE or VCPU memory left when the last VM was destroyed */
	/* vCPUs */
	VS_CHECK_NOT_READY,  /* handed out, but not ready */
	VS_CHECK_GONE,       /* handed out after it was gone */
	VS_CHECK_LOST,       /* its create had returned, get(i) or get_by_id(id) gives NULL */
	VS_CHECK_WRONG_VCPU, /* index or id i gives the vCPU of j */
	VS_CHECK_WALK_MISSED,
	VS_CHECK_WALK_ORDER, /* an index not above the one before: twice, or out of order */
	/* RCU and SRCU */
	VS_CHECK_SLEEP_IN_READER,
	VS_CHECK_SYNC_IN_READER,
	VS_CHECK_UNBALANCED,
	VS_CHECK_SHORT_GRACE_PERIOD, /* ended before a reader that began before it */
	/* told by the code itself */
	VS_CHECK_WARN,
	VS_CHECK_BUG,
	VS_CHECK_EXPECTATION,
	VS_CHECK_KINDS
};

struct vs_verdict {
	enum vs_check_kind kind;
	vs_ps time;
	uint32_t cpu;
	const char *text; /* one line, with the sites; owned by the checker */
};

struct vs_checker;

/* history: W of the machine. NULL: no memory. The engine and hw must outlive it. */
struct vs_checker *vs_check_new(struct vs_engine *e, struct vs_hw *hw, vs_ps history);
void vs_check_free(struct vs_checker *c); /* detaches; NULL is fine */

/* Sets the hooks of sim/hw, models/kernel's slab and RCU, and takes vs_note. Before the VM. */
void vs_check_attach(struct vs_checker *c);
void vs_check_booting(struct vs_checker *c, bool on); /* on from the start */

/* "use-after-free", ...: the key in results */
const char *vs_check_kind_name(enum vs_check_kind kind);
/* All of a kind, also those not kept. True only after vs_check_finish. */
uint64_t vs_check_count(const struct vs_checker *c, enum vs_check_kind kind);

/* After the run, once: judges what had to wait, writes the texts. Ordered by (time, cpu, order on
 * that cpu). Owned by the checker. */
const struct vs_verdict *vs_check_finish(struct vs_checker *c, size_t *n);

/* For those who want to hear the same (measurement): notes whose bit (1 << note) is set in mask,
 * after they were checked, on the CPU named. */
typedef void (*vs_note_fn)(void *ctx, uint32_t cpu, vs_ps now, enum vs_note what, const void *obj,
			   uint64_t a);
void vs_check_hear_notes(struct vs_checker *c, uint32_t mask, vs_note_fn fn, void *ctx);

/* Grace periods that begin or have ended, of RCU (domain NULL) and SRCU, after they were checked;
 * what they go through, as sim/host/rcuwatch.h tells it. Any but gp may be NULL. */
struct vs_gp_listener {
	void *ctx;
	void (*gp)(void *ctx, uint32_t cpu, vs_ps now, const void *domain, uint64_t number,
		   bool begins);
	void (*step)(void *ctx, uint32_t cpu, vs_ps now, uint64_t number, enum vs_rcu_step step);
	void (*quiescent)(void *ctx, uint32_t by, vs_ps now, uint64_t number, uint32_t cpu,
			  bool expedited);
};
void vs_check_hear_grace_periods(struct vs_checker *c, const struct vs_gp_listener *listener);

/* The last object that lay at this address, in use or not: who allocated it. False: none did. */
struct vs_allocation {
	uintptr_t addr, site;
	size_t bytes;
	enum vs_mem_class class;
};
bool vs_check_allocation(const struct vs_checker *c, uintptr_t addr, struct vs_allocation *out);

/* -- parts, for who composes hooks, and for tests ------------------------------------------------
 */

void vs_check_mem_hooks(struct vs_checker *c, struct vs_mem_watch *out);
void vs_check_rcu_hooks(struct vs_checker *c, struct vs_rcu_watch *out);
/* As vs_watch_fn, for the attached checker. */
void vs_check_access(struct vs_core *core, uintptr_t addr, size_t size, unsigned kind,
		     uintptr_t pc);
/* As the functions of struct vs_bug_sink; ctx is the checker. file and what must last. */
void vs_check_warned(void *ctx, uint32_t cpu, vs_ps now, const char *file, int line,
		     const char *what);
void vs_check_bugged(void *ctx, uint32_t cpu, vs_ps now, const char *file, int line,
		     const char *what);
void vs_check_unexpected(void *ctx, uint32_t cpu, vs_ps now, const char *what, uint64_t found,
			 uint64_t expected);

#endif
