/*
 * The bare backend: a stack switch and nothing else. It exists as the benchmark's baseline, for
 * sanitizers that do not follow SimGrid's stacks, and for tests that need many engines in a
 * process.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "sim/engine/private.h"

#if defined(__SANITIZE_ADDRESS__)
#define VS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VS_ASAN 1
#endif
#endif
#ifdef VS_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

struct driver_stack {
	void *sp;
	const void *lo; /* for the address sanitizer */
	size_t size;
};

/* Saves the callee-saved registers on this stack, its top in *save, and takes up `to`. */
void vs_bare_switch(void **save, void *to);
__asm__(".text\n"
	".globl vs_bare_switch\n"
	".type vs_bare_switch, @function\n"
	"vs_bare_switch:\n"
	"	push %rbp\n	push %rbx\n	push %r12\n	push %r13\n	push %r14\n	"
	"push %r15\n"
	"	mov %rsp, (%rdi)\n"
	"	mov %rsi, %rsp\n"
	"	pop %r15\n	pop %r14\n	pop %r13\n	pop %r12\n	pop %rbx\n	"
	"pop %rbp\n"
	"	ret\n"
	".size vs_bare_switch, . - vs_bare_switch\n");

static void switch_stacks(struct vs_engine *e, void **save, struct vs_ctx *to)
{
	struct driver_stack *d = e->backend_data;
	void *sp = to ? to->backend : d->sp;

#ifdef VS_ASAN
	void *fake = NULL;
	const void *lo = to ? (const void *)to->stack_lo : d->lo;
	size_t size = to ? to->stack_hi - to->stack_lo : d->size;

	__sanitizer_start_switch_fiber(&fake, lo, size);
	vs_bare_switch(save, sp);
	__sanitizer_finish_switch_fiber(fake, NULL, NULL);
#else
	vs_bare_switch(save, sp);
#endif
}

static void first(void)
{
	struct vs_ctx *x = vs_ctx_now;

#ifdef VS_ASAN
	struct driver_stack *d = x->engine->backend_data;
	const void *lo;
	size_t size;

	__sanitizer_finish_switch_fiber(NULL, &lo, &size);
	if (!d->lo) { /* the very first switch comes from the driver */
		d->lo = lo;
		d->size = size;
	}
#endif
	vs_ctx_entered(x);
	abort();
}

static void bare_create(struct vs_ctx *x)
{
	size_t size = x->engine->o.stack_bytes;
	char *lo = mmap(NULL, size + 4096, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	VS_ASSERT(lo != MAP_FAILED);
	VS_ASSERT(mprotect(lo, 4096, PROT_NONE) == 0);
#ifdef VS_ASAN
	/* a stack that was here before may have been left in the middle of a function */
	ASAN_UNPOISON_MEMORY_REGION(lo + 4096, size);
#endif
	x->stack_lo = (uintptr_t)lo + 4096;
	x->stack_hi = x->stack_lo + size;
	uint64_t *sp = (uint64_t *)x->stack_hi;

	*--sp = 0; /* keeps the stack aligned as after a call */
	*--sp = (uint64_t)(uintptr_t)first;
	sp -= 6; /* registers: anything */
	x->backend = sp;
}

static void bare_destroy(struct vs_ctx *x)
{
#ifdef VS_ASAN
	/* nor shall whatever is mapped here next find what a context left in the middle of a
	   function had marked */
	ASAN_UNPOISON_MEMORY_REGION((void *)x->stack_lo, x->stack_hi - x->stack_lo);
#endif
	munmap((void *)(x->stack_lo - 4096), x->stack_hi - x->stack_lo + 4096);
}

static void bare_yield(struct vs_ctx *x)
{
	struct vs_ctx *to = vs_resume_next(x->engine);

	if (to != x)
		switch_stacks(x->engine, &x->backend, to);
}

static bool bare_append(struct vs_engine *e)
{
	(void)e;
	return true; /* the switch that follows looks at the resume list anyway */
}

static void bare_run(struct vs_engine *e)
{
	struct driver_stack d = {0};

	e->backend_data = &d;
	while (vs_driver_round(e)) {
		struct vs_ctx *to = vs_resume_next(e);

		if (to)
			switch_stacks(e, &d.sp, to);
	}
	e->backend_data = NULL;
}

const struct vs_backend_ops vs_backend_bare = {.create = bare_create,
					       .yield = bare_yield,
					       .append = bare_append,
					       .run = bare_run,
					       .destroy = bare_destroy};
