/* Memory that is never reused, so that whoever touches it after its free is found. */
#include <stdlib.h>
#include <string.h>

#include "mock_private.h"

struct block {
	unsigned char *at;
	size_t bytes;
	enum vs_mem_class class;
	bool live;
};

static struct block *blocks;
static size_t n_blocks, cap_blocks;

void mock_memory_init(void)
{
	for (size_t i = 0; i < n_blocks; i++)
		free(blocks[i].at);
	free(blocks);
	blocks = NULL;
	n_blocks = cap_blocks = 0;
}

void *vs_mem_alloc(size_t bytes, bool zero, enum vs_mem_class class, uintptr_t site)
{
	struct block *b;

	(void)site;
	if (++mock.n_allocs == mock.fail_at)
		return NULL;
	if (n_blocks == cap_blocks) {
		cap_blocks = cap_blocks ? 2 * cap_blocks : 64;
		blocks = realloc(blocks, cap_blocks * sizeof(*blocks));
	}
	b = &blocks[n_blocks++];
	*b = (struct block){aligned_alloc(64, (bytes + 63) / 64 * 64), bytes, class, true};
	memset(b->at, zero ? 0 : 0x5a, bytes);
	mock.live[class]++;
	return b->at;
}

void vs_mem_free(void *p, uintptr_t site)
{
	(void)site;
	if (!p)
		return;
	for (size_t i = 0; i < n_blocks; i++) {
		struct block *b = &blocks[i];

		if (b->at != p || !b->live)
			continue;
		b->live = false;
		mock.live[b->class]--;
		memset(b->at, 0x6b, b->bytes);
		return;
	}
	mock_fault(MOCK_BAD_FREE);
}

void mock_access(uintptr_t addr, size_t size)
{
	mock_hold_here(addr);
	mock_point();
	for (size_t i = 0; i < n_blocks; i++) {
		struct block *b = &blocks[i];

		if (!b->live && addr + size > (uintptr_t)b->at &&
		    addr < (uintptr_t)b->at + b->bytes) {
			mock_fault(MOCK_USE_AFTER_FREE);
			return;
		}
	}
}
