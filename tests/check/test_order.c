/*
 * Verdicts do not depend on the order in which the host runs the CPUs inside a window.
 *
 * Random scripts - what each CPU does and when, with all kinds of faults - are told to a checker in
 * the strict order of time and in random orders that a window of W allows: a CPU may go next if
 * what it does is earlier than what every CPU still has to do, plus W. The lists of violations,
 * texts included, must be the same. Orders of 3 W must be seen to break it, or the test is blind.
 */
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRIPTS 300
#define AT_ONCE 50 /* in one process */
#define STEPS 400
#define SLOTS 8
#define SLOT_BYTES 48 /* so that slots share lines */
#define INDICES 5
#define READERS 2 /* sections of a thread */

enum kind { ALLOC, FREE, ACCESS, NOTE, LOCK, UNLOCK, SLEEP, GP_BEGIN, GP_END };

struct step {
	vs_ps time;
	uint32_t cpu;
	enum kind kind;
	uintptr_t addr; /* offset in the arena */
	size_t bytes;
	enum vs_note note;
	unsigned a;
};

struct script {
	struct step step[STEPS];
	uint64_t seed;
};

static uint64_t next(uint64_t *s)
{
	*s = *s * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *s >> 33;
}

/*
 * Slots come in pairs, pair p belongs to CPU p. An object takes a slot or a whole pair. The owner
 * allocates only what is free as far as it can know.
 */
struct slot {
	bool ever, in_use, with_next, with_last;
	vs_ps freed_at;
	uint32_t freed_by;
};

static bool owner_sees_free(const struct slot *s, uint32_t owner, vs_ps now)
{
	if (!s->ever)
		return true;
	return !s->in_use && (s->freed_by == owner ? s->freed_at : s->freed_at + W) <= now;
}

static void alloc_step(struct step *st, struct slot *s, bool first, uint64_t *seed)
{
	bool pair = first && next(seed) % 2 && owner_sees_free(s + 1, st->cpu, st->time);

	st->kind = ALLOC;
	st->bytes = (pair ? 2 * SLOT_BYTES : SLOT_BYTES) - next(seed) % 2 * 8;
	*s = (struct slot){.ever = true, .in_use = true, .with_next = pair};
	if (pair)
		s[1] = (struct slot){.ever = true, .in_use = true, .with_last = true};
}

static void free_slot(const struct step *st, struct slot *s)
{
	s->in_use = false;
	s->freed_at = st->time;
	s->freed_by = st->cpu;
}

static void memory_step(struct step *st, struct slot *slots, uint64_t *seed)
{
	uint32_t slot = (uint32_t)(next(seed) % SLOTS), what = (uint32_t)(next(seed) % 8);
	struct slot *s = &slots[slot];

	if (what < 3)
		s = &slots[slot = st->cpu * 2 + slot % 2];
	st->addr = slot * SLOT_BYTES;
	if (what < 3 && owner_sees_free(s, st->cpu, st->time)) {
		alloc_step(st, s, slot % 2 == 0, seed);
	} else if (what == 3) {
		st->kind = FREE;
		if (!s->in_use || s->with_last)
			return;
		free_slot(st, s);
		if (s->with_next)
			free_slot(st, s + 1);
	} else {
		st->kind = ACCESS;
		st->addr += next(seed) % 6 * 8;
		st->bytes = 8;
	}
}

static void vcpu_step(struct step *st, uint64_t *seed)
{
	static const enum vs_note notes[] = {
		VS_NOTE_VCPU_ID,    VS_NOTE_VCPU_READY, VS_NOTE_VCPU_READY, VS_NOTE_VCPU_CREATED,
		VS_NOTE_VCPU_GONE,  VS_NOTE_GET_BEGIN,  VS_NOTE_GET_END,    VS_NOTE_GET_END,
		VS_NOTE_GET_ID_END, VS_NOTE_WALK_BEGIN, VS_NOTE_WALK_VISIT, VS_NOTE_WALK_VISIT,
		VS_NOTE_WALK_END};

	st->kind = NOTE;
	st->note = notes[next(seed) % (sizeof(notes) / sizeof(*notes))];
	st->a = (unsigned)(next(seed) % INDICES);
	st->bytes = next(seed) % 4; /* who is handed out: given_by() */
	if (st->note <= VS_NOTE_VCPU_GONE) {
		/* an index is made and unmade by one CPU, as under a lock */
		st->a = st->cpu;
		st->bytes = 0;
	}
}

