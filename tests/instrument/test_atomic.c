/*
 * Atomics and fences: priced as the instruction x86 has for them, and done right at every width.
 */
#include "tests/instrument/expect.h"

#define LOAD (VS_READ | VS_VOLATILE)
#define STORE (VS_WRITE | VS_VOLATILE)
#define RMW (VS_WRITE | VS_ATOMIC)

/* Bits in every byte, so that a half that is left out shows */
#define PATTERN(T) ((T)(((u128)UINT64_C(0x8123456789abcdef) << 64) | UINT64_C(0xf1e2d3c4b5a69788)))

#define TEST_LOAD_STORE(T)                                                                         \
	START_TEST(load_store_##T)                                                                 \
	{                                                                                          \
		const T v = PATTERN(T);                                                            \
		T x = v, got;                                                                      \
                                                                                                   \
		mock_reset();                                                                      \
		EXPECT(got = load_relaxed_##T(&x), SCALAR(&x, sizeof(T), LOAD));                   \
		ck_assert(got == v);                                                               \
		EXPECT(got = load_acquire_##T(&x), SCALAR(&x, sizeof(T), LOAD));                   \
		ck_assert(got == v);                                                               \
		EXPECT(got = load_seq_cst_##T(&x), SCALAR(&x, sizeof(T), LOAD));                   \
		ck_assert(got == v);                                                               \
		EXPECT(got = c11_load_##T(&x), SCALAR(&x, sizeof(T), LOAD));                       \
		ck_assert(got == v);                                                               \
		EXPECT(store_relaxed_##T(&x, 1), SCALAR(&x, sizeof(T), STORE));                    \
		ck_assert(x == 1);                                                                 \
		EXPECT(store_release_##T(&x, v), SCALAR(&x, sizeof(T), STORE));                    \
		ck_assert(x == v);                                                                 \
		/* xchg */                                                                         \
		EXPECT(store_seq_cst_##T(&x, 2), SCALAR(&x, sizeof(T), RMW));                      \
		ck_assert(x == 2);                                                                 \
		EXPECT(c11_store_##T(&x, v), SCALAR(&x, sizeof(T), RMW));                          \
		ck_assert(x == v);                                                                 \
		EXPECT(got = exchange_##T(&x, 3), SCALAR(&x, sizeof(T), RMW));                     \
		ck_assert(x == 3 && got == v);                                                     \
		EXPECT(got = sync_test_and_set_##T(&x, 4), SCALAR(&x, sizeof(T), RMW));            \
		ck_assert(x == 4 && got == 3);                                                     \
		EXPECT(sync_release_##T(&x), SCALAR(&x, sizeof(T), STORE));                        \
		ck_assert(x == 0);                                                                 \
	}                                                                                          \
	END_TEST
WIDTHS(TEST_LOAD_STORE)

#define CHECK_ONE(T, call, returned, left)                                                         \
	x = v;                                                                                     \
	EXPECT(got = call, SCALAR(&x, sizeof(T), RMW));                                            \
	ck_assert(x == (T)(left) && got == (T)(returned));

#define CHECK_OP(T, op, result)                                                                    \
	CHECK_ONE(T, fetch_##op##_##T(&x, w), v, result)                                           \
	CHECK_ONE(T, op##_fetch_##T(&x, w), result, result)                                        \
	CHECK_ONE(T, sync_fetch_##op##_##T(&x, w), v, result)                                      \
	CHECK_ONE(T, sync_##op##_fetch_##T(&x, w), result, result)

#define TEST_MODIFY(T)                                                                             \
	START_TEST(modify_##T)                                                                     \
	{                                                                                          \
		const T v = PATTERN(T), w = (T)(PATTERN(T) / 3);                                   \
		T x, got;                                                                          \
                                                                                                   \
		mock_reset();                                                                      \
		CHECK_OP(T, add, v + w)                                                            \
		CHECK_OP(T, sub, v - w)                                                            \
		CHECK_OP(T, and, v &w)                                                             \
		CHECK_OP(T, or, v | w)                                                             \
		CHECK_OP(T, xor, v ^ w)                                                            \
		CHECK_OP(T, nand, ~(v & w))                                                        \
		CHECK_ONE(T, c11_fetch_add_##T(&x, w), v, v + w)                                   \
		x = v;                                                                             \
		EXPECT(c11_increment_##T(&x), SCALAR(&x, sizeof(T), RMW));                         \
		ck_assert(x == (T)(v + 1));                                                        \
	}                                                                                          \
	END_TEST
WIDTHS(TEST_MODIFY)

/*
 * A compare-exchange asks for the line for writing whether it then succeeds or not. gcc passes the
 * expected value by address and announces that it loads it again, from the stack.
 */
#ifdef VS_FORMS_BY_CLANG
#define AND_STORE(T) ck_assert_uint_eq(n_records, 2);
#else
#define AND_STORE(T)                                                                               \
	ck_assert_uint_eq(n_records, 3);                                                           \
	ck_assert(record[1].what == ACCESS && record[1].kind == R && record[1].size == sizeof(T));
#endif
#define CHECK_CAS(T, call)                                                                         \
	n_records = 0;                                                                             \
	done = call;                                                                               \
	AND_STORE(T)                                                                               \
	ck_assert(record[0].what == ACCESS && record[0].kind == RMW);                              \
	ck_assert(record[0].dst == (uintptr_t)&x && record[0].size == sizeof(T));                  \
	ck_assert(record[n_records - 1].dst == (uintptr_t)&seen);

#define TEST_CAS(T)                                                                                \
	START_TEST(compare_exchange_##T)                                                           \
	{                                                                                          \
		const T v = PATTERN(T);                                                            \
		T x = v, seen, expected;                                                           \
		bool done;                                                                         \
                                                                                                   \
		mock_reset();                                                                      \
		mock_own_stack(NULL, SIZE_MAX); /* of forms_atomic.c's local variables */          \
		CHECK_CAS(T, cas_strong_##T(&x, v, 1, &seen))                                      \
		ck_assert(done &&x == 1 && seen == v);                                             \
		CHECK_CAS(T, cas_strong_##T(&x, v, 2, &seen))                                      \
		ck_assert(!done && x == 1 && seen == 1);                                           \
		CHECK_CAS(T, cas_weak_##T(&x, 1, v, &seen))                                        \
		ck_assert(done &&x == v && seen == 1);                                             \
		EXPECT(done = sync_bool_cas_##T(&x, v, 5), SCALAR(&x, sizeof(T), RMW));            \
		ck_assert(done &&x == 5);                                                          \
		EXPECT(done = sync_bool_cas_##T(&x, v, 6), SCALAR(&x, sizeof(T), RMW));            \
		ck_assert(!done && x == 5);                                                        \
		EXPECT(seen = sync_val_cas_##T(&x, 5, v), SCALAR(&x, sizeof(T), RMW));             \
		ck_assert(seen == 5 && x == v);                                                    \
		EXPECT(seen = sync_val_cas_##T(&x, 5, 7), SCALAR(&x, sizeof(T), RMW));             \
		ck_assert(seen == v && x == v);                                                    \
		EXPECT(done = c11_cas_##T(&x, v, 8), SCALAR(&x, sizeof(T), RMW));                  \
		ck_assert(done &&x == 8);                                                          \
                                                                                                   \
		/* the expected value in memory that others may see is announced as well */        \
		mock_own_stack(NULL, 0);                                                           \
		expected = 8;                                                                      \
		EXPECT(done = cas_in_memory_##T(&x, &expected, 9),                                 \
		       SCALAR(&expected, sizeof(T), R), SCALAR(&x, sizeof(T), RMW));               \
		ck_assert(done &&x == 9 && expected == 8);                                         \
		EXPECT(done = cas_in_memory_##T(&x, &expected, 10),                                \
		       SCALAR(&expected, sizeof(T), R), SCALAR(&x, sizeof(T), RMW),                \
		       SCALAR(&expected, sizeof(T), W));                                           \
		ck_assert(!done && x == 9 && expected == 9);                                       \
	}                                                                                          \
	END_TEST
WIDTHS(TEST_CAS)

static u64 counter;

static void someone_else(const struct record *r)
{
	(void)r;
	counter += 100;
}

/* The operation works on what is there when it is granted. */
START_TEST(after_the_grant)
{
	mock_reset();
	mock_own_stack(NULL, SIZE_MAX);
	on_grant = someone_else;
	counter = 1;
	ck_assert_uint_eq(fetch_add_u64(&counter, 1), 101);
	ck_assert_uint_eq(counter, 102);
	ck_assert_uint_eq(load_acquire_u64(&counter), 202);
	ck_assert_uint_eq(sync_val_cas_u64(&counter, 302, 7), 302);
	ck_assert_uint_eq(counter, 7);
}
END_TEST

/* Forms that compilers have their own instructions for. */
START_TEST(bits_and_flags)
{
	bool flag = false;
	u64 x = 0;

	mock_reset();
	EXPECT(ck_assert(!flag_test_and_set(&flag)), SCALAR(&flag, 1, RMW));
	EXPECT(ck_assert(flag_test_and_set(&flag)), SCALAR(&flag, 1, RMW));
	EXPECT(flag_clear(&flag), SCALAR(&flag, 1, STORE));
	ck_assert(!flag);
	EXPECT(ck_assert(!test_and_set_bit(&x, 40)), SCALAR(&x, 8, RMW));
	EXPECT(ck_assert(test_and_set_bit(&x, 40)), SCALAR(&x, 8, RMW));
	x = 2;
	EXPECT(ck_assert(!decrement_and_test(&x)), SCALAR(&x, 8, RMW));
	EXPECT(ck_assert(decrement_and_test(&x)), SCALAR(&x, 8, RMW));
}
END_TEST

START_TEST(fences)
{
	mock_reset();
	EXPECT(fence_seq_cst(), {FENCE, 0, 0, 0, __ATOMIC_SEQ_CST, 0});
	EXPECT(fence_sync(), {FENCE, 0, 0, 0, __ATOMIC_SEQ_CST, 0});
	EXPECT(fence_acquire(), {FENCE, 0, 0, 0, __ATOMIC_ACQUIRE, 0});
	EXPECT(fence_release(), {FENCE, 0, 0, 0, __ATOMIC_RELEASE, 0});
	EXPECT_NOTHING(fence_signal());
}
END_TEST

int main(void)
{
	Suite *s = suite_create("instrument-atomic");
	TCase *t = tcase_create("atomic");

#define ADD(T)                                                                                     \
	tcase_add_test(t, load_store_##T);                                                         \
	tcase_add_test(t, modify_##T);                                                             \
	tcase_add_test(t, compare_exchange_##T);
	WIDTHS(ADD)
	tcase_add_test(t, after_the_grant);
	tcase_add_test(t, bits_and_flags);
	tcase_add_test(t, fences);
	suite_add_tcase(s, t);
	return run_suite(s);
}
