/*
 * Structure copies and zeroing of every size class: all bytes announced once, source and
 * destination of a copy together, nothing moved before its announcement.
 */
#include "tests/instrument/expect.h"

#define PAGE 4096

static _Alignas(PAGE) unsigned char to[6 * PAGE], from[6 * PAGE];
static unsigned char to_seen[sizeof(to)], from_seen[sizeof(from)]; /* times announced */

static void mark(unsigned char *seen, const unsigned char *base, uintptr_t addr, size_t n)
{
	for (size_t i = 0; i < n; i++)
		seen[addr - (uintptr_t)base + i]++;
}

/*
 * The source gets its values only now, at the announcement; the destination must not have changed
 * before its own.
 */
static void arrive(const struct record *r)
{
	uintptr_t src = r->what == RANGE ? r->src : r->kind & VS_WRITE ? 0 : r->dst;
	uintptr_t dst = r->what == RANGE ? r->dst : r->kind & VS_WRITE ? r->dst : 0;

	if (src) {
		mark(from_seen, from, src, r->size);
		for (size_t i = 0; i < r->size; i++)
			((unsigned char *)src)[i] = (unsigned char)(src - (uintptr_t)from + i + 1);
	}
	if (dst) {
		mark(to_seen, to, dst, r->size);
		for (size_t i = 0; i < r->size; i++)
			if (((unsigned char *)dst)[i] != 0xee)
				ck_abort_msg("byte %zu written before its announcement", i);
	}
}

static void prepare(void)
{
	mock_reset();
	on_grant = arrive;
	memset(to, 0xee, sizeof(to));
	memset(from, 0, sizeof(from));
	memset(to_seen, 0, sizeof(to_seen));
	memset(from_seen, 0, sizeof(from_seen));
}

/* Byte by byte without Check's own cost per assertion: sizes go to 20,000. */
static void check_bytes(size_t n, bool copied, const char *form)
{
	for (size_t i = 0; i < sizeof(to); i++) {
		unsigned want = i >= n ? 0xee : copied ? (unsigned char)(i + 1) : 0;
		bool read = i < n && copied;

		if (to[i] != want || to_seen[i] != (i < n) || from_seen[i] != read)
			ck_abort_msg("%s: byte %zu is %u, written %u times, read %u times", form, i,
				     to[i], to_seen[i], from_seen[i]);
	}
}

/* One request for both sides per page; a plain load and store where clang makes one of it. */
static void check_copy(size_t n, const char *form)
{
	check_bytes(n, true, form);
#ifdef VS_FORMS_BY_CLANG
	if (n <= 8 && (n & (n - 1)) == 0) {
		expect_list((struct record[]){SCALAR(from, n, R), SCALAR(to, n, W)}, 2, form, 0);
		return;
	}
#endif
	ck_assert_msg(n_records == (n + PAGE - 1) / PAGE, "%s: %zu requests", form, n_records);
	for (size_t i = 0; i < n_records; i++) {
		ck_assert(record[i].what == RANGE && record[i].kind == COPY);
		ck_assert(record[i].dst == (uintptr_t)to + i * PAGE);
		ck_assert(record[i].src == (uintptr_t)from + i * PAGE);
	}
}

static void check_zero(size_t n, const char *form)
{
	check_bytes(n, false, form);
	for (size_t i = 0; i < n_records; i++) {
		ck_assert(record[i].kind & VS_WRITE);
		ck_assert(record[i].size <= PAGE);
		/* what may exceed a register is priced as a block */
		ck_assert(n <= 16 || record[i].kind & VS_BULK);
	}
	if (n > 16)
		ck_assert_uint_eq(n_records, (n + PAGE - 1) / PAGE);
}

