/*
 * vcpusim/types.h - words shared by every public header.
 *
 * Simulated time is counted in whole picoseconds. 2^53 ps (2.5 hours) is the longest run,
 * because SimGrid's own clock counts the same picoseconds in a double.
 */
#ifndef VCPUSIM_TYPES_H
#define VCPUSIM_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t vs_ps;
typedef unsigned __int128 vs_u128; /* sums of picoseconds */

#define VS_PS_NEVER UINT64_MAX
#define VS_PS_MAX_RUN (UINT64_C(1) << 53)
#define VS_PS_PER_NS UINT64_C(1000)
#define VS_PS_PER_US UINT64_C(1000000)
#define VS_PS_PER_MS UINT64_C(1000000000)
#define VS_PS_PER_S UINT64_C(1000000000000)

/* How far two cores, or a core and a line's home, are apart. */
enum vs_distance {
	VS_SAME_L3,      /* one L3 domain */
	VS_SAME_SOCKET,  /* another L3 domain of the socket */
	VS_CROSS_SOCKET, /* a socket one link away */
	VS_FAR_SOCKET,   /* a socket two or more links away */
	VS_DISTANCES
};

/*
 * Where the time of an operation goes. Every picosecond of an operation's latency is booked
 * under exactly one of these, so that the parts add up to the whole.
 */
enum vs_cause {
	VS_CAUSE_COMPUTE,      /* instructions between accesses, fences, atomics' own work */
	VS_CAUSE_CACHE,        /* hits in the core's own L1 and L2 and the domain's L3 */
	VS_CAUSE_XFER_SAME_L3, /* a line taken from, or invalidated in, a core of this L3 */
	VS_CAUSE_XFER_SAME_SOCKET,
	VS_CAUSE_XFER_CROSS_SOCKET,
	VS_CAUSE_XFER_FAR_SOCKET,
	VS_CAUSE_MEMORY,           /* filled from memory, bulk bandwidth included */
	VS_CAUSE_LOCK,             /* waiting for a lock, asleep or spinning */
	VS_CAUSE_GRACE_PERIOD,     /* waiting for an RCU or SRCU grace period */
	VS_CAUSE_SCHED,            /* runnable without a CPU, and context switches */
	VS_CAUSE_INTERRUPT,        /* sending, serving and waiting for interrupts */
	VS_CAUSE_GUEST_TRANSITION, /* guest exits and entries */
	VS_CAUSE_ALLOC,            /* the allocator's own work */
	VS_CAUSE_IDLE,             /* waiting on purpose: halt, timers, think time */
	VS_CAUSES
};

/* Why guest mode was left. */
enum vs_exit {
	VS_EXIT_INTERRUPT, /* kicked, ticked, or rescheduled */
	VS_EXIT_HLT,
	VS_EXIT_OPERATION, /* the guest asks for something: call vs_guest_operation() */
	VS_EXIT_PAUSE,     /* it has spun for too long */
	VS_EXIT_REASONS,
	VS_EXIT_STOP = VS_EXIT_REASONS, /* the VM is being torn down: leave the run loop */
	VS_EXIT_NONE /* still in guest mode, by a notification: take what is posted, call again */
};

/* What a vCPU's thread is in at any moment of its life: exactly one of these. */
enum vs_vcpu_time {
	VS_VCPU_GUEST,  /* in guest mode */
	VS_VCPU_HOST,   /* the host works on its behalf: exits, handlers, halt polling, locks */
	VS_VCPU_STEAL,  /* it could run but does not yet: waits for a CPU, or is switched in */
	VS_VCPU_HALTED, /* asleep in HLT */
	VS_VCPU_TIMES
};

/* KVM's parameters of halt polling; max_ns 0: off. */
struct vs_halt_poll {
	uint32_t max_ns, grow_start_ns;
	uint32_t grow, shrink;
};

#endif
