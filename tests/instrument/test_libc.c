/* The C library's calls: pieces that never span a page, each moved right after its announcement. */
#include <limits.h>

#include "tests/instrument/expect.h"

#define PAGE 4096
#define READ_BLOCK (VS_READ | VS_BULK)

static _Alignas(PAGE) unsigned char to[4 * PAGE], from[4 * PAGE];

static void prepare(void)
{
	mock_reset();
	memset(to, 0xee, sizeof(to));
	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (unsigned char)(i % 251);
}

/* A piece that is not the last one announced has been moved, this one and later ones not yet. */
static void in_step(const struct record *r)
{
	ck_assert_uint_eq(*(unsigned char *)r->dst, 0xee);
	if (r > record)
		ck_assert_uint_ne(*(unsigned char *)r[-1].dst, 0xee);
}

START_TEST(copy)
{
	prepare();
	on_grant = in_step;
	EXPECT(ck_assert_ptr_eq(call_memcpy(to, from, 7), to), BLOCK(to, from, 7, COPY));
	ck_assert_mem_eq(to, from, 7);
	ck_assert_uint_eq(to[7], 0xee);
	prepare();
	EXPECT_NOTHING(call_memcpy(to, from, 0));
	EXPECT(memcpy_32(to, from), BLOCK(to, from, 32, COPY));
	ck_assert_mem_eq(to, from, 32);

	/*
	 * 10,000 bytes from offset 100. The source reaches the end of its page after 3,996 bytes;
	 * then the destination has 100 left in its own; and so on.
	 */
	prepare();
	on_grant = in_step;
	EXPECT(call_memcpy(to, from + 100, 10000), BLOCK(to, from + 100, 3996, COPY),
	       BLOCK(to + 3996, from + 4096, 100, COPY), BLOCK(to + 4096, from + 4196, 3996, COPY),
	       BLOCK(to + 8092, from + 8192, 100, COPY), BLOCK(to + 8192, from + 8292, 1808, COPY));
	ck_assert_mem_eq(to, from + 100, 10000);
	ck_assert_uint_eq(to[10000], 0xee);
}
END_TEST

START_TEST(move)
{
	unsigned char want[5000];

	prepare();
	memcpy(want, from, 5000);
	/*
	 * The destination overlaps the source from above, so the end goes first. Source end
	 * 5,000 = one page + 904; then its first page, of which the destination's second page
	 * takes the last 100; the rest ends at 3,996.
	 */
	EXPECT(ck_assert_ptr_eq(call_memmove(from + 100, from, 5000), from + 100),
	       BLOCK(from + 4196, from + 4096, 904, COPY),
	       BLOCK(from + 4096, from + 3996, 100, COPY), BLOCK(from + 100, from, 3996, COPY));
	ck_assert_mem_eq(from + 100, want, 5000);

	prepare();
	memcpy(want, from + 100, 5000);
	EXPECT(call_memmove(from, from + 100, 5000), BLOCK(from, from + 100, 3996, COPY),
	       BLOCK(from + 3996, from + 4096, 100, COPY),
	       BLOCK(from + 4096, from + 4196, 904, COPY));
	ck_assert_mem_eq(from, want, 5000);
	EXPECT_NOTHING(call_memmove(from, from, 0));
	EXPECT(builtin_memmove(to, from, 9), BLOCK(to, from, 9, COPY));
	ck_assert_mem_eq(to, from, 9);
}
END_TEST

START_TEST(set)
{
	prepare();
	on_grant = in_step;
	EXPECT(ck_assert_ptr_eq(call_memset(to + 96, 0x1ff, 5000), to + 96),
	       BLOCK(to + 96, 0, 4000, COPY), BLOCK(to + 4096, 0, 1000, COPY));
	ck_assert_uint_eq(to[95], 0xee);
	ck_assert_uint_eq(to[96], 0xff);
	ck_assert_uint_eq(to[5095], 0xff);
	ck_assert_uint_eq(to[5096], 0xee);
	EXPECT_NOTHING(call_memset(to, 0, 0));
	on_grant = NULL;
	EXPECT(memset_32(to), BLOCK(to, 0, 32, COPY));
	ck_assert_uint_eq(to[31], 0);
}
END_TEST

