#include <stdlib.h>

#include <vcpusim/port.h>

#include "sim/engine/engine.h"
#include "tests/instrument/mock.h"

struct record record[MAX_RECORDS];
size_t n_records;
void (*on_grant)(const struct record *r);
bool out_of_memory;

static uintptr_t stack_lo, stack_hi;
static char a_context;
struct vs_ctx *vs_ctx_now = (struct vs_ctx *)&a_context;

void mock_reset(void)
{
	n_records = 0;
	on_grant = NULL;
	out_of_memory = false;
	stack_lo = stack_hi = 0;
}

void mock_own_stack(const void *object, size_t size)
{
	stack_lo = (uintptr_t)object;
	stack_hi = stack_lo + size;
}

static void add(struct record r)
{
	if (n_records == MAX_RECORDS)
		abort();
	record[n_records++] = r;
	if (on_grant)
		on_grant(&record[n_records - 1]);
}

void vs_access(uintptr_t addr, size_t size, unsigned kind, uintptr_t pc)
{
	add((struct record){ACCESS, addr, 0, size, kind, pc});
}

void vs_access_range(uintptr_t dst, uintptr_t src, size_t bytes, unsigned kind, uintptr_t pc)
{
	add((struct record){RANGE, dst, src, bytes, kind, pc});
}

void vs_access_fence(int memory_order, uintptr_t pc)
{
	add((struct record){FENCE, 0, 0, 0, (unsigned)memory_order, pc});
}

void *vs_mem_alloc(size_t bytes, bool zero, enum vs_mem_class class, uintptr_t site)
{
	void *p = out_of_memory ? NULL : zero ? calloc(1, bytes) : malloc(bytes);

	(void)class;
	add((struct record){ALLOC, (uintptr_t)p, 0, bytes, zero, site});
	return p;
}

void vs_mem_free(void *p, uintptr_t site)
{
	add((struct record){FREE, (uintptr_t)p, 0, 0, 0, site});
	free(p);
}

void vs_ctx_stack(const struct vs_ctx *x, uintptr_t *lo, uintptr_t *hi)
{
	(void)x;
	*lo = stack_lo;
	*hi = stack_hi;
}
