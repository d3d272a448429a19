#include "sim/io/apart.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A file that is there by itself, one that is yet to be made by its folder and its name in it. */
struct identity {
	bool known;
	dev_t device;
	ino_t inode;
	const char *name; /* "" if it is there */
};

static struct identity of_new(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct identity id = {.name = slash ? slash + 1 : path};
	char *copy = strdup(path);
	struct stat st;

	if (copy && stat(dirname(copy), &st) == 0) {
		id.known = true;
		id.device = st.st_dev;
		id.inode = st.st_ino;
	}
	free(copy);
	return id;
}

static struct identity identify(const char *path)
{
	struct stat st;

	if (!path || !*path || strcmp(path, "-") == 0)
		return (struct identity){0};
	if (stat(path, &st) < 0)
		return errno == ENOENT ? of_new(path) : (struct identity){0};
	return (struct identity){
		.known = S_ISREG(st.st_mode), .device = st.st_dev, .inode = st.st_ino, .name = ""};
}

static bool same(const struct identity *a, const struct identity *b)
{
	return a->known && b->known && a->device == b->device && a->inode == b->inode &&
	       strcmp(a->name, b->name) == 0;
}

bool vs_files_apart(const struct vs_run_file *f, size_t n, struct vs_errors *errs)
{
	size_t before = errs->total;

	for (size_t i = 0; i < n; i++) {
		struct identity mine = identify(f[i].path);

		/* two outputs meet once */
		for (size_t k = 0; f[i].output && k < n; k++) {
			struct identity other = identify(f[k].path);

			if (k != i && (k < i || !f[k].output) && same(&mine, &other))
				vs_errors_add(errs, f[i].path, 0, 0, NULL,
					      "%s would overwrite %s, %s", f[i].what, f[k].what,
					      f[k].path);
		}
	}
	return errs->total == before;
}
