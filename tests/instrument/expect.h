/*
 * tests/instrument/expect.h - lists of announcements, compared with what was written down.
 */
#ifndef VS_TEST_EXPECT_H
#define VS_TEST_EXPECT_H

#include <check.h>
#include <string.h>

#include "tests/instrument/forms.h"
#include "tests/instrument/mock.h"

#define R VS_READ
#define W VS_WRITE
#define COPY (VS_WRITE | VS_BULK)

#define SCALAR(p, size, kind)                                                                      \
	{                                                                                          \
		ACCESS, (uintptr_t)(p), 0, size, kind, 0                                           \
	}
#define BLOCK(to, from, size, kind)                                                                \
	{                                                                                          \
		RANGE, (uintptr_t)(to), (uintptr_t)(from), size, kind, 0                           \
	}

static inline void expect_list(const struct record *want, size_t n, const char *form, int line)
{
	for (size_t i = 0; i < n && i < n_records; i++) {
		const struct record *got = &record[i];

		ck_assert_msg(got->what == want[i].what && got->dst == want[i].dst &&
				      got->src == want[i].src && got->size == want[i].size &&
				      got->kind == want[i].kind,
			      "line %d: %s: announcement %zu is (%d, %#lx, %#lx, %zu, %u), "
			      "not (%d, %#lx, %#lx, %zu, %u)",
			      line, form, i, got->what, got->dst, got->src, got->size, got->kind,
			      want[i].what, want[i].dst, want[i].src, want[i].size, want[i].kind);
	}
	ck_assert_msg(n_records == n, "line %d: %s: %zu announcements, not %zu", line, form,
		      n_records, n);
	n_records = 0;
}

/* EXPECT(call, announcements...): runs the call and compares. */
#define EXPECT(call, ...)                                                                          \
	do {                                                                                       \
		n_records = 0;                                                                     \
		call;                                                                              \
		expect_list((struct record[]){__VA_ARGS__},                                        \
			    sizeof((struct record[]){__VA_ARGS__}) / sizeof(struct record), #call, \
			    __LINE__);                                                             \
	} while (0)

#define EXPECT_NOTHING(call)                                                                       \
	do {                                                                                       \
		n_records = 0;                                                                     \
		call;                                                                              \
		expect_list(NULL, 0, #call, __LINE__);                                             \
	} while (0)

static inline int run_suite(Suite *s)
{
	SRunner *runner = srunner_create(s);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}

#endif
