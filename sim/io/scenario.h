/*
 * sim/io/scenario.h - scenario JSON to struct vs_scenario and back. Format: docs/scenarios.md.
 */
#ifndef VS_IO_SCENARIO_H
#define VS_IO_SCENARIO_H

#include <vcpusim/scenario.h>

#include "sim/io/errors.h"

/* `--set /json/pointer=VALUE`. VALUE is JSON, or a string if it is not JSON. Missing objects on the
 * way are made; "-" as the last part appends to an array. Later ones win. */
struct vs_set {
	const char *pointer;
	const char *value;
};

/* "POINTER=VALUE" cut at the first '='; false if there is none or it does not start with '/'.
 * Points into `text`, which it changes. */
bool vs_set_parse(char *text, struct vs_set *out);

/* What modules have, and how a scenario gets more of them. */
struct vs_catalog {
	const struct vs_table *const *tables; /* NULL: any name is taken, and no parameters */
	size_t n_tables;
	const struct vs_plain *operations;
	size_t n_operations;
	/* Loads a module, if it isn't yet, and brings the lists up to date. False: `errs` says why.
	 */
	bool (*load)(struct vs_catalog *c, const char *path, struct vs_errors *errs);
	void *ctx;
};

/*
 * Reads, applies the overrides, fills in defaults, loads the machine and checks everything. NULL
 * and `errs` with all that is wrong; else the caller frees it with vs_scenario_free.
 * The modules that it names are loaded meanwhile.
 */
struct vs_scenario *vs_scenario_load(const char *path, const struct vs_set *sets, size_t n_sets,
				     struct vs_catalog *catalog, const char *machines_dir,
				     struct vs_errors *errs);

/* The resolved scenario as JSON text that loads to the same again; the caller frees it. NULL: out
 * of memory. */
char *vs_scenario_to_text(const struct vs_scenario *s);

/* Names as in the JSON. vs_op_name: of those that are not a module's. */
const char *vs_op_name(enum vs_op op);
const char *vs_op_summary(enum vs_op op);
const char *vs_scenario_op_name(const struct vs_scenario *s, enum vs_op op);
bool vs_op_from_name(const char *name, enum vs_op *op);

#endif
