/*
 * linux/types.h - the kernel's short names for integers.
 *
 * include/ comes before the system's directories, and C library headers include <linux/types.h>
 * too: what they expect is passed on first.
 */
#ifndef VCPUSIM_LINUX_TYPES_H
#define VCPUSIM_LINUX_TYPES_H

#include_next <linux/types.h>

#ifndef __cplusplus
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

typedef unsigned int gfp_t;

struct list_head {
	struct list_head *next, *prev;
};

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

typedef atomic64_t atomic_long_t;
#endif

#endif
