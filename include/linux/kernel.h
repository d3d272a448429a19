/*
 * linux/kernel.h - small arithmetic. The C library's <sys/sysinfo.h> includes this name too, so
 * the system's header is passed on first.
 */
#ifndef VCPUSIM_LINUX_KERNEL_H
#define VCPUSIM_LINUX_KERNEL_H

#include_next <linux/kernel.h>

#ifndef __cplusplus
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/types.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))

#define min(a, b)                                                                                  \
	({                                                                                         \
		typeof(a) __a = (a);                                                               \
		typeof(b) __b = (b);                                                               \
		__a < __b ? __a : __b;                                                             \
	})
#define max(a, b)                                                                                  \
	({                                                                                         \
		typeof(a) __a = (a);                                                               \
		typeof(b) __b = (b);                                                               \
		__a > __b ? __a : __b;                                                             \
	})

#define might_sleep() ((void)0)
#endif

#endif
