/* vcpusim/cause.h - what the causes of enum vs_cause are called in results. */
#ifndef VCPUSIM_CAUSE_H
#define VCPUSIM_CAUSE_H

#include <vcpusim/types.h>

static inline const char *vs_cause_name(enum vs_cause cause)
{
	static const char *const name[VS_CAUSES] = {
		[VS_CAUSE_COMPUTE] = "compute",
		[VS_CAUSE_CACHE] = "cache",
		[VS_CAUSE_XFER_SAME_L3] = "transfer_same_l3",
		[VS_CAUSE_XFER_SAME_SOCKET] = "transfer_same_socket",
		[VS_CAUSE_XFER_CROSS_SOCKET] = "transfer_cross_socket",
		[VS_CAUSE_XFER_FAR_SOCKET] = "transfer_far_socket",
		[VS_CAUSE_MEMORY] = "memory",
		[VS_CAUSE_LOCK] = "lock",
		[VS_CAUSE_GRACE_PERIOD] = "grace_period",
		[VS_CAUSE_SCHED] = "scheduler",
		[VS_CAUSE_INTERRUPT] = "interrupt",
		[VS_CAUSE_GUEST_TRANSITION] = "guest_transition",
		[VS_CAUSE_ALLOC] = "allocation",
		[VS_CAUSE_IDLE] = "idle",
	};

	return name[cause];
}

#endif
