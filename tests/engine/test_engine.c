/*
 * The engine alone, without a memory system: order of events, timers, messages, cancelling, how
 * runs end, contexts and their stacks. Delays: agent 10, effect 10, message 20, window 20. Each
 * test runs four times: bare and SimGrid, windowed and strict; SimGrid lives once per process, and
 * Check gives each test its own.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "sim/engine/engine.h"

#define MAX_LOG 64

struct world {
	struct vs_engine *e;
	char log[MAX_LOG][32]; /* what happened, in order */
	uint32_t n;
};

static void note(struct world *w, const char *what, vs_ps at)
{
	ck_assert_uint_lt(w->n, MAX_LOG);
	snprintf(w->log[w->n++], sizeof(w->log[0]), "%s@%llu", what, (unsigned long long)at);
}

static void expect(const struct world *w, const char *const *want, uint32_t n)
{
	for (uint32_t i = 0; i < n && i < w->n; i++)
		ck_assert_str_eq(w->log[i], want[i]);
	ck_assert_uint_eq(w->n, n);
}
#define EXPECT(w, ...)                                                                             \
	do {                                                                                       \
		const char *const want[] = {__VA_ARGS__};                                          \
                                                                                                   \
		expect(w, want, sizeof(want) / sizeof(want[0]));                                   \
	} while (0)

static void setup(struct world *w, int how, uint32_t cores)
{
	struct vs_engine_options o = {
		.n_cores = cores,
		.delays = {.agent = 10, .effect = 10, .message = 20, .window = 20, .history = 20},
		.strict = how & 1,
		.backend = how & 2 ? VS_BACKEND_SIMGRID : VS_BACKEND_BARE};

	memset(w, 0, sizeof(*w));
	w->e = vs_engine_new(&o);
	vs_engine_set_user(w->e, w);
}

static struct world *world_of(struct vs_core *c)
{
	return vs_engine_user(c->engine);
}

/* -- local events --------------------------------------------------------------------------- */

static void on_local(struct vs_core *c, struct vs_event *ev)
{
	note(world_of(c), ev->obj, ev->time);
}

static struct vs_event *timer(struct world *w, uint32_t core, enum vs_class rank, vs_ps at,
			      const char *name)
{
	struct vs_event *ev = vs_event_new(w->e);

	ev->rank = rank;
	ev->time = at;
	ev->fn.local = on_local;
	ev->obj = (void *)name;
	vs_send_timer(vs_engine_core(w->e, core), ev);
	return ev;
}

/* At equal time by class, not by when they were sent; equal classes by line, issue, then sequence.
 */
START_TEST(equal_times_by_class)
{
	struct world w;
	struct vs_event *ev;

	setup(&w, _i, 1);
	timer(&w, 0, VS_CLASS_TIMER, 100, "timer");
	timer(&w, 0, VS_CLASS_MESSAGE, 100, "message");
	timer(&w, 0, VS_CLASS_INVALIDATION, 100, "invalidation");
	timer(&w, 0, VS_CLASS_DOWNGRADE, 100, "downgrade");
	ev = timer(&w, 0, VS_CLASS_FILL, 100, "fill");
	ck_assert_uint_eq(ev->core, 0);
	timer(&w, 0, VS_CLASS_TIMER, 100, "second timer");
	timer(&w, 0, VS_CLASS_TIMER, 99, "earlier");
	ck_assert_int_eq(vs_engine_run(w.e, VS_PS_MAX_RUN), VS_STOP_QUIET);
	EXPECT(&w, "earlier@99", "fill@100", "downgrade@100", "invalidation@100", "message@100",
	       "timer@100", "second timer@100");
	ck_assert_uint_eq(vs_engine_stats(w.e)->local_events, 7);
	ck_assert_uint_eq(vs_engine_core(w.e, 0)->n_local, 7);
	vs_engine_free(w.e);
}
END_TEST

