/*
 * sim/hw/tsan_module.h - included by vcpusim-cc before the first line of every instrumented file.
 *
 * The compiler expands the __builtin_ forms of these to instructions that it announces nowhere.
 * As calls they reach the runtime like any other.
 */
#ifndef VS_TSAN_MODULE_H
#define VS_TSAN_MODULE_H

#ifndef __ASSEMBLER__
void *memcpy(void *dst, const void *src, __SIZE_TYPE__ bytes);
void *memmove(void *dst, const void *src, __SIZE_TYPE__ bytes);
void *memset(void *dst, int byte, __SIZE_TYPE__ bytes);
int memcmp(const void *a, const void *b, __SIZE_TYPE__ bytes);
void vs_cpu_relax(void);
#endif

#define __builtin_memcpy memcpy
#define __builtin_memmove memmove
#define __builtin_memset memset
#define __builtin_memcmp memcmp
#define __builtin_bcmp memcmp
#define __builtin_malloc malloc
#define __builtin_calloc calloc
#define __builtin_realloc realloc
#define __builtin_free free
#define __builtin_ia32_pause vs_cpu_relax
#ifdef __clang__
#define _mm_pause vs_cpu_relax /* gcc's is made of the other */
#endif

#endif
