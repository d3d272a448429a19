/*
 * Plain, volatile and unaligned accesses: each announced once, before it happens, with its
 * address, size and kind. Compiled code under test: forms_plain.c, by gcc and by clang.
 */
#include "tests/instrument/expect.h"

/* clang keeps `volatile` of an unaligned access; gcc 12 announces it as a range, which has none. */
#ifdef VS_FORMS_BY_CLANG
#define UNALIGNED_VOLATILE VS_VOLATILE
#else
#define UNALIGNED_VOLATILE 0
#endif

static void *planted_at;
static unsigned char planted;

/* Another CPU writes just before the access is granted: a load that was done too early misses it.
 */
static void plant(const struct record *r)
{
	if (r->dst == (uintptr_t)planted_at && !(r->kind & VS_WRITE))
		*(unsigned char *)planted_at = planted;
}

#define TEST_WIDTH(T)                                                                              \
	START_TEST(width_##T)                                                                      \
	{                                                                                          \
		const size_t n = sizeof(T);                                                        \
		struct packed_##T p = {0, 0};                                                      \
		unsigned uv = n == 1 ? VS_VOLATILE : UNALIGNED_VOLATILE;                           \
		T a = 5, b = 6, got;                                                               \
                                                                                                   \
		mock_reset();                                                                      \
		on_grant = plant;                                                                  \
		planted_at = &a;                                                                   \
		planted = 41;                                                                      \
		EXPECT(got = read_##T(&a), SCALAR(&a, n, R));                                      \
		ck_assert(got == 41);                                                              \
		planted = 42;                                                                      \
		EXPECT(got = volatile_read_##T(&a), SCALAR(&a, n, R | VS_VOLATILE));               \
		ck_assert(got == 42);                                                              \
		EXPECT(write_##T(&a, (T)-2), SCALAR(&a, n, W));                                    \
		ck_assert(a == (T)-2);                                                             \
		EXPECT(volatile_write_##T(&a, (T)-3), SCALAR(&a, n, W | VS_VOLATILE));             \
		ck_assert(a == (T)-3);                                                             \
                                                                                                   \
		/* x++ is a load and a store, each announced before it happens. */                 \
		/* (Clang without vcpusim-cc's flag loads first and announces the store alone.) */ \
		a = 0;                                                                             \
		planted = 7;                                                                       \
		EXPECT(increment_##T(&a), SCALAR(&a, n, R), SCALAR(&a, n, W));                     \
		ck_assert(a == 8);                                                                 \
                                                                                                   \
		planted_at = &p.v;                                                                 \
		planted = 43;                                                                      \
		EXPECT(got = unaligned_read_##T(&p), SCALAR(&p.v, n, R));                          \
		ck_assert(got == 43);                                                              \
		EXPECT(unaligned_write_##T(&p, 9), SCALAR(&p.v, n, W));                            \
		ck_assert(p.v == 9);                                                               \
		planted = 44;                                                                      \
		EXPECT(got = unaligned_volatile_read_##T(&p), SCALAR(&p.v, n, R | uv));            \
		ck_assert(got == 44);                                                              \
		EXPECT(unaligned_volatile_write_##T(&p, 10), SCALAR(&p.v, n, W | uv));             \
		ck_assert(p.v == 10);                                                              \
                                                                                                   \
		planted_at = &b;                                                                   \
		planted = 77;                                                                      \
		EXPECT(move_##T(&a, &b), SCALAR(&b, n, R), SCALAR(&a, n, W));                      \
		ck_assert(a == 77);                                                                \
		/* looks like a structure copy to gcc's announcements, and is not one */           \
		planted = 78;                                                                      \
		EXPECT(got = store_then_load_##T(&a, &b, 3), SCALAR(&a, n, W), SCALAR(&b, n, R));  \
		ck_assert(a == 3 && got == 78);                                                    \
	}                                                                                          \
	END_TEST
WIDTHS(TEST_WIDTH)

START_TEST(other_scalars)
{
	double d = 2.5;
	float f = 1.5f;
	bool t = true;
	struct mixed m = {9, 9, 9};

	mock_reset();
	EXPECT(ck_assert(read_float(&f) == 1.5f), SCALAR(&f, 4, R));
	EXPECT(ck_assert(read_double(&d) == 2.5), SCALAR(&d, 8, R));
	EXPECT(ck_assert(read_bool(&t)), SCALAR(&t, 1, R));
	/* a structure of constants and values is stored field by field */
	EXPECT(set_mixed(&m, 1), SCALAR(&m.a, 4, W), SCALAR(&m.b, 1, W), SCALAR(&m.c, 8, W));
	ck_assert(m.a == 1 && m.b == 2 && m.c == 3);
}
END_TEST

/*
 * struct bits keeps a, b and c in one 8-byte word. Storing b is a load and a store. gcc announces
 * the store of the word and does both after it; clang announces the load and the store. gcc loads
 * the two bytes that hold b, clang the word.
 */
START_TEST(bit_fields)
{
	struct bits s = {.a = 5, .b = 0, .c = 3};

	mock_reset();
#ifdef VS_FORMS_BY_CLANG
	EXPECT(bits_write(&s, 1234), SCALAR(&s, 8, R), SCALAR(&s, 8, W));
	EXPECT(ck_assert_uint_eq(bits_read(&s), 1234), SCALAR(&s, 8, R));
#else
	EXPECT(bits_write(&s, 1234), SCALAR(&s, 8, W));
	EXPECT(ck_assert_uint_eq(bits_read(&s), 1234), SCALAR(&s, 2, R));
#endif
	ck_assert(s.a == 5 && s.b == 1234 && s.c == 3);
}
END_TEST

/* No loop becomes vector accesses or a library call: one announcement per element, in order. */
START_TEST(loops)
{
	u32 to[9], from[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	u64 words[3] = {10, 20, 30};

	mock_reset();
	EXPECT(ck_assert_uint_eq(sum_loop(words, 3), 60), SCALAR(&words[0], 8, R),
	       SCALAR(&words[1], 8, R), SCALAR(&words[2], 8, R));
	EXPECT(set_four(to), SCALAR(&to[3], 4, W), SCALAR(&to[2], 4, W), SCALAR(&to[1], 4, W),
	       SCALAR(&to[0], 4, W));
	n_records = 0;
	copy_loop(to, from, 9);
	ck_assert_mem_eq(to, from, sizeof(to));
	ck_assert_uint_eq(n_records, 18);
	for (size_t i = 0; i < 9; i++) {
		ck_assert(record[2 * i].dst == (uintptr_t)&from[i] && record[2 * i].kind == R);
		ck_assert(record[2 * i + 1].dst == (uintptr_t)&to[i]);
		ck_assert(record[2 * i].size == 4 && record[2 * i + 1].size == 4);
		ck_assert(record[2 * i + 1].kind == W);
	}
	n_records = 0;
	fill_loop(to, 9);
	ck_assert_uint_eq(n_records, 9);
	for (size_t i = 0; i < 9; i++)
		ck_assert(record[i].dst == (uintptr_t)&to[i] && record[i].size == 4 && !to[i]);
}
END_TEST

static u64 flag;

static void set_static(const struct record *r)
{
	if (r->dst == (uintptr_t)&flag) {
		on_grant = NULL;
		static_set(2);
	}
}

/* A variable that no other file can name is read again after a callback all the same. */
START_TEST(static_variables_change_in_callbacks)
{
	mock_reset();
	static_set(1);
	n_records = 0;
	on_grant = set_static;
	ck_assert_uint_eq(static_twice(&flag), 1002);
	/* hidden, flag, static_set's own store, hidden */
	ck_assert_uint_eq(n_records, 4);
	ck_assert_uint_eq(record[0].dst, record[2].dst);
	ck_assert_uint_eq(record[0].dst, record[3].dst);
}
END_TEST

static u32 shared_word;

static void change_word(const struct record *r)
{
	if (r->dst != (uintptr_t)&shared_word)
		shared_word = 2;
}

/*
 * What is announced first is loaded first, also when the compiler can see that the call in between
 * changes nothing that matters: time passes in it, and another CPU may change the word.
 */
START_TEST(loads_do_not_move_over_calls)
{
	struct node n = {100, NULL};

	mock_reset();
	on_grant = change_word;
	shared_word = 1;
	EXPECT(ck_assert_uint_eq(load_then_walk(&shared_word, &n), 101), SCALAR(&shared_word, 4, R),
	       SCALAR(&n.v, 8, R), SCALAR(&n.next, 8, R));
	shared_word = 1;
	EXPECT(ck_assert_uint_eq(load_bump_load(&shared_word, &n), 1002),
	       SCALAR(&shared_word, 4, R), SCALAR(&n.v, 8, R), SCALAR(&n.v, 8, W),
	       SCALAR(&n.next, 8, R), SCALAR(&shared_word, 4, R));
	ck_assert_uint_eq(n.v, 101);
}
END_TEST

/* The place announced lies in the function that makes the access. */
START_TEST(places)
{
	u64 v = 0;

	mock_reset();
	read_u64(&v);
	ck_assert(record[0].pc > (uintptr_t)read_u64 && record[0].pc < (uintptr_t)read_u64 + 64);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("instrument-plain");
	TCase *t = tcase_create("plain");

#define ADD(T) tcase_add_test(t, width_##T);
	WIDTHS(ADD)
	tcase_add_test(t, other_scalars);
	tcase_add_test(t, bit_fields);
	tcase_add_test(t, loops);
	tcase_add_test(t, static_variables_change_in_callbacks);
	tcase_add_test(t, loads_do_not_move_over_calls);
	tcase_add_test(t, places);
	suite_add_tcase(s, t);
	return run_suite(s);
}
