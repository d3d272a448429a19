#include "sim/cli/paths.h"

#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool exists(char *out, size_t size, const char *dir, const char *below)
{
	return snprintf(out, size, "%s/%s", dir, below) < (int)size && access(out, R_OK) == 0;
}

bool vs_paths_find(struct vs_paths *out, char *why, size_t why_size)
{
	char dir[2048];
	ssize_t n = readlink("/proc/self/exe", dir, sizeof(dir) - 1);
	bool machines = false, modules = false;

	if (n <= 0) {
		snprintf(why, why_size, "cannot tell where the executable is");
		return false;
	}
	dir[n] = 0;
	for (int up = 0; up < 5 && !(machines && modules) && strlen(dir) > 1; up++) {
		dirname(dir);
		if (!machines)
			machines = exists(out->machines, sizeof(out->machines), dir,
					  "models/machines") ||
				   exists(out->machines, sizeof(out->machines), dir,
					  "share/vcpusim/machines");
		if (!modules)
			modules = exists(out->modules, sizeof(out->modules), dir, "modules") ||
				  exists(out->modules, sizeof(out->modules), dir,
					 "lib/vcpusim/modules");
	}
	if (!machines || !modules)
		snprintf(why, why_size,
			 "cannot find %s beside the executable or above it; build it in the source "
			 "tree or install it",
			 machines ? "modules/" : "models/machines/");
	return machines && modules;
}