START_TEST(a_cancelled_timer_does_not_ring)
{
	struct world w;
	struct vs_event *ev;

	setup(&w, _i, 1);
	timer(&w, 0, VS_CLASS_TIMER, 10, "a");
	ev = timer(&w, 0, VS_CLASS_TIMER, 20, "cancelled");
	timer(&w, 0, VS_CLASS_TIMER, 30, "b");
	vs_event_cancel(vs_engine_core(w.e, 0), ev);
	ck_assert_int_eq(vs_engine_run(w.e, VS_PS_MAX_RUN), VS_STOP_QUIET);
	EXPECT(&w, "a@10", "b@30");
	vs_engine_free(w.e);
}
END_TEST

/* -- agents --------------------------------------------------------------------------------- */

static void on_agent(struct vs_engine *e, struct vs_event *ev)
{
	note(vs_engine_user(e), ev->obj, ev->time);
}

static void seed(struct world *w, enum vs_class rank, uint64_t line, vs_ps at, vs_agent_fn fn,
		 const char *name)
{
	struct vs_event *ev = vs_event_new(w->e);

	ev->rank = rank;
	ev->line = line;
	ev->time = at;
	ev->fn.agent = fn;
	ev->obj = (void *)name;
	vs_seed_agent(w->e, ev);
}

static void on_agent_that_acts(struct vs_engine *e, struct vs_event *ev)
{
	struct vs_event *effect = vs_event_new(e), *later = vs_event_new(e);

	on_agent(e, ev);
	later->rank = VS_CLASS_AGENT; /* same time, later class */
	later->time = ev->time;
	later->fn.agent = on_agent;
	later->obj = "later";
	vs_send_later(e, later);
	effect->rank = VS_CLASS_MESSAGE;
	effect->time = ev->time + 10;
	effect->fn.local = on_local;
	effect->obj = "effect";
	vs_send_effect(e, vs_engine_core(e, 1), effect);
}

/* Notices, decisions, requests, others, watchers; then by line. What a handler sends comes after.
 */
START_TEST(agents_by_class_then_line)
{
	struct world w;

	setup(&w, _i, 2);
	seed(&w, VS_CLASS_CHECK, 0, 50, on_agent, "check");
	seed(&w, VS_CLASS_REQUEST, 9, 50, on_agent, "request 9");
	seed(&w, VS_CLASS_REQUEST, 3, 50, on_agent_that_acts, "request 3");
	seed(&w, VS_CLASS_DECISION, 4, 50, on_agent, "decision");
	seed(&w, VS_CLASS_NOTICE, 8, 50, on_agent, "notice");
	ck_assert_int_eq(vs_engine_run(w.e, VS_PS_MAX_RUN), VS_STOP_QUIET);
	EXPECT(&w, "notice@50", "decision@50", "request 3@50", "request 9@50", "later@50",
	       "check@50", "effect@60");
	ck_assert_uint_eq(vs_engine_stats(w.e)->agent_events, 6);
	vs_engine_free(w.e);
}
END_TEST

/* -- contexts ------------------------------------------------------------------------------- */

struct thread {
	struct world *w;
	struct vs_core *core;
	struct vs_ctx *ctx;
	const char *name;
	struct thread *other;
};

static void end_thread(struct thread *t)
{
	vs_core_sync();
	t->core->run = NULL;
	t->core->running = false;
	vs_ctx_exit(t->ctx);
}

static void start_thread(struct thread *t, struct world *w, uint32_t core, vs_ps at,
			 const char *name, void (*fn)(void *arg))
{
	struct vs_core *c = vs_engine_core(w->e, core);

	*t = (struct thread){.w = w, .core = c, .name = name, .other = t->other};
	t->ctx = vs_ctx_new(w->e, name, core, fn, t);
	vs_ctx_set_user(t->ctx, t);
	c->run = t->ctx;
	c->clock = at;
	c->running = true;
	vs_core_changed(c);
}

static void advance(struct thread *t, vs_ps ps)
{
	t->core->clock += ps;
	vs_core_sync();
	ck_assert_ptr_eq(vs_core_now, t->core);
	ck_assert_ptr_eq(vs_ctx_now, t->ctx);
}

