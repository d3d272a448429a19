#define _GNU_SOURCE
#include "sim/cli/guard.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include "sim/check/site.h"
#include "sim/host/host.h"

#define STACK_BYTES (512 * 1024) /* reading debug information takes some */
#define LAST_RESORT_S 20         /* for a text that can't be made, say in a broken heap */

static struct {
	struct vs_guard g;
	bool on, registered;
	bool exits; /* with exit_status */
	int exit_status;
	uint64_t last;
	uint32_t silent;
} guard;

static void describe_thread(char *buf, size_t size)
{
	const struct vs_task *t = vs_ctx_now ? vs_ctx_user(vs_ctx_now) : NULL;

	if (!t || !vs_core_now) {
		snprintf(buf, size, "outside all simulated threads");
		return;
	}
	snprintf(buf, size, "thread %u \"%s\" on CPU %u at %llu.%06llu ms", vs_task_id(t),
		 vs_task_name(t), vs_core_now->id,
		 (unsigned long long)(vs_core_now->clock / VS_PS_PER_MS),
		 (unsigned long long)(vs_core_now->clock % VS_PS_PER_MS / VS_PS_PER_NS));
}

/* From here on nothing is handled any more: what goes wrong now ends the process at once. */
static void last_words(void)
{
	vs_guard_stop();
	signal(SIGALRM, SIG_DFL);
	alarm(LAST_RESORT_S);
}

static void end_run(const char *what, uintptr_t pc, bool crashed)
{
	char text[1024], thread[256], place[256];
	struct vs_sites *sites = vs_sites_new();

	describe_thread(thread, sizeof(thread));
	snprintf(text, sizeof(text), "%s in %s: %s", what,
		 vs_site_name(sites, pc, place, sizeof(place)), thread);
	vs_sites_free(sites);
	guard.g.fatal(guard.g.fatal_ctx, text, crashed);
	_exit(1);
}

/* By a call too many; or a large local object has moved the stack pointer beyond the stack. Returns
 * the stack's size; 0: it is not that. */
static size_t overflowed_bytes(uintptr_t addr, uintptr_t sp)
{
	uintptr_t lo, hi;

	if (!vs_ctx_now)
		return 0;
	vs_ctx_stack(vs_ctx_now, &lo, &hi);
	return (addr < lo + 256 && lo - addr < 2 * 4096) || sp < lo || sp > hi ? hi - lo : 0;
}

static void on_crash(int sig, siginfo_t *info, void *context)
{
	const greg_t *reg = ((const ucontext_t *)context)->uc_mcontext.gregs;
	uintptr_t pc = (uintptr_t)reg[REG_RIP], addr = (uintptr_t)info->si_addr;
	size_t stack_bytes = overflowed_bytes(addr, (uintptr_t)reg[REG_RSP]);
	bool jumped = sig == SIGSEGV && pc == addr; /* no code there: who called it? */
	char what[160];

	last_words();
	if (jumped)
		snprintf(what, sizeof(what), "crashed: call of %s",
			 pc ? "what is no code" : "a null pointer");
	else if (sig == SIGSEGV && stack_bytes)
		snprintf(what, sizeof(what), "crashed: the thread's stack of %zu KiB is used up",
			 stack_bytes / 1024);
	else if (sig == SIGSEGV && addr < 4096)
		snprintf(what, sizeof(what), "crashed: use of a null pointer (+%u)",
			 (unsigned)addr);
	else
		snprintf(what, sizeof(what), "crashed: %s", strsignal(sig));
	/* site names are for return addresses: one beyond the instruction */
	end_run(what, jumped ? *(uintptr_t *)reg[REG_RSP] : pc + 1, true);
}

struct search {
	const void *own, *library;
	uintptr_t pc;
};

/* Frames are this program's, then the C library's, then (may be both again) who called it. */
static _Unwind_Reason_Code look(struct _Unwind_Context *frame, void *arg)
{
	struct search *s = arg;
	uintptr_t pc = _Unwind_GetIP(frame);
	Dl_info info = {0};

	dladdr((void *)pc, &info);
	if (info.dli_fbase == s->own)
		return _URC_NO_REASON;
	if (!s->library)
		s->library = info.dli_fbase;
	if (info.dli_fbase == s->library)
		return _URC_NO_REASON;
	s->pc = pc;
	return _URC_NORMAL_STOP;
}

/* Of the module's call that led to abort() or exit(); 0: there is none. */
static uintptr_t caller_of_library(void)
{
	struct search s = {0};
	Dl_info info = {0};

	dladdr(&guard, &info);
	s.own = info.dli_fbase;
	_Unwind_Backtrace(look, &s);
	return s.pc;
}

static void on_abort(int sig, siginfo_t *info, void *context)
{
	char what[160];

	(void)info, (void)context;
	last_words();
	if (guard.exits)
		snprintf(what, sizeof(what), "crashed: exit(%d) is called", guard.exit_status);
	else
		snprintf(what, sizeof(what), "crashed: %s", strsignal(sig));
	end_run(what, caller_of_library(), true);
}

/* On a thread's stack, which is too small for what is to be done: on to the signals'. */
static void on_exit_called(int status, void *arg)
{
	(void)arg;
	if (!guard.on || !vs_ctx_now)
		return;
	guard.exits = true;
	guard.exit_status = status;
	raise(SIGABRT);
}

/* Every second of processor time. */
static void on_second(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *u = context;
	uint64_t now = guard.g.moved(guard.g.moved_ctx);
	char what[160];

	(void)sig, (void)info;
	if (now != guard.last) {
		guard.last = now;
		guard.silent = 0;
		return;
	}
	if (++guard.silent < guard.g.silent_s)
		return;
	last_words();
	snprintf(what, sizeof(what),
		 "hung: computed for %u s without an access to memory that others see, last seen",
		 guard.silent);
	end_run(what, (uintptr_t)u->uc_mcontext.gregs[REG_RIP] + 1, false);
}

static void handle(int sig, void (*fn)(int, siginfo_t *, void *), int flags)
{
	struct sigaction act = {.sa_sigaction = fn, .sa_flags = SA_SIGINFO | SA_ONSTACK | flags};

	sigaction(sig, &act, NULL);
}

void vs_guard_start(const struct vs_guard *g)
{
	static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
	const struct itimerval second = {.it_interval = {.tv_sec = 1}, .it_value = {.tv_sec = 1}};
	stack_t stack = {.ss_size = STACK_BYTES};

	guard.g = *g;
	guard.on = true;
	guard.exits = false;
	guard.silent = 0;
	guard.last = 0;
	/* a thread whose own stack is used up can still be told of */
	stack.ss_sp =
		mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack.ss_sp == MAP_FAILED)
		return; /* crashes are then told by the parent process, with less */
	sigaltstack(&stack, NULL);
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		handle(crashes[i], on_crash, (int)SA_RESETHAND);
	handle(SIGABRT, on_abort, (int)SA_RESETHAND);
	if (!guard.registered)
		guard.registered = on_exit(on_exit_called, NULL) == 0;
	if (!g->silent_s)
		return;
	handle(SIGPROF, on_second, SA_RESTART);
	setitimer(ITIMER_PROF, &second, NULL);
}

void vs_guard_stop(void)
{
	const struct itimerval never = {.it_interval = {0}, .it_value = {0}};

	guard.on = false;
	setitimer(ITIMER_PROF, &never, NULL);
	signal(SIGPROF, SIG_IGN);
}
