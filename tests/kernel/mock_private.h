/* The inside of the mock. */
#ifndef MOCK_PRIVATE_H
#define MOCK_PRIVATE_H

#include <ucontext.h>

#include "mock.h"

struct vs_task {
	_Alignas(64) unsigned char area[VS_TASK_AREA_BYTES];
	ucontext_t context;
	void *stack;
	void (*fn)(void *arg);
	void *arg;
	uint32_t cpu;
	int preempt, rcu_depth;
	uint64_t rcu_sections;
	bool blocked, woken, done, bound;
	vs_ps deadline;
	uintptr_t hold_after; /* 0: nowhere */
	bool hold, held;
	uint64_t stalled_until; /* in points */
	/* what the note checker remembers: a look-up, and a walk */
	bool get_created;
	uint32_t walk_expected, walk_created;
};

void mock_memory_init(void);
void mock_hold_here(uintptr_t addr); /* if so asked for */
void mock_notes_init(void);

#endif
