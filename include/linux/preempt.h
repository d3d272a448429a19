/*
 * linux/preempt.h - keeping the CPU.
 */
#ifndef VCPUSIM_LINUX_PREEMPT_H
#define VCPUSIM_LINUX_PREEMPT_H

#include <vcpusim/port.h>

#define preempt_disable() vs_preempt_disable()
#define preempt_enable() vs_preempt_enable()

/* Here only for the room it takes in struct kvm_vcpu: the thread remembers its notifier itself. */
struct preempt_notifier {
	struct {
		void *next, **pprev;
	} link;
	const void *ops;
};

#endif
