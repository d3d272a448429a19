/* How long a window may be: W = min(a + b, h, m), a the smallest leg, b the smallest of a leg and
 * of what a leg leaves of the quickest answer, h the smallest hop, m the smallest flight. */
#include <string.h>

#include "tests/hw/rig.h"
#include "sim/io/machine.h"

static bool compute(struct vs_machine *m, char *why)
{
	return vs_hw_compute_window(m, why, 256);
}

/* Toy: a = 10, b = min(10, 20 - 10), h = 20, m = 100: W = 20 by both a + b and h. */
START_TEST(a_toy)
{
	struct vs_machine m;
	char why[256];

	rig_machine(&m);
	ck_assert_msg(compute(&m, why), "%s", why);
	ck_assert_ps(m.agent_delay_ps, 10 * NS);
	ck_assert_ps(m.effect_delay_ps, 10 * NS);
	ck_assert_ps(m.loss_delay_ps, 20 * NS);
	ck_assert_ps(m.message_ps, 100 * NS);
	ck_assert_ps(m.window_ps, 20 * NS);
	struct vs_delays d = vs_hw_delays(&m, 7);

	ck_assert_ps(d.agent, 10 * NS);
	ck_assert_ps(d.effect, 10 * NS);
	ck_assert_ps(d.message, 100 * NS);
	ck_assert_ps(d.window, 7);
	ck_assert_ps(d.history, 20 * NS);
}
END_TEST

/* Each of the terms can be the least. */
START_TEST(each_term_decides_once)
{
	struct vs_machine m;
	char why[256];

	rig_machine(&m);
	m.l3_ps = 17 * NS; /* leaves 7 after a leg: 10 + 7 */
	ck_assert(compute(&m, why));
	ck_assert_ps(m.window_ps, 17 * NS);
	rig_machine(&m);
	m.hop_ps[VS_CROSS_SOCKET] = 13 * NS;
	ck_assert(compute(&m, why));
	ck_assert_ps(m.window_ps, 13 * NS);
	rig_machine(&m);
	m.wake_flight_ps = 11 * NS;
	ck_assert(compute(&m, why));
	ck_assert_ps(m.window_ps, 11 * NS);
	rig_machine(&m);
	m.ipi_flight_ps[VS_FAR_SOCKET] = 9 * NS;
	ck_assert(compute(&m, why));
	ck_assert_ps(m.window_ps, 9 * NS);
	rig_machine(&m);
	m.leg_ps[VS_SAME_L3] = m.leg_ps[VS_SAME_SOCKET] = 6 * NS; /* 6 + 6 */
	ck_assert(compute(&m, why));
	ck_assert_ps(m.window_ps, 12 * NS);
}
END_TEST

/* A distance that the machine does not have does not count: one socket, one L3. */
START_TEST(distances_that_do_not_occur_do_not_count)
{
	struct vs_machine m;
	char why[256];

	rig_machine(&m);
	m.sockets = 1;
	m.l3_per_socket = 1;
	m.hop_ps[VS_SAME_SOCKET] = m.hop_ps[VS_CROSS_SOCKET] = m.hop_ps[VS_FAR_SOCKET] = 20 * NS;
	m.leg_ps[VS_CROSS_SOCKET] = m.leg_ps[VS_FAR_SOCKET] = 0;
	m.transfer_ps[VS_CROSS_SOCKET] = m.transfer_ps[VS_FAR_SOCKET] = 0;
	m.ipi_flight_ps[VS_CROSS_SOCKET] = m.ipi_flight_ps[VS_FAR_SOCKET] = 0;
	ck_assert_msg(compute(&m, why), "%s", why);
	ck_assert_ps(m.window_ps, 20 * NS);
}
END_TEST

static void expect_refusal(const struct vs_machine *m, const char *what)
{
	struct vs_machine copy = *m;
	char why[256] = "";

	ck_assert(!compute(&copy, why));
	ck_assert_msg(strstr(why, what) != NULL, "\"%s\" does not say \"%s\"", why, what);
}

START_TEST(what_is_refused)
{
	struct vs_machine m;

	rig_machine(&m);
	m.hop_ps[VS_SAME_L3] = 0;
	expect_refusal(&m, "zero");
	rig_machine(&m);
	m.wake_flight_ps = 0;
	expect_refusal(&m, "zero");
	rig_machine(&m);
	m.leg_ps[VS_SAME_SOCKET] = m.leg_ps[VS_SAME_L3] = 0;
	expect_refusal(&m, "zero");
	rig_machine(&m);
	m.leg_ps[VS_FAR_SOCKET] = 20 * NS; /* as long as the L3's whole answer */
	expect_refusal(&m, "20000 ps");
	rig_machine(&m);
	m.transfer_ps[VS_SAME_L3] = 10 * NS;
	expect_refusal(&m, "leg");
	rig_machine(&m);
	m.memory_ps[VS_CROSS_SOCKET] = 9 * NS;
	expect_refusal(&m, "leg");
}
END_TEST

/*
 * The shipped machines, in ps, from their files:
 *   8176: leg 10000, L3 26190: a + b = 20000; hop 21203       W 20000
 *   8375C: leg 11000, L3 26000: 22000; hop 23168              W 22000
 *   Skylake: leg 10000, L3 22000: 20000; hop 21160            W 20000
 *   7773X: leg 5750, L3 12857: 11500; hop 11521               W 11500
 *   toy-4: leg 10000, L3 20000: 20000; hop 20000              W 20000
 * Flights are 200 ns and more.
 */
START_TEST(the_shipped_machines)
{
	static const struct {
		const char *name;
		vs_ps window;
	} want[] = {
		{"xeon-platinum-8176", 20000}, {"xeon-8375c", 22000}, {"skylake-2x20", 20000},
		{"epyc-7773x", 11500},         {"toy-4", 20000},
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct vs_machine m;
		struct vs_errors errs;

		vs_errors_init(&errs);
		ck_assert_msg(vs_machine_load(want[i].name, ".", VS_SOURCE_DIR "/models/machines",
					      &m, &errs),
			      "%s is not loaded", want[i].name);
		ck_assert_ps(m.window_ps, want[i].window);
		vs_errors_release(&errs);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_toy,           each_term_decides_once, distances_that_do_not_occur_do_not_count,
		what_is_refused, the_shipped_machines,
	};

	return rig_main("window", tests, sizeof(tests) / sizeof(tests[0]));
}
