/*
 * sim/io/machine.h - models/machines/NAME.json to struct vs_machine.
 *
 * Every number of a machine file is {"value": N} with one of "source", "assumed" or "derived", a
 * sentence. Format: docs/scenarios.md; JSON Schema: scenarios/schema/machine.schema.json.
 */
#ifndef VS_IO_MACHINE_H
#define VS_IO_MACHINE_H

#include <vcpusim/machine.h>

#include "sim/io/errors.h"

struct vs_at;

/*
 * `name_or_path` with a slash or ending in .json is a path, relative to `beside_dir`; anything else
 * is a file of `machines_dir`. Reads, checks the physics, computes the window. On false, `errs`
 * says why and *out is not to be used. `set` (or NULL) is a place in a scenario with numbers
 * instead of the file's. `params` may be NULL; release it with vs_machine_params_release.
 */
bool vs_machine_load(const char *name_or_path, const char *beside_dir, const char *machines_dir,
		     struct vs_machine *out, struct vs_errors *errs);
bool vs_machine_load_params(const char *name_or_path, const char *beside_dir,
			    const char *machines_dir, const struct vs_at *set,
			    struct vs_machine *out, struct vs_machine_params *params,
			    struct vs_errors *errs);

/* -- which file ---------------------------------------------------------------------------- */

bool vs_machine_is_path(const char *name_or_path);
/* The caller frees it; NULL: out of memory. */
char *vs_machine_path(const char *name_or_path, const char *beside_dir, const char *machines_dir);

/* The names (without .json) in `machines_dir`, sorted; free with vs_machine_names_free. 0 if there
 * are none or the directory cannot be read. */
size_t vs_machine_names(const char *machines_dir, char ***names);
void vs_machine_names_free(char **names, size_t n);

#endif
