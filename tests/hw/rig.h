/*
 * tests/hw/rig.h - a toy machine, an engine and the memory system, with one small script per core.
 *
 * A script is a C function run on a context of its core. Its calls return what they cost, in ps.
 * Every test runs twice, in windows of W and in strict order (rig_new's `strict`), and rig_run
 * checks for each script that the causes in its books add up to the time it took, and for all of
 * them that transfers and memory do to the waits for lines.
 */
#ifndef VS_TEST_RIG_H
#define VS_TEST_RIG_H

#include <check.h>

#include "sim/hw/hw.h"

#define RIG_CORES 12
#define RIG_TIMES 1024
#define NS VS_PS_PER_NS

struct rig;

struct rig_core {
	struct rig *rig;
	struct vs_core *core;
	struct vs_ctx *ctx;
	void (*script)(struct rig_core *me);
	vs_ps start;
	vs_ps books[VS_CAUSES];
	vs_ps t[RIG_TIMES]; /* whatever the script notes */
	uint32_t n;
};

struct rig {
	struct vs_machine m;
	struct vs_engine *engine;
	struct vs_hw *hw;
	struct rig_core core[RIG_CORES];
	uint64_t *line[4]; /* a line each of 64 KiB at home on socket 0, 1, 2 */
	bool strict;
	void *user;
};

/*
 * Three sockets in a row of two L3 domains of two cores: 0 and 1 share an L3, 2 is in the same
 * socket, 4 in the next, 8 in the far one. In ns:
 *   issue 1, L1 1, L2 4, atomic 5, fence 8, L3 20, bulk line 5, fresh memory 200
 *            same L3  same socket  cross  far
 *   memory             100          200   400
 *   transfer   40       60          120   240
 *   leg                 10           10    10
 *   hop        20       30           60   120
 * L1: 8 sets of 2 lines, L2: 16 of 4, L3: 128 of 8. Bursts of 4. No prefetcher.
 * So a = b = 10, h = 20, W = 20.
 */
void rig_machine(struct vs_machine *m);

void rig_new(struct rig *r, const struct vs_machine *m, bool strict);
void rig_script(struct rig *r, uint32_t core, vs_ps start, void (*script)(struct rig_core *me));
/* Runs until all scripts have ended. */
void rig_run(struct rig *r);
void rig_free(struct rig *r);

/* -- in scripts ----------------------------------------------------------------------------- */

vs_ps rig_read(struct rig_core *me, const void *p);
vs_ps rig_write(struct rig_core *me, void *p, uint64_t v);
vs_ps rig_add(struct rig_core *me, void *p); /* atomic, + 1 */
vs_ps rig_zero(struct rig_core *me, void *p, size_t bytes);
vs_ps rig_copy(struct rig_core *me, void *to, const void *from, size_t bytes);
void rig_until(struct rig_core *me, vs_ps at); /* idles up to an absolute time */
void rig_note(struct rig_core *me, vs_ps ps);
static inline vs_ps rig_now(const struct rig_core *me)
{
	return me->core->clock;
}

/* -- the suite ------------------------------------------------------------------------------ */

/* All of them twice: _i is `strict`. */
int rig_main(const char *name, const TTest *const *tests, size_t n);

#define ck_assert_ps(got, want)                                                                    \
	do {                                                                                       \
		unsigned long long rig_got = (got), rig_want = (want);                             \
		ck_assert_msg(rig_got == rig_want, "%s is %llu ps, expected %llu", #got, rig_got,  \
			      rig_want);                                                           \
	} while (0)

#endif
