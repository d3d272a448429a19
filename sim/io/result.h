/*
 * sim/io/result.h - struct vs_result to a file, and one run's part over a pipe.
 *
 * Files are deterministic: members in a fixed order, whole numbers as such, others with at most 15
 * significant digits; times in ns are exact to the picosecond below 10^12 ns. No wall clock, no
 * host name, no path.
 */
#ifndef VS_IO_RESULT_H
#define VS_IO_RESULT_H

#include <stdio.h>

#include <vcpusim/result.h>

#include "sim/io/errors.h"

/* put: false if it could not be written. A regular or new file is replaced as a whole, see below.
 */
typedef bool (*vs_put_fn)(FILE *to, const void *what);
bool vs_file_write(const char *path, vs_put_fn put, const void *what, struct vs_errors *errs);

/* "-" is stdout. A regular or new file is written beside its place and renamed over it, so that a
 * reader sees the old or the new one; anything else is written straight into. */
bool vs_result_write(const struct vs_result *r, const char *path_or_dash, struct vs_errors *errs);
char *vs_result_to_text(const struct vs_result *r); /* caller frees; NULL: out of memory */

/* A run as text, lossless, without newline; the caller frees it. NULL: out of memory. */
char *vs_run_to_text(const struct vs_run *run);
/* Fills *out, released by vs_run_release; false if the text is not one whole run. */
bool vs_run_from_text(const char *text, size_t length, struct vs_run *out);

#endif