static void on_wake(struct vs_core *c, struct vs_event *ev)
{
	note(world_of(c), "wake", ev->time);
	c->clock = ev->time;
	c->running = true;
}

static void sleeper(void *arg)
{
	struct thread *t = arg;

	vs_core_sync();
	note(t->w, "sleeps", t->core->clock);
	t->core->running = false;
	vs_core_park();
	note(t->w, "woken", t->core->clock);
	end_thread(t);
}

static void waker(void *arg)
{
	struct thread *t = arg;
	struct vs_event *ev = vs_event_new(t->w->e);

	advance(t, 500);
	ev->rank = VS_CLASS_MESSAGE;
	ev->time = t->core->clock + 20; /* the shortest flight there is */
	ev->fn.local = on_wake;
	vs_send_message(t->core, vs_engine_core(t->w->e, 1), ev, t->core->clock);
	ck_assert_uint_eq(ev->issue, 501);
	end_thread(t);
}

START_TEST(a_message_wakes_another_core)
{
	struct world w;
	struct thread a, b;

	setup(&w, _i, 2);
	start_thread(&a, &w, 0, 1, "waker", waker);
	start_thread(&b, &w, 1, 3, "sleeper", sleeper);
	ck_assert_int_eq(vs_engine_run(w.e, VS_PS_MAX_RUN), VS_STOP_QUIET);
	EXPECT(&w, "sleeps@3", "wake@521", "woken@521");
	vs_engine_free(w.e);
}
END_TEST

/* A running thread's timers are handled at their time, between its steps; before a step of equal
 * time. */
static void steps(void *arg)
{
	struct thread *t = arg;

	timer(t->w, 0, VS_CLASS_TIMER, 25, "timer");
	timer(t->w, 0, VS_CLASS_TIMER, 30, "timer");
	for (int i = 0; i < 4; i++) {
		advance(t, 10);
		note(t->w, "step", t->core->clock);
	}
	end_thread(t);
}

START_TEST(timers_come_between_steps)
{
	struct world w;
	struct thread a;

	setup(&w, _i, 1);
	start_thread(&a, &w, 0, 0, "steps", steps);
	ck_assert_int_eq(vs_engine_run(w.e, VS_PS_MAX_RUN), VS_STOP_QUIET);
	EXPECT(&w, "step@10", "step@20", "timer@25", "timer@30", "step@30", "step@40");
	vs_engine_free(w.e);
}
END_TEST

static void attend(struct vs_core *c)
{
	note(world_of(c), "attends", c->clock);
	c->clock += 5;
}

static void on_interrupt(struct vs_core *c, struct vs_event *ev)
{
	(void)ev;
	c->attention = true;
	c->limit = 0;
}

static void interrupted(void *arg)
{
	struct thread *t = arg;
	struct vs_event *ev = vs_event_new(t->w->e);

	ev->rank = VS_CLASS_TIMER;
	ev->time = 15;
	ev->fn.local = on_interrupt;
	vs_send_timer(t->core, ev);
	for (int i = 0; i < 3; i++) {
		advance(t, 10);
		note(t->w, "step", t->core->clock);
	}
	end_thread(t);
}

/* The host is asked at the next callback, 20, and its 5 come before the step. */
START_TEST(attention_is_paid_at_the_next_callback)
{
	struct world w;
	struct thread a;

	setup(&w, _i, 1);
	vs_engine_set_attend(w.e, attend);
	start_thread(&a, &w, 0, 0, "interrupted", interrupted);
	ck_assert_int_eq(vs_engine_run(w.e, VS_PS_MAX_RUN), VS_STOP_QUIET);
	EXPECT(&w, "step@10", "attends@20", "step@25", "step@35");
	vs_engine_free(w.e);
}
END_TEST

static void on_wake_and_interrupt(struct vs_core *c, struct vs_event *ev)
{
	on_wake(c, ev);
	on_interrupt(c, ev);
}