static void rcu_step(struct step *st, uint64_t *seed)
{
	static const enum kind kinds[] = {LOCK, LOCK, UNLOCK, UNLOCK, SLEEP, GP_BEGIN, GP_END};

	st->kind = kinds[next(seed) % (sizeof(kinds) / sizeof(*kinds))];
	st->a = (unsigned)(next(seed) % READERS);
}

static void write_script(struct script *s, uint64_t seed)
{
	struct slot slots[SLOTS] = {{0}};
	vs_ps now = 10000;
	uint32_t i;

	for (i = 0; i < STEPS; i++) {
		struct step *st = &s->step[i];

		*st = (struct step){.time = now += next(&seed) % 300,
				    .cpu = (uint32_t)(next(&seed) % CPUS)};
		/* a CPU does one thing at a time */
		now++;
		switch (next(&seed) % 3) {
		case 0:
			memory_step(st, slots, &seed);
			break;
		case 1:
			vcpu_step(st, &seed);
			break;
		default:
			rcu_step(st, &seed);
		}
	}
}

static const char vcpus[2 * INDICES];
static const char domains[READERS];

/* The right vCPU, the next one, one that never was, nobody */
static const void *given_by(const struct step *s)
{
	if (s->bytes == 3)
		return NULL;
	return s->bytes == 2 ? &vcpus[INDICES + s->a] : &vcpus[(s->a + s->bytes) % INDICES];
}

static bool has_vcpu(enum vs_note n)
{
	return n != VS_NOTE_GET_BEGIN && n != VS_NOTE_WALK_BEGIN && n != VS_NOTE_WALK_END;
}

static void tell(const struct step *s)
{
	const void *domain = s->a ? &domains[s->a % READERS] : NULL;

	switch (s->kind) {
	case ALLOC:
		mock_alloc(s->cpu, s->time, arena + s->addr, s->bytes, VS_MEM_TABLE);
		break;
	case FREE:
		mock_free(s->cpu, s->time, arena + s->addr);
		break;
	case ACCESS:
		mock_access(s->cpu, s->time, arena + s->addr, s->bytes, VS_READ);
		break;
	case NOTE:
		mock_note(s->cpu, s->cpu, s->time, s->note, has_vcpu(s->note) ? given_by(s) : NULL,
			  s->note == VS_NOTE_WALK_END ? s->a % 2 : s->a);
		break;
	case LOCK:
		rcu.lock(rcu.ctx, s->cpu, s->cpu, s->time, domain, 0, 0);
		break;
	case UNLOCK:
		rcu.unlock(rcu.ctx, s->cpu, s->cpu, s->time, domain, 0, 0);
		break;
	case SLEEP:
		rcu.sleeping(rcu.ctx, s->cpu, s->cpu, s->time, 0);
		break;
	case GP_BEGIN:
		rcu.gp_begin(rcu.ctx, s->cpu, s->time, domain, s->cpu);
		break;
	case GP_END:
		rcu.gp_end(rcu.ctx, s->cpu, s->time, domain, s->cpu);
		break;
	}
}

/* Next step of a CPU from `from` on, or NULL */
static struct step *next_of(struct script *s, uint32_t cpu, uint32_t from)
{
	for (; from < STEPS; from++) {
		if (s->step[from].cpu == cpu)
			return &s->step[from];
	}
	return NULL;
}

static void play(struct script *s, vs_ps window, uint64_t *seed)
{
	struct step *due[CPUS];
	vs_ps first;
	uint32_t i, n;

	for (i = 0; i < CPUS; i++)
		due[i] = next_of(s, i, 0);
	for (n = 0; n < STEPS; n++) {
		first = UINT64_MAX;
		for (i = 0; i < CPUS; i++) {
			if (due[i] && due[i]->time < first)
				first = due[i]->time;
		}
		do {
			i = (uint32_t)(next(seed) % CPUS);
		} while (!due[i] ||
			 (window ? due[i]->time >= first + window : due[i]->time != first));
		tell(due[i]);
		due[i] = next_of(s, i, (uint32_t)(due[i] - s->step) + 1);
	}
}

