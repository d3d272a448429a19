/* sim/cli/paths.h - where the program's own files are: machines, modules. */
#ifndef VS_PATHS_H
#define VS_PATHS_H

#include <stdbool.h>
#include <stddef.h>

struct vs_paths {
	char machines[4096];
	char modules[4096];
};

/* Looks beside the executable, then upwards (a build tree), then in ../share/vcpusim and
 * ../lib/vcpusim (an installation). False: not found; `why` says what was looked for. */
bool vs_paths_find(struct vs_paths *out, char *why, size_t why_size);

#endif
