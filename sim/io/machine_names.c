/* Machine files by name. */
#define _GNU_SOURCE /* asprintf */
#include "sim/io/machine.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define SUFFIX ".json"

static bool has_suffix(const char *name)
{
	size_t n = strlen(name);

	return n > strlen(SUFFIX) && strcmp(name + n - strlen(SUFFIX), SUFFIX) == 0;
}

bool vs_machine_is_path(const char *name)
{
	return strchr(name, '/') || has_suffix(name);
}

char *vs_machine_path(const char *name, const char *beside_dir, const char *machines_dir)
{
	char *path;
	int n;

	if (name[0] == '/' || (vs_machine_is_path(name) && strcmp(beside_dir, ".") == 0))
		return strdup(name);
	if (vs_machine_is_path(name))
		n = asprintf(&path, "%s/%s", beside_dir, name);
	else
		n = asprintf(&path, "%s/%s" SUFFIX, machines_dir, name);
	return n < 0 ? NULL : path;
}

static int by_spelling(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

size_t vs_machine_names(const char *machines_dir, char ***names)
{
	DIR *dir = opendir(machines_dir);
	struct dirent *entry;
	char **v = NULL;
	size_t n = 0;

	*names = NULL;
	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		char **more, *name;

		if (entry->d_name[0] == '.' || !has_suffix(entry->d_name))
			continue;
		name = strndup(entry->d_name, strlen(entry->d_name) - strlen(SUFFIX));
		more = realloc(v, (n + 1) * sizeof(*v));
		if (more)
			v = more;
		if (!name || !more) {
			free(name);
			break;
		}
		v[n++] = name;
	}
	closedir(dir);
	if (n)
		qsort(v, n, sizeof(*v), by_spelling);
	*names = v;
	return n;
}

void vs_machine_names_free(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}
