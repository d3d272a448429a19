/*
 * linux/jiffies.h - time in ticks. Simulated time starts at a tick of every CPU's count.
 */
#ifndef VCPUSIM_LINUX_JIFFIES_H
#define VCPUSIM_LINUX_JIFFIES_H

#include <vcpusim/port.h>

#define HZ vs_hz()

static inline vs_ps jiffies_to_ps(uint64_t j)
{
	return j * (VS_PS_PER_S / HZ);
}

#define jiffies (vs_now_ps() / jiffies_to_ps(1))

#endif
