/* Who gets a contended line, when, and how long anybody waits for it. Times in comments are ns. */
#include <stdlib.h>

#include "tests/hw/rig.h"

#define OPS 40

/* Notes the time of each grant: the add executes there, and its own 5 come after. */
static void add_many(struct rig_core *me)
{
	for (int i = 0; i < OPS; i++) {
		rig_add(me, me->rig->user);
		rig_note(me, rig_now(me) - me->rig->m.atomic_ps);
	}
}

struct grant {
	vs_ps at;
	uint32_t core;
};

static int by_time(const void *a, const void *b)
{
	const struct grant *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* All grants in order; *steady: how many came before the first core was through. */
static struct grant *grants_of(struct rig *r, uint32_t cores, uint32_t *steady)
{
	struct grant *g = calloc(cores * OPS, sizeof(*g));
	vs_ps end = VS_PS_NEVER;

	ck_assert_ptr_nonnull(g);
	for (uint32_t i = 0; i < cores; i++) {
		for (uint32_t k = 0; k < OPS; k++)
			g[i * OPS + k] = (struct grant){r->core[i].t[k], i};
		if (r->core[i].t[OPS - 1] < end)
			end = r->core[i].t[OPS - 1];
	}
	qsort(g, cores * OPS, sizeof(*g), by_time);
	for (*steady = 0; g[*steady].at < end; ++*steady)
		;
	return g;
}

/* -- throughput ----------------------------------------------------------------------------- */

/* Alone: 1 + 100 from memory; then each add is issue 1, L1 1 and its own 5, the next begins 5 after
 * it got the line: noted 101, then 101 + 5 + 2, 7 more each. */
START_TEST(one_adder_hits)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	r.user = r.line[0];
	rig_script(&r, 0, 0, add_many);
	rig_run(&r);
	for (int k = 0; k < OPS; k++)
		ck_assert_ps(r.core[0].t[k], (101 + 7 * k) * NS);
	ck_assert_uint_eq(*r.line[0], OPS);
	rig_free(&r);
}
END_TEST

/*
 * Two and four cores of one domain ask at 1. Core 0 has the line at 101 and works until 106. Core 1
 * was chosen at 96, so that the line leaves at 106 and arrives a hop later: 126. Core 0 asks again
 * at 107, at the home at 117, before the next choice at 121: so there is always somebody waiting,
 * and the line moves every 5 + 20 = 25 however many wait, not every 40 of a transfer.
 * Nobody is outside, so the burst limit does not matter: they take turns.
 */
START_TEST(a_contended_line_moves_every_operation_and_hop)
{
	static const uint32_t n[] = {2, 4};
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	m.l3_per_socket = 1;
	m.cores_per_l3 = 4;
	for (int i = 0; i < 2; i++) {
		rig_new(&r, &m, _i);
		r.user = r.line[0];
		for (uint32_t c = 0; c < n[i]; c++)
			rig_script(&r, c, 0, add_many);
		rig_run(&r);
		for (uint32_t k = 0; k < n[i] * OPS; k++)
			ck_assert_ps(r.core[k % n[i]].t[k / n[i]], (101 + 25 * k) * NS);
		ck_assert_uint_eq(*r.line[0], n[i] * OPS);
		rig_free(&r);
	}
}
END_TEST

/*
 * Cores 0, 1 in one domain, 2, 3 in the other of the socket. The first grant (101) was no
 * hand-over, so domain 0 has it and four hand-overs inside: 126, 151, 176, 201. Then the line must
 * leave: free at 206, hop 30: core 2 at 236, which counts as the first of that burst: 261, 286,
 * 311. Back at 346 to core 1, which has waited longer than core 0. From then on 35 + 3 x 25 = 110
 * per four.
 */
START_TEST(four_in_two_domains_take_bursts)
{
	static const struct grant want[] = {
		{101, 0}, {126, 1}, {151, 0}, {176, 1}, {201, 0}, {236, 2}, {261, 3},
		{286, 2}, {311, 3}, {346, 1}, {371, 0}, {396, 1}, {421, 0}, {456, 2},
		{481, 3}, {506, 2}, {531, 3}, {566, 1}, {591, 0}, {616, 1}, {641, 0},
	};
	struct vs_machine m;
	struct grant *g;
	uint32_t steady;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	r.user = r.line[0];
	for (uint32_t c = 0; c < 4; c++)
		rig_script(&r, c, 0, add_many);
	rig_run(&r);
	g = grants_of(&r, 4, &steady);
	ck_assert_uint_gt(steady, sizeof(want) / sizeof(want[0]));
	for (uint32_t k = 0; k < sizeof(want) / sizeof(want[0]); k++) {
		ck_assert_ps(g[k].at, want[k].at * NS);
		ck_assert_uint_eq(g[k].core, want[k].core);
	}
	free(g);
	rig_free(&r);
}
END_TEST