static void sleeps_and_is_interrupted(void *arg)
{
	struct thread *t = arg;
	struct vs_event *ev = vs_event_new(t->w->e);

	vs_core_sync();
	ev->rank = VS_CLASS_TIMER;
	ev->time = 40;
	ev->fn.local = on_wake_and_interrupt;
	vs_send_timer(t->core, ev);
	t->core->running = false;
	vs_core_park();
	/* what makes the next callback, whatever it is, take the slow path */
	ck_assert_uint_eq(t->core->limit, 0);
	advance(t, 10);
	note(t->w, "step", t->core->clock);
	end_thread(t);
}

START_TEST(attention_outlives_a_park)
{
	struct world w;
	struct thread a;

	setup(&w, _i, 1);
	vs_engine_set_attend(w.e, attend);
	start_thread(&a, &w, 0, 0, "interrupted", sleeps_and_is_interrupted);
	ck_assert_int_eq(vs_engine_run(w.e, VS_PS_MAX_RUN), VS_STOP_QUIET);
	EXPECT(&w, "wake@40", "attends@50", "step@55");
	vs_engine_free(w.e);
}
END_TEST

static void gives_up_core(void *arg)
{
	struct thread *t = arg;

	advance(t, 10);
	note(t->w, t->name, t->core->clock);
	t->core->run = t->other->ctx; /* a switch of threads: the core stays busy */
	vs_core_park();
	note(t->w, t->name, t->core->clock);
	end_thread(t);
}

static void takes_core(void *arg)
{
	struct thread *t = arg;

	note(t->w, t->name, t->core->clock);
	t->core->clock += 7;
	vs_core_sync();
	note(t->w, t->name, t->core->clock);
	t->core->run = t->other->ctx;
	vs_ctx_exit(t->ctx);
}

START_TEST(threads_take_turns_on_a_core)
{
	struct world w;
	struct thread a = {0}, b = {0};

	setup(&w, _i, 1);
	a.other = &b;
	b.other = &a;
	start_thread(&b, &w, 0, 0, "b", takes_core);
	start_thread(&a, &w, 0, 0, "a", gives_up_core); /* it has the core now */
	ck_assert_int_eq(vs_engine_run(w.e, VS_PS_MAX_RUN), VS_STOP_QUIET);
	EXPECT(&w, "a@10", "b@10", "b@17", "a@17");
	vs_engine_free(w.e);
}
END_TEST

/* -- stacks --------------------------------------------------------------------------------- */

static void looks_at_stacks(void *arg)
{
	struct thread *t = arg;
	volatile char here = 0;
	uintptr_t lo, hi, p = (uintptr_t)&here;

	(void)here;
	vs_ctx_stack(t->ctx, &lo, &hi);
	ck_assert(p >= lo && p < hi);
	ck_assert_uint_eq(hi - lo, vs_engine_opts(t->w->e)->stack_bytes);
	ck_assert_ptr_eq(vs_ctx_of_address(t->w->e, p), t->ctx);
	ck_assert_ptr_eq(vs_ctx_user(t->ctx), t);
	advance(t, 100); /* the other one has a stack by now */
	vs_ctx_stack(t->other->ctx, &lo, &hi);
	ck_assert(p < lo || p >= hi);
	ck_assert_ptr_eq(vs_ctx_of_address(t->w->e, hi - 256), t->other->ctx);
	ck_assert_ptr_null(vs_ctx_of_address(t->w->e, (uintptr_t)t));
	note(t->w, "looked", t->core->clock);
	end_thread(t);
}

START_TEST(stacks_are_found_by_address)
{
	struct world w;
	struct thread a = {0}, b = {0};

	setup(&w, _i, 2);
	a.other = &b;
	b.other = &a;
	start_thread(&a, &w, 0, 0, "a", looks_at_stacks);
	start_thread(&b, &w, 1, 0, "b", looks_at_stacks);
	ck_assert_int_eq(vs_engine_run(w.e, VS_PS_MAX_RUN), VS_STOP_QUIET);
	ck_assert_uint_eq(w.n, 2);
	vs_engine_free(w.e);
}
END_TEST

/* -- ends ----------------------------------------------------------------------------------- */

