/*
 * linux/bug.h - what must not be. BUG ends the run, WARN is recorded as a violation.
 */
#ifndef VCPUSIM_LINUX_BUG_H
#define VCPUSIM_LINUX_BUG_H

#include <linux/compiler.h>
#include <vcpusim/port.h>

#define BUG() vs_bug(__FILE__, __LINE__, "BUG")

#define BUG_ON(cond)                                                                               \
	do {                                                                                       \
		if (unlikely(cond))                                                                \
			vs_bug(__FILE__, __LINE__, #cond);                                         \
	} while (0)

#define WARN_ON(cond)                                                                              \
	({                                                                                         \
		bool __warn = !!(cond);                                                            \
		if (unlikely(__warn))                                                              \
			vs_warn(__FILE__, __LINE__, #cond);                                        \
		__warn;                                                                            \
	})

#define BUILD_BUG_ON(cond) _Static_assert(!(cond), "BUILD_BUG_ON: " #cond)

#endif
