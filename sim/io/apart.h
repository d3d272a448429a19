/* sim/io/apart.h - that no output is an input, nor another output. */
#ifndef VS_IO_APART_H
#define VS_IO_APART_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/io/errors.h"

/* A file of a run. path NULL or "-": none. */
struct vs_run_file {
	const char *path;
	const char *what; /* for messages: "the scenario" */
	bool output;
};

/*
 * False: an output is the same file as another of them, by whatever name; `errs` says which. Those
 * that are neither regular files nor yet to be made (devices, pipes) are nobody's.
 */
bool vs_files_apart(const struct vs_run_file *f, size_t n, struct vs_errors *errs);

#endif
