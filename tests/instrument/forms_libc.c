#include <stdlib.h>
#include <string.h>

#include <vcpusim/module.h>

#include "forms.h"

/* makes it a module, of no tables */
const struct vs_module vs_module = {.abi = VS_MODULE_ABI, .name = "forms"};

void *call_memcpy(void *a, const void *b, size_t n)
{
	return memcpy(a, b, n);
}

void *call_memmove(void *a, const void *b, size_t n)
{
	return memmove(a, b, n);
}

void *call_memset(void *a, int byte, size_t n)
{
	return memset(a, byte, n);
}

int call_memcmp(const void *a, const void *b, size_t n)
{
	return memcmp(a, b, n);
}

void memcpy_32(void *a, const void *b)
{
	memcpy(a, b, 32);
}

void memset_32(void *a)
{
#ifdef VS_OTHER /* another program, for test_module_hash.c */
	memset(a, 1, 32);
#endif
	memset(a, 0, 32);
}

void builtin_memcpy_8(void *a, const void *b)
{
	__builtin_memcpy(a, b, 8);
}

void builtin_memcpy_200(void *a, const void *b)
{
	__builtin_memcpy(a, b, 200);
}

void builtin_memset_300(void *a)
{
	__builtin_memset(a, 0, 300);
}

void builtin_memmove(void *a, const void *b, size_t n)
{
	__builtin_memmove(a, b, n);
}

bool same_16(const void *a, const void *b)
{
	return __builtin_memcmp(a, b, 16) == 0;
}

void *call_malloc(size_t n)
{
	return malloc(n);
}

void *call_calloc(size_t n, size_t size)
{
	return calloc(n, size);
}

void *call_realloc(void *p, size_t n)
{
	return realloc(p, n);
}

void call_free(void *p)
{
	free(p);
}

void *(*pointer_to_memcpy(void))(void *, const void *, size_t)
{
	return memcpy;
}
