/*
 * sim/cli/modules.h - modules: shared objects that hold tables and operations. Shipped ones and the
 * user's are loaded alike.
 */
#ifndef VS_MODULES_H
#define VS_MODULES_H

#include <vcpusim/module.h>

#include "sim/io/errors.h"
#include "sim/io/module_hash.h"
#include "sim/io/scenario.h"

struct vs_loaded {
	char *path;
	void *handle;
	const struct vs_module *module;
	struct vs_module_id id;
};

struct vs_modules {
	struct vs_loaded *v;
	size_t n;
	const struct vs_table **tables; /* in order of loading; the modules' */
	size_t n_tables;
	struct vs_plain *operations;
	size_t n_operations;
};

/* Every .so of a directory, by name. False: one of them is no module, or there is none; errs says
 * which and why. */
bool vs_modules_load_dir(struct vs_modules *m, const char *dir, struct vs_errors *errs);
/* Tried in a process of its own first: a module that crashes when it is loaded is refused. */
bool vs_modules_load(struct vs_modules *m, const char *path, struct vs_errors *errs);
/* What a scenario is read against; those that it names are added to m. m must outlive it. */
void vs_modules_catalog(struct vs_modules *m, struct vs_catalog *out);
void vs_modules_release(struct vs_modules *m);
/* NULL: no such table. *owner may be NULL. */
const struct vs_table *vs_modules_table(const struct vs_modules *m, const char *name,
					const struct vs_loaded **owner);

/* How it was built, over all its objects: "gcc 12.2.0" and the flags, what differs between objects
 * one after the other. The caller frees both. False: no memory. */
bool vs_modules_build(const struct vs_loaded *l, char **compiler, char **flags);

struct vs_hw;
/* Tells the memory system about the modules' own data, numbered in order of loading. */
bool vs_modules_map(const struct vs_modules *m, struct vs_hw *hw);

#endif