/* -- nobody starves ------------------------------------------------------------------------- */

/* Lengths of runs of equal group (core / per_group), the first and the last run left out. */
static void check_runs(const struct grant *g, uint32_t n, uint32_t per_group, uint32_t length)
{
	uint32_t run = 1, runs = 0;

	for (uint32_t k = 1; k < n; k++) {
		if (g[k].core / per_group == g[k - 1].core / per_group) {
			run++;
			continue;
		}
		if (runs++)
			ck_assert_uint_eq(run, length);
		run = 1;
	}
	ck_assert_uint_gt(runs, 3);
}

/*
 * Two sockets of two domains of two cores, all adding to one line. A domain keeps it for 4 grants,
 * a socket for 4 visits of its domains (the first of them included), 16 grants. One round of both:
 * 32 grants, 2 x 65 between sockets, 6 x 35 between domains, 24 x 25 inside.
 *
 * The longest wait between two grants of one core: in its domain it takes turns with its neighbour
 * and its domain comes twice in a visit. Say it had the last grant but one of the domain's second
 * turn, a b a b, and its domain goes first: then come b (25), the other domain (35 + 3 x 25), the
 * other socket (65 + 3 x 35 + 12 x 25 = 470) and the way back (65): 670. If its domain goes second:
 * b (25), the other socket (470), the first domain (65 + 75), the way to its own (35): 670 too.
 *
 * The first grant comes later for socket 1, as the first visit is longer: 5 + 4 x 4 grants, the
 * last of them at 101 + 4 x 25 + 4 x (35 + 75) = 641. Core 4 at 706, 5 at 731, 6 at 706 + 75 + 35 =
 * 816, 7 at 841.
 */
START_TEST(nobody_waits_longer_than_a_round)
{
	struct vs_machine m;
	struct grant *g;
	uint32_t steady;
	struct rig r;

	rig_machine(&m);
	m.sockets = 2;
	rig_new(&r, &m, _i);
	r.user = r.line[0];
	for (uint32_t c = 0; c < 8; c++)
		rig_script(&r, c, 0, add_many);
	rig_run(&r);
	g = grants_of(&r, 8, &steady);
	vs_ps longest = 0;

	for (uint32_t c = 0; c < 8; c++) {
		ck_assert_uint_le(r.core[c].t[0], 841 * NS);
		for (uint32_t k = 1; r.core[c].t[k] < g[steady].at; k++)
			if (r.core[c].t[k] - r.core[c].t[k - 1] > longest)
				longest = r.core[c].t[k] - r.core[c].t[k - 1];
	}
	ck_assert_ps(longest, 670 * NS);
	ck_assert_ps(r.core[7].t[0], 841 * NS);
	check_runs(g, steady, 2, 4);
	check_runs(g, steady, 4, 16);
	for (uint32_t k = 21; k + 32 < steady; k++)
		ck_assert_ps(g[k + 32].at - g[k].at, 940 * NS);
	free(g);
	rig_free(&r);
}
END_TEST

/* -- the queue ------------------------------------------------------------------------------ */

static void add_once(struct rig_core *me)
{
	rig_note(me, rig_add(me, me->rig->user));
}

static void read_once(struct rig_core *me)
{
	rig_note(me, rig_read(me, me->rig->user));
}

static void write_once(struct rig_core *me)
{
	rig_note(me, rig_write(me, me->rig->user, 9));
}

/*
 * Core 0 adds (101 to 106); 1, 2 and 4 want to read, 8 to write; all ask at 1. Core 1 is chosen at
 * 96: the line leaves core 0's sole possession at 106, hop 20: 126. The other readers are served
 * with it, at 96: core 2 from memory (101), but not before the loss of 106 plus the shortest hop:
 * 126. Core 4 from memory a socket away: 201. Core 8 is chosen when the youngest copy can go (201 +
 * 1 - leg): copies go at 202, the answers take a far hop: 322, but its data come from far memory:
 * 401.
 */
