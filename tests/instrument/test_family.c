/*
 * The callbacks that compilers emit rarely or in other versions only, called by their names.
 */
#include "tests/instrument/expect.h"
#include "sim/hw/tsan.h"

#define NAMES(X, size)                                                                             \
	X(read##size, size, R)                                                                     \
	X(write##size, size, W)                                                                    \
	X(unaligned_read##size, size, R)                                                           \
	X(unaligned_write##size, size, W)                                                          \
	X(volatile_read##size, size, R | VS_VOLATILE)                                              \
	X(volatile_write##size, size, W | VS_VOLATILE)                                             \
	X(unaligned_volatile_read##size, size, R | VS_VOLATILE)                                    \
	X(unaligned_volatile_write##size, size, W | VS_VOLATILE)                                   \
	X(read_write##size, size, W)                                                               \
	X(unaligned_read_write##size, size, W)
#define ALL_NAMES(X) NAMES(X, 1) NAMES(X, 2) NAMES(X, 4) NAMES(X, 8) NAMES(X, 16)

#define DECLARE(name, size, kind) void __tsan_##name(void *addr);
ALL_NAMES(DECLARE)
void __tsan_read_range(void *addr, size_t bytes);
void __tsan_write_range(void *addr, size_t bytes);
void __tsan_vptr_read(void **vptr);
void __tsan_vptr_update(void **vptr, void *value);
void __tsan_init(void);
void __tsan_func_entry(void *pc);
void __tsan_func_exit(void);
void *__tsan_memcpy(void *dst, const void *src, size_t bytes);
void *__tsan_memmove(void *dst, const void *src, size_t bytes);
void *__tsan_memset(void *dst, int byte, size_t bytes);
int __vs_bcmp(const void *a, const void *b, size_t bytes);

static _Alignas(16) char x[64], y[64];

START_TEST(scalars)
{
	mock_reset();
#define CALL(name, size, kind) EXPECT(__tsan_##name(x), SCALAR(x, size, kind));
	ALL_NAMES(CALL)
}
END_TEST

START_TEST(ranges)
{
	mock_reset();
	EXPECT_NOTHING(__tsan_read_range(x, 0));
	/* what fits a register is a scalar, of any size */
	EXPECT(__tsan_read_range(x, 3), SCALAR(x, 3, R));
	EXPECT(__tsan_write_range(x, 16), SCALAR(x, 16, W));
	EXPECT(__tsan_read_range(x, 17), BLOCK(0, x, 17, R | VS_BULK));
	EXPECT(__tsan_write_range(x, 17), BLOCK(x, 0, 17, COPY));
}
END_TEST

START_TEST(copies)
{
	mock_reset();
#define CALL_COPY(size)                                                                            \
	EXPECT_NOTHING(__vs_copy_to(x));                                                           \
	EXPECT(__vs_copy_from##size(y), BLOCK(x, y, size, COPY));
	CALL_COPY(1)
	CALL_COPY(2)
	CALL_COPY(4)
	CALL_COPY(8)
	CALL_COPY(16)
	EXPECT_NOTHING(__vs_copy_to(x + 1));
	EXPECT(__vs_copy_from_range(y, 33), BLOCK(x + 1, y, 33, COPY));
}
END_TEST

START_TEST(others)
{
	void *vptr = NULL;

	mock_reset();
	EXPECT(__tsan_vptr_read(&vptr), SCALAR(&vptr, 8, R));
	EXPECT(__tsan_vptr_update(&vptr, x), SCALAR(&vptr, 8, W));
	EXPECT_NOTHING(__tsan_init());
	EXPECT_NOTHING(__tsan_func_entry(NULL));
	EXPECT_NOTHING(__tsan_func_exit());
	EXPECT(__tsan_memset(y, 1, 64), BLOCK(y, 0, 64, COPY));
	EXPECT(__tsan_memcpy(x, y, 64), BLOCK(x, y, 64, COPY));
	EXPECT(__tsan_memmove(x, y, 64), BLOCK(x, y, 64, COPY));
	EXPECT(ck_assert_int_eq(__vs_bcmp(x, y, 8), 0), BLOCK(0, x, 8, VS_READ | VS_BULK),
	       BLOCK(0, y, 8, VS_READ | VS_BULK));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("instrument-family");
	TCase *t = tcase_create("family");

	tcase_add_test(t, scalars);
	tcase_add_test(t, ranges);
	tcase_add_test(t, copies);
	tcase_add_test(t, others);
	suite_add_tcase(s, t);
	return run_suite(s);
}
