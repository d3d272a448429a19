#include "mock.h"

#include <stdlib.h>
#include <string.h>

uintptr_t arena;
struct vs_checker *checker;
struct vs_rcu_watch rcu;
struct vs_core *vs_core_now;
struct vs_ctx *vs_ctx_now;

static char *memory;
static bool watched[ARENA / 64];
static vs_watch_fn watch_fn;
static struct vs_mem_watch mem;
static struct vs_core core[CPUS];
static uint32_t task;
static struct vs_engine_options options = {.n_cores = CPUS};
static char something; /* the engine, hw, a context: never looked into */

/* -- what the checker calls ----------------------------------------------------------------- */

const struct vs_engine_options *vs_engine_opts(const struct vs_engine *e)
{
	(void)e;
	return &options;
}

void vs_hw_set_watch(struct vs_hw *hw, vs_watch_fn fn)
{
	(void)hw;
	watch_fn = fn;
}

void vs_hw_watch_lines(struct vs_hw *hw, uintptr_t addr, size_t bytes, bool on)
{
	uintptr_t line;

	(void)hw;
	ck_assert_uint_ge(bytes, 1);
	ck_assert(addr >= arena && addr + bytes <= arena + ARENA);
	for (line = (addr - arena) / 64; line <= (addr - arena + bytes - 1) / 64; line++)
		watched[line] = on;
}

bool vs_hw_in_arena(const struct vs_hw *hw, uintptr_t addr)
{
	(void)hw;
	return addr - arena < ARENA;
}

uint64_t vs_hw_arena_offset(const struct vs_hw *hw, uintptr_t addr)
{
	(void)hw;
	return addr - arena;
}

void vs_mem_set_watch(const struct vs_mem_watch *w)
{
	mem = w ? *w : (struct vs_mem_watch){0};
}

void vs_rcu_set_watch(const struct vs_rcu_watch *w)
{
	rcu = w ? *w : (struct vs_rcu_watch){0};
}

struct vs_task *vs_task_current(void)
{
	return (struct vs_task *)&something;
}

uint32_t vs_task_id(const struct vs_task *t)
{
	(void)t;
	return task;
}

void vs_bug(const char *file, int line, const char *what)
{
	ck_abort_msg("bug at %s:%d: %s", file, line, what);
	abort();
}

/* -- what the tests call ------------------------------------------------------------------------
 */

void mock_set_up(void)
{
	uint32_t i;

	memory = malloc(ARENA + CHUNK);
	ck_assert_ptr_nonnull(memory);
	arena = ((uintptr_t)memory + CHUNK - 1) & ~(uintptr_t)(CHUNK - 1);
	memset(watched, 0, sizeof(watched));
	for (i = 0; i < CPUS; i++)
		core[i] = (struct vs_core){.id = i};
	checker = vs_check_new((struct vs_engine *)&something, (struct vs_hw *)&something, W);
	ck_assert_ptr_nonnull(checker);
	vs_check_attach(checker);
	vs_check_booting(checker, false);
}

void mock_tear_down(void)
{
	vs_check_free(checker);
	ck_assert(!watch_fn && !mem.alloced && !rcu.lock);
	free(memory);
}

void mock_grow(uint32_t cpu, vs_ps t, uintptr_t addr, size_t bytes)
{
	mem.grown(mem.ctx, cpu, addr, bytes, t);
}

void mock_alloc(uint32_t cpu, vs_ps t, uintptr_t addr, size_t bytes, enum vs_mem_class class)
{
	mem.alloced(mem.ctx, cpu, addr, bytes, class, 0, t);
}

void mock_free(uint32_t cpu, vs_ps t, uintptr_t addr)
{
	mem.freed(mem.ctx, cpu, addr, 0, t);
}

bool mock_watched(uintptr_t addr)
{
	return watched[(addr - arena) / 64];
}

bool mock_access(uint32_t cpu, vs_ps t, uintptr_t addr, size_t size, unsigned kind)
{
	uintptr_t line;
	bool any = false;

	core[cpu].clock = t;
	for (line = addr & ~UINT64_C(63); line < addr + size; line += 64) {
		if (!mock_watched(line))
			continue;
		any = true;
		watch_fn(&core[cpu], addr, size, kind, 0);
	}
	return any;
}

void mock_note(uint32_t t, uint32_t cpu, vs_ps now, enum vs_note what, const void *obj, uint64_t a)
{
	task = t;
	core[cpu].clock = now;
	vs_core_now = &core[cpu];
	vs_ctx_now = (struct vs_ctx *)&something;
	vs_note(what, obj, a);
	vs_core_now = NULL;
	vs_ctx_now = NULL;
}

const struct vs_verdict *mock_finish(size_t *n)
{
	return vs_check_finish(checker, n);
}

const struct vs_verdict *mock_expect_one(enum vs_check_kind kind)
{
	const struct vs_verdict *v;
	size_t n;

	v = mock_finish(&n);
	ck_assert_uint_eq(n, 1);
	ck_assert_msg(v->kind == kind, "%s: %s", vs_check_kind_name(v->kind), v->text);
	ck_assert_uint_eq(vs_check_count(checker, kind), 1);
	return v;
}

void mock_expect_none(void)
{
	const struct vs_verdict *v;
	size_t n;

	v = mock_finish(&n);
	ck_assert_msg(!n, "%s: %s", n ? vs_check_kind_name(v->kind) : "", n ? v->text : "");
}

int mock_main(const char *name, void (*add)(TCase *t), void (*set_up)(void))
{
	Suite *s = suite_create(name);
	TCase *t = tcase_create(name);
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, mock_tear_down);
	add(t);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