#define COPY_AND_ZERO(kind, n)                                                                     \
	prepare();                                                                                 \
	copy_##kind##n((struct kind##n *)to, (struct kind##n *)from);                              \
	check_copy(sizeof(struct kind##n), "copy_" #kind #n);                                      \
	prepare();                                                                                 \
	zero_##kind##n((struct kind##n *)to);                                                      \
	check_zero(sizeof(struct kind##n), "zero_" #kind #n);

START_TEST(characters){
#define ONE_CHARS(n) COPY_AND_ZERO(chars, n)
	CHARS(ONE_CHARS)} END_TEST

	START_TEST(words){
#define ONE_WORDS(n) COPY_AND_ZERO(words, n)
		WORDS(ONE_WORDS)} END_TEST

	START_TEST(special_structures)
{
	struct four *a = (struct four *)to, *b = (struct four *)from;

	prepare();
	copy_wide((struct wide *)to, (struct wide *)from);
	check_copy(16, "copy_wide");
	prepare();
	copy_volatile(a, b);
	check_copy(16, "copy_volatile");
}
END_TEST

START_TEST(copies_on_two_paths)
{
	struct outer a = {0}, b = {.in = {{1, 2, 3, 4}}};

	mock_reset();
	EXPECT(copy_either(&a, &b, true), BLOCK(&a.in[1], &b.in[0], 16, COPY));
	EXPECT(copy_either(&a, &b, false), BLOCK(&a.in[2], &b.in[0], 16, COPY));
	ck_assert_mem_eq(&a.in[1], &b.in[0], 16);
	ck_assert_mem_eq(&a.in[2], &b.in[0], 16);
}
END_TEST

START_TEST(copy_after_copy)
{
	struct four a = {0}, b = {1, 2, 3, 4}, c = {0};
	struct outer x = {0}, y = {.in = {{0}, {5, 6, 7, 8}}, .u = {.b = 9}};

	mock_reset();
#ifdef VS_FORMS_BY_CLANG
	/* clang copies b twice: as good, since it may choose when to read a */
	EXPECT(copy_chain(&a, &b, &c), BLOCK(&a, &b, 16, COPY), BLOCK(&c, &b, 16, COPY));
	EXPECT(copy_element(&x, &y, 0), BLOCK(&x.in[0], &y.in[1], 16, COPY), SCALAR(&y.u, 8, R),
	       SCALAR(&x.u, 8, W));
#else
	EXPECT(copy_chain(&a, &b, &c), BLOCK(&a, &b, 16, COPY), BLOCK(&c, &a, 16, COPY));
	EXPECT(copy_element(&x, &y, 0), BLOCK(&x.in[0], &y.in[1], 16, COPY),
	       BLOCK(&x.u, &y.u, 8, COPY));
#endif
	ck_assert_mem_eq(&c, &b, 16);
	ck_assert_mem_eq(&x.in[0], &y.in[1], 16);
	ck_assert_uint_eq(x.u.b, 9);
}
END_TEST

/* Registers saved to the stack between the two announcements do not hide a copy. */
START_TEST(copy_under_register_pressure)
{
	u64 v[8] = {0, 0, 0, 0, 0, 0, 0, 5};
	struct four a = {0}, b = {1, 2, 3, 4};

	mock_reset();
	ck_assert_uint_eq(copy_among_many(&a, &b, v), 5);
	ck_assert_uint_eq(n_records, 9);
	ck_assert(record[8].what == RANGE && record[8].dst == (uintptr_t)&a);
	ck_assert(record[8].src == (uintptr_t)&b && record[8].size == 16);
	ck_assert_mem_eq(&a, &b, 16);
}
END_TEST

START_TEST(copy_to_a_local)
{
	struct four b = {1, 2, 3, 4};

	mock_reset();
	ck_assert_uint_eq(copy_to_local(&b), 3);
	ck_assert_uint_ge(n_records, 1);
	ck_assert(record[0].what == RANGE && record[0].src == (uintptr_t)&b);
	ck_assert(record[0].size == 16 && record[0].dst != 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("instrument-copies");
	TCase *t = tcase_create("copies");

	tcase_add_test(t, characters);
	tcase_add_test(t, words);
	tcase_add_test(t, special_structures);
	tcase_add_test(t, copies_on_two_paths);
	tcase_add_test(t, copy_after_copy);
	tcase_add_test(t, copy_under_register_pressure);
	tcase_add_test(t, copy_to_a_local);
	suite_add_tcase(s, t);
	return run_suite(s);
}