START_TEST(waiting_readers_are_served_together)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	r.user = r.line[0];
	rig_script(&r, 0, 0, add_once);
	rig_script(&r, 1, 0, read_once);
	rig_script(&r, 2, 0, read_once);
	rig_script(&r, 4, 0, read_once);
	rig_script(&r, 8, 0, write_once);
	rig_run(&r);
	ck_assert_ps(r.core[0].t[0], 106 * NS);
	ck_assert_ps(r.core[1].t[0], 126 * NS);
	ck_assert_ps(r.core[2].t[0], 126 * NS);
	ck_assert_ps(r.core[4].t[0], 201 * NS);
	ck_assert_ps(r.core[8].t[0], 401 * NS);
	rig_free(&r);
}
END_TEST

static void straddle_at_20(struct rig_core *me)
{
	vs_ps from;

	rig_until(me, 20 * NS);
	from = rig_now(me);
	vs_access((uintptr_t)me->rig->user + 60, 8, VS_WRITE, 0);
	rig_note(me, rig_now(me) - from);
}

/*
 * Core 0 adds (101 to 106), core 1 waits to. Core 2 writes across this line and the next: asked at
 * 21, decided at its arrival, 31, ahead of core 1. This line leaves core 0 at 106 and is there at
 * 136, the other comes from memory at 121, the second line costs 5 more: 141. Core 1 would have
 * been chosen at 96; the line is now held until 142, so it is at 132: leaves at 142, hop 30: 172,
 * add 5.
 */
START_TEST(several_lines_go_ahead_of_waiters)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	r.user = r.line[0];
	rig_script(&r, 0, 0, add_once);
	rig_script(&r, 1, 0, add_once);
	rig_script(&r, 2, 0, straddle_at_20);
	rig_run(&r);
	ck_assert_ps(r.core[2].t[0], 121 * NS);
	ck_assert_ps(r.core[1].t[0], 177 * NS);
	rig_free(&r);
}
END_TEST

/*
 * As before, and core 3, of core 2's domain, waits behind core 1. The range has brought the line to
 * its own domain: at 132 core 3 is chosen first, leaves at 142, hop 20: 162, add 5. Core 1: free at
 * 167, hop 30: 197, add 5.
 */
START_TEST(a_range_moves_the_line_to_its_domain)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	r.user = r.line[0];
	rig_script(&r, 0, 0, add_once);
	rig_script(&r, 1, 0, add_once);
	rig_script(&r, 2, 0, straddle_at_20);
	rig_script(&r, 3, 0, add_once);
	rig_run(&r);
	ck_assert_ps(r.core[3].t[0], 167 * NS);
	ck_assert_ps(r.core[1].t[0], 202 * NS);
	rig_free(&r);
}
END_TEST

static void write_at_4(struct rig_core *me)
{
	rig_until(me, 4 * NS);
	write_once(me);
}

/*
 * It is the arrival at the home that counts. The way from another socket takes 15 here: core 0 asks
 * at 1 and arrives at 16, core 4, at home, asks at 5 and arrives at 15. Core 4: memory, 105. Core
 * 0: chosen at 96, leaves core 4 at 106, hop 60: 166.
 */
START_TEST(the_first_to_arrive_goes_first)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	m.leg_ps[VS_CROSS_SOCKET] = 15 * NS;
	rig_new(&r, &m, _i);
	r.user = r.line[1];
	rig_script(&r, 0, 0, write_once);
	rig_script(&r, 4, 0, write_at_4);
	rig_run(&r);
	ck_assert_ps(r.core[4].t[0], 101 * NS);
	ck_assert_ps(r.core[0].t[0], 166 * NS);
	rig_free(&r);
}
END_TEST

/* At the same picosecond the lower core goes first; 1 waits for 0: 101, then 102 + 20. */
START_TEST(at_equal_time_the_lower_core_goes_first)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	r.user = r.line[0];
	rig_script(&r, 1, 0, write_once);
	rig_script(&r, 0, 0, write_once);
	rig_run(&r);
	ck_assert_ps(r.core[0].t[0], 101 * NS);
	ck_assert_ps(r.core[1].t[0], 122 * NS);
	rig_free(&r);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		one_adder_hits,
		a_contended_line_moves_every_operation_and_hop,
		four_in_two_domains_take_bursts,
		nobody_waits_longer_than_a_round,
		waiting_readers_are_served_together,
		several_lines_go_ahead_of_waiters,
		a_range_moves_the_line_to_its_domain,
		the_first_to_arrive_goes_first,
		at_equal_time_the_lower_core_goes_first,
	};

	return rig_main("directory", tests, sizeof(tests) / sizeof(tests[0]));
}
