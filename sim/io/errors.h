/*
 * sim/io/errors.h - what is wrong with an input, all of it at once, each with its place.
 *
 * Printed as  FILE:LINE:COLUMN: /json/pointer: MESSAGE  with the parts that are known. Columns
 * count characters (not bytes) from 1. Only the first VS_ERRORS_KEPT are kept, all are counted.
 */
#ifndef VS_IO_ERRORS_H
#define VS_IO_ERRORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define VS_ERRORS_KEPT 100

struct vs_error {
	char *file;    /* as the user named it; "--set /x=1" for an override; never NULL */
	size_t line;   /* 0: not known */
	size_t column; /* 0: not known */
	char *pointer; /* JSON pointer, or NULL */
	char *message; /* what was found, what was expected */
};

struct vs_errors {
	struct vs_error *v;
	size_t n;     /* kept */
	size_t total; /* reported; 0 = all is well */
};

void vs_errors_init(struct vs_errors *errs);
void vs_errors_release(struct vs_errors *errs);

/* Takes copies. line and column 0 and pointer NULL where there is none. Runs out of memory by
 * counting the error without keeping it. */
void vs_errors_add(struct vs_errors *errs, const char *file, size_t line, size_t column,
		   const char *pointer, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* One line each, in the order reported, and how many more there are. */
void vs_errors_print(const struct vs_errors *errs, FILE *to);

#endif
