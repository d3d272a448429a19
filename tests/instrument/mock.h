/*
 * tests/instrument/mock.h - stands in for the memory system: writes down what is announced.
 */
#ifndef VS_TEST_MOCK_H
#define VS_TEST_MOCK_H

#include <vcpusim/types.h>

#include "sim/hw/access.h"

enum what { ACCESS, RANGE, FENCE, ALLOC, FREE };

/* ACCESS: dst is the address, whatever the kind. ALLOC: size, kind = zeroed. FREE: dst. */
struct record {
	enum what what;
	uintptr_t dst, src;
	size_t size;
	unsigned kind; /* FENCE: the memory order */
	uintptr_t pc;
};

#define MAX_RECORDS 4096

extern struct record record[MAX_RECORDS];
extern size_t n_records;

/* Called at each announcement, before the access may happen: plays the other CPUs. */
extern void (*on_grant)(const struct record *r);
extern bool out_of_memory;

void mock_reset(void);
/* Objects inside count as the calling thread's own stack. */
void mock_own_stack(const void *object, size_t size);

#endif