/* The violations as one text, to be freed. */
static char *played(struct script *s, vs_ps window, uint64_t seed)
{
	const struct vs_verdict *v;
	char *text = NULL;
	size_t size = 0, n, i;
	FILE *out;
	int k;

	mock_set_up();
	mock_grow(0, 0, arena, CHUNK);
	play(s, window, &seed);
	v = mock_finish(&n);
	out = open_memstream(&text, &size);
	for (i = 0; i < n; i++)
		fprintf(out, "%llu cpu %u %s: %s\n", (unsigned long long)v[i].time, v[i].cpu,
			vs_check_kind_name(v[i].kind), v[i].text);
	for (k = 0; k < VS_CHECK_KINDS; k++)
		fprintf(out, "%s %llu\n", vs_check_kind_name(k),
			(unsigned long long)vs_check_count(checker, k));
	fclose(out);
	mock_tear_down();
	return text;
}

/* Where two texts part: the line in the second, cut. */
static const char *first_difference(const char *x, const char *y)
{
	static char lines[2][500];
	static unsigned turn;
	char *line = lines[turn++ % 2];
	const char *start = y;

	while (*x && *x == *y) {
		if (*y == '\n')
			start = y + 1;
		x++;
		y++;
	}
	snprintf(line, sizeof(lines[0]), "%.*s", (int)strcspn(start, "\n"), start);
	return line;
}

static void compare(int number)
{
	static struct script s;
	char *strict, *other;
	uint64_t i;

	write_script(&s, (uint64_t)number);
	strict = played(&s, 0, 1);
	for (i = 0; i < 10; i++) {
		other = played(&s, i < 3 ? 1 + i * 300 : W, i);
		ck_assert_msg(!strcmp(strict, other), "script %d, order %d: %s\nstrictly: %s",
			      number, (int)i, first_difference(strict, other),
			      first_difference(other, strict));
		free(other);
	}
	free(strict);
}

START_TEST(any_order_of_a_window)
{
	int i;

	for (i = 0; i < AT_ONCE; i++)
		compare(_i * AT_ONCE + i);
}
END_TEST

/* Which kinds the scripts meet at all; and how often a window that is too wide changes something.
 */
START_TEST(the_scripts_are_worth_it)
{
	static const enum vs_check_kind meets[] = {
		VS_CHECK_USE_AFTER_FREE, VS_CHECK_OUT_OF_BOUNDS,
		VS_CHECK_UNALLOCATED,    VS_CHECK_DOUBLE_FREE,
		VS_CHECK_BAD_FREE,       VS_CHECK_NOT_READY,
		VS_CHECK_GONE,           VS_CHECK_LOST,
		VS_CHECK_WRONG_VCPU,     VS_CHECK_WALK_MISSED,
		VS_CHECK_WALK_ORDER,     VS_CHECK_SLEEP_IN_READER,
		VS_CHECK_UNBALANCED,     VS_CHECK_SHORT_GRACE_PERIOD};
	static struct script s;
	unsigned met[VS_CHECK_KINDS] = {0}, broken = 0;
	char *strict, *wide, what[64];
	uint64_t i;
	size_t k;

	for (i = 0; i < 50; i++) {
		write_script(&s, i);
		strict = played(&s, 0, 1);
		wide = played(&s, 3 * W, i);
		broken += strcmp(strict, wide) != 0;
		for (k = 0; k < VS_CHECK_KINDS; k++) {
			snprintf(what, sizeof(what), "%s: ", vs_check_kind_name(k));
			met[k] += strstr(strict, what) != NULL;
		}
		free(strict);
		free(wide);
	}
	for (k = 0; k < sizeof(meets) / sizeof(*meets); k++)
		ck_assert_msg(met[meets[k]] >= 5, "%s: in %u scripts of 50",
			      vs_check_kind_name(meets[k]), met[meets[k]]);
	ck_assert_uint_ge(broken, 25);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("check_order");
	TCase *t = tcase_create("check_order");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, any_order_of_a_window, 0, SCRIPTS / AT_ONCE);
	tcase_add_test(t, the_scripts_are_worth_it);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
