/*
 * tests/io/io_test.h - what the suites of sim/io share.
 */
#ifndef VS_IO_TEST_H
#define VS_IO_TEST_H

#include <check.h>

#include "sim/io/scenario.h"

#define MACHINES_DIR VS_SOURCE_DIR "/models/machines"

extern const struct vs_table *const known_tables[4];

/* Whole file as a string, *length without the final NUL; fails the test if it cannot be read. */
char *read_file(const char *path, size_t *length);
/* A file of its own with this text, in the current directory; the caller unlinks and frees it. */
char *temporary_file(const char *text, size_t length);
/* `text` with the one place where `from` stands replaced; fails the test unless it is there. */
char *edited(const char *text, const char *from, const char *to);
/* As vs_errors_print prints them; the caller frees it. */
char *printed(const struct vs_errors *errs);
/* Loads with the shipped machines and the four tables. */
struct vs_scenario *load(const char *path, const struct vs_set *sets, size_t n,
			 struct vs_errors *errs);

int run_suite(Suite *s);

#endif
