/*
 * linux/slab.h - memory.
 *
 * GFP flags also say whose memory it is, for the measurement of table sizes: unmarked memory is
 * the table's, __GFP_VCPU the vCPU's own, __GFP_HOST what any table needs alike. All allocations
 * return NULL when out of memory; all frees take NULL. Objects of 64 bytes and more start on a
 * line, except those of the 96-byte class.
 */
#ifndef VCPUSIM_LINUX_SLAB_H
#define VCPUSIM_LINUX_SLAB_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <vcpusim/port.h>

#define GFP_KERNEL 0x1u
#define GFP_ATOMIC 0x2u
#define __GFP_ZERO 0x100u
#define __GFP_VCPU 0x1000u
#define __GFP_HOST 0x2000u

static inline enum vs_mem_class gfp_class(gfp_t gfp)
{
	if (gfp & __GFP_VCPU)
		return VS_MEM_VCPU;
	return gfp & __GFP_HOST ? VS_MEM_KERNEL : VS_MEM_TABLE;
}

static inline void *__kmalloc(size_t size, gfp_t gfp, unsigned long ip)
{
	return vs_mem_alloc(size, gfp & __GFP_ZERO, gfp_class(gfp), ip);
}

static inline void *__kmalloc_array(size_t n, size_t size, gfp_t gfp, unsigned long ip)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return __kmalloc(bytes, gfp, ip);
}

#define kmalloc(size, gfp) __kmalloc((size), (gfp), _THIS_IP_)
#define kzalloc(size, gfp) __kmalloc((size), (gfp) | __GFP_ZERO, _THIS_IP_)
#define kmalloc_array(n, size, gfp) __kmalloc_array((n), (size), (gfp), _THIS_IP_)
#define kcalloc(n, size, gfp) __kmalloc_array((n), (size), (gfp) | __GFP_ZERO, _THIS_IP_)
#define kfree(p) vs_mem_free((void *)(p), _THIS_IP_)

/* The arena is one contiguous range, so there is no second way to get large memory. */
#define kvmalloc(size, gfp) kmalloc(size, gfp)
#define kvzalloc(size, gfp) kzalloc(size, gfp)
#define kvfree(p) kfree(p)

#endif
