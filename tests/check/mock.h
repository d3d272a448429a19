/*
 * What the checkers stand on, as little of it as they need: an arena of some chunks, watch marks
 * that decide whether an access is announced at all, CPUs with a clock, threads with a number.
 */
#ifndef MOCK_H
#define MOCK_H

#include <check.h>

#include "sim/check/check.h"
#include "sim/hw/access.h"

#define CPUS 4
#define TASKS 8
#define W 1000
#define CHUNK 65536
#define ARENA (4 * CHUNK)

extern uintptr_t arena;
extern struct vs_checker *checker;

/* Fixture: a checker that is attached and no longer booting. */
void mock_set_up(void);
void mock_tear_down(void);

/* Memory hooks as slab calls them; pc is 0. */
void mock_grow(uint32_t cpu, vs_ps t, uintptr_t addr, size_t bytes);
void mock_alloc(uint32_t cpu, vs_ps t, uintptr_t addr, size_t bytes, enum vs_mem_class class);
void mock_free(uint32_t cpu, vs_ps t, uintptr_t addr);
/* As sim/hw announces it: only if a line of it is watched. True: it was. */
bool mock_access(uint32_t cpu, vs_ps t, uintptr_t addr, size_t size, unsigned kind);
bool mock_watched(uintptr_t addr);
/* A note by a thread on a CPU. */
void mock_note(uint32_t task, uint32_t cpu, vs_ps t, enum vs_note what, const void *obj,
	       uint64_t a);
extern struct vs_rcu_watch rcu;

/* vs_check_finish, once, and: exactly these many in all, the i-th is of that kind. */
const struct vs_verdict *mock_finish(size_t *n);
const struct vs_verdict *mock_expect_one(enum vs_check_kind kind);
void mock_expect_none(void);

/* set_up: mock_set_up, or one that calls it */
int mock_main(const char *name, void (*add)(TCase *t), void (*set_up)(void));

#endif
