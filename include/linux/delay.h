/* linux/delay.h - sleeping or computing for a time. */
#ifndef VCPUSIM_LINUX_DELAY_H
#define VCPUSIM_LINUX_DELAY_H

#include <vcpusim/port.h>

/* At least min_us. There is no slack to use, so max_us says nothing. */
static inline void usleep_range(unsigned long min_us, unsigned long max_us)
{
	vs_ps until = vs_now_ps() + min_us * VS_PS_PER_US;

	(void)max_us;
	while (vs_now_ps() < until && vs_task_block(VS_WAIT_TIMER, NULL, NULL, until))
		; /* woken by something else */
}

static inline void udelay(unsigned long us)
{
	vs_delay(us * VS_PS_PER_US);
}

#endif