START_TEST(compare)
{
	prepare();
	memcpy(to, from, PAGE);
	EXPECT(ck_assert_int_eq(call_memcmp(to, from, 100), 0), BLOCK(0, to, 64, READ_BLOCK),
	       BLOCK(0, from, 64, READ_BLOCK), BLOCK(0, to + 64, 36, READ_BLOCK),
	       BLOCK(0, from + 64, 36, READ_BLOCK));
	to[3] = 0;
	EXPECT(ck_assert_int_lt(call_memcmp(to, from, 100), 0), BLOCK(0, to, 64, READ_BLOCK),
	       BLOCK(0, from, 64, READ_BLOCK));
	EXPECT(ck_assert_int_gt(call_memcmp(from, to, 4), 0), BLOCK(0, from, 4, READ_BLOCK),
	       BLOCK(0, to, 4, READ_BLOCK));
	EXPECT_NOTHING(ck_assert_int_eq(call_memcmp(to, from, 0), 0));
	EXPECT(ck_assert(!same_16(to, from)), BLOCK(0, to, 16, READ_BLOCK),
	       BLOCK(0, from, 16, READ_BLOCK));
}
END_TEST

/* Compilers expand these in place, unannounced, unless they are kept from knowing them. */
START_TEST(builtins)
{
	prepare();
	EXPECT(builtin_memcpy_8(to, from), BLOCK(to, from, 8, COPY));
	EXPECT(builtin_memcpy_200(to, from), BLOCK(to, from, 200, COPY));
	ck_assert_mem_eq(to, from, 200);
	EXPECT(builtin_memset_300(to), BLOCK(to, 0, 300, COPY));
	ck_assert(to[0] == 0 && to[299] == 0 && to[300] == 0xee);
	ck_assert_ptr_eq(pointer_to_memcpy()(to, from, 5), to);
	ck_assert_uint_eq(n_records, 1);
}
END_TEST

static struct record alloc_record(size_t bytes, bool zero)
{
	return (struct record){ALLOC, record[0].dst, 0, bytes + 16, zero, 0};
}

START_TEST(allocate)
{
	char *p, *q;

	mock_reset();
	/* 16 bytes before each block hold its size */
	EXPECT(p = call_malloc(40), alloc_record(40, false));
	ck_assert_uint_eq((uintptr_t)p, record[0].dst + 16);
	memset(p, 7, 40);
	n_records = 0;
	q = call_realloc(p, 100);
	ck_assert_uint_eq(n_records, 3);
	ck_assert(record[0].what == ALLOC && record[0].size == 116);
	ck_assert(record[1].what == RANGE && record[1].dst == (uintptr_t)q);
	ck_assert(record[1].src == (uintptr_t)p && record[1].size == 40);
	ck_assert(record[2].what == FREE && record[2].dst == (uintptr_t)p - 16);
	ck_assert(q[0] == 7 && q[39] == 7);
	p = call_realloc(q, 10);
	ck_assert_int_eq(p[9], 7);
	EXPECT(call_free(p), {FREE, (uintptr_t)p - 16, 0, 0, 0, 0});
	EXPECT(call_free(NULL), {FREE, 0, 0, 0, 0, 0});
	n_records = 0;
	EXPECT(p = call_calloc(5, 8), alloc_record(40, true));
	ck_assert(p[0] == 0 && p[39] == 0);
	call_free(p);
	EXPECT(p = call_realloc(NULL, 3), alloc_record(3, false));
	call_free(p);
}
END_TEST

START_TEST(out_of_memory_is_null)
{
	char *p;

	mock_reset();
	p = call_malloc(8);
	p[0] = 5;
	out_of_memory = true;
	ck_assert_ptr_null(call_malloc(8));
	ck_assert_ptr_null(call_calloc(1, 8));
	ck_assert_ptr_null(call_realloc(p, 16));
	out_of_memory = false;
	ck_assert_int_eq(p[0], 5); /* a failed realloc leaves the block */
	call_free(p);
	EXPECT_NOTHING(ck_assert_ptr_null(call_calloc(SIZE_MAX / 2, 3)));
	EXPECT_NOTHING(ck_assert_ptr_null(call_malloc(SIZE_MAX - 8)));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("instrument-libc");
	TCase *t = tcase_create("libc");

	tcase_add_test(t, copy);
	tcase_add_test(t, move);
	tcase_add_test(t, set);
	tcase_add_test(t, compare);
	tcase_add_test(t, builtins);
	tcase_add_test(t, allocate);
	tcase_add_test(t, out_of_memory_is_null);
	suite_add_tcase(s, t);
	return run_suite(s);
}