START_TEST(a_limit_cuts_before_it)
{
	struct world w;

	setup(&w, _i, 2);
	timer(&w, 0, VS_CLASS_TIMER, 99, "before");
	timer(&w, 1, VS_CLASS_TIMER, 100, "at the limit");
	seed(&w, VS_CLASS_AGENT, 0, 101, on_agent, "after");
	ck_assert_int_eq(vs_engine_run(w.e, 100), VS_STOP_LIMIT);
	EXPECT(&w, "before@99");
	vs_engine_free(w.e);
}
END_TEST

static void on_finish(struct vs_core *c, struct vs_event *ev)
{
	on_local(c, ev);
	vs_engine_finish(c->engine);
}

/* Finished at 50: what comes within the window after it still happens, on all cores; then it is
 * over. */
START_TEST(finishing_takes_a_window)
{
	struct world w;

	setup(&w, _i, 2);
	timer(&w, 0, VS_CLASS_TIMER, 50, "finish")->fn.local = on_finish;
	timer(&w, 1, VS_CLASS_TIMER, 69, "just before");
	timer(&w, 1, VS_CLASS_TIMER, 70, "over");
	ck_assert_int_eq(vs_engine_run(w.e, VS_PS_MAX_RUN), VS_STOP_DONE);
	EXPECT(&w, "finish@50", "just before@69");
	vs_engine_free(w.e);
}
END_TEST

static void on_abort(struct vs_engine *e, struct vs_event *ev)
{
	on_agent(e, ev);
	vs_engine_abort(e);
}

START_TEST(aborting_is_at_once)
{
	struct world w;

	setup(&w, _i, 1);
	seed(&w, VS_CLASS_AGENT, 0, 50, on_abort, "abort");
	seed(&w, VS_CLASS_AGENT, 1, 50, on_agent, "never");
	ck_assert_int_eq(vs_engine_run(w.e, VS_PS_MAX_RUN), VS_STOP_ABORTED);
	EXPECT(&w, "abort@50");
	vs_engine_free(w.e);
}
END_TEST

/* A thread that waits for nobody: the engine goes quiet and the thread is left where it is. */
START_TEST(nobody_left_to_wake_it)
{
	struct world w;
	struct thread a;

	setup(&w, _i, 2);
	start_thread(&a, &w, 1, 3, "sleeper", sleeper);
	ck_assert_int_eq(vs_engine_run(w.e, VS_PS_MAX_RUN), VS_STOP_QUIET);
	EXPECT(&w, "sleeps@3");
	ck_assert_ptr_eq(vs_engine_core(w.e, 1)->run, a.ctx);
	vs_engine_free(w.e);
}
END_TEST

/* -- delays are checked --------------------------------------------------------------------- */

static void sends_too_soon(void *arg)
{
	struct thread *t = arg;
	struct vs_event *ev = vs_event_new(t->w->e);

	vs_core_sync();
	ev->rank = VS_CLASS_MESSAGE;
	ev->time = t->core->clock + 19;
	ev->fn.local = on_wake;
	vs_send_message(t->core, vs_engine_core(t->w->e, 1), ev, t->core->clock);
}

START_TEST(a_message_faster_than_light_aborts)
{
	struct world w;
	struct thread a;

	setup(&w, _i, 2);
	start_thread(&a, &w, 0, 0, "hasty", sends_too_soon);
	vs_engine_run(w.e, VS_PS_MAX_RUN);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		equal_times_by_class,        a_cancelled_timer_does_not_ring,
		agents_by_class_then_line,   a_message_wakes_another_core,
		timers_come_between_steps,   attention_is_paid_at_the_next_callback,
		attention_outlives_a_park,   threads_take_turns_on_a_core,
		stacks_are_found_by_address, a_limit_cuts_before_it,
		finishing_takes_a_window,    aborting_is_at_once,
		nobody_left_to_wake_it,
	};
	Suite *s = suite_create("engine");
	TCase *t = tcase_create("engine");
	SRunner *r;
	int failed;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_loop_test(t, tests[i], 0, 4);
	tcase_add_loop_test_raise_signal(t, a_message_faster_than_light_aborts, 6, 0, 2);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
