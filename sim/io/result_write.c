/* A result to a file, whole or not at all. */
#define _GNU_SOURCE /* asprintf */
#include "sim/io/result.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/io/build.h"
#include "sim/io/result_json.h"
#include "sim/io/scenario_parts.h"

/* "key": value, consumed. false: no memory, or the stream is in error. */
static bool put_member(FILE *to, const char *key, json_t *value, const char *end)
{
	bool ok = value != NULL;

	fprintf(to, "\"%s\": ", key);
	ok = ok && json_dumpf(value, to, JSON_ENCODE_ANY | VS_JSON_FORMAT) == 0;
	fputs(end, to);
	json_decref(value);
	return ok && !ferror(to);
}

/* One element to a line, so that files can be compared line by line. */
static bool put_element(FILE *to, json_t *value, bool last)
{
	bool ok = value && json_dumpf(value, to, VS_JSON_FORMAT) == 0;

	fputs(last ? "\n" : ",\n", to);
	json_decref(value);
	return ok && !ferror(to);
}

static bool put_result(FILE *to, const struct vs_result *r)
{
	bool ok;

	fputs("{\n", to);
	ok = put_member(to, "schema", json_string("vcpusim-result/1"), ",\n");
	if (r->native)
		ok = ok && put_member(to, "backend", json_string("native"), ",\n");
	ok = ok && put_member(to, "partial", json_boolean(r->partial), ",\n");
	ok = ok && put_member(to, "scenario", vs_scenario_to_json(r->scenario), ",\n");
	ok = ok && put_member(to, "provenance", vs_provenance_to_json(r), ",\n");
	fputs("\"runs\": [\n", to);
	for (size_t i = 0; ok && i < r->n_runs; i++)
		ok = put_element(to, vs_run_to_json(r->scenario, &r->runs[i]), i + 1 == r->n_runs);
	fputs("],\n\"summary\": [\n", to);
	for (size_t i = 0; ok && i < r->n_summary; i++)
		ok = put_element(to, vs_summary_to_json(r->scenario, &r->summary[i]),
				 i + 1 == r->n_summary);
	fputs("],\n\"comparisons\": [\n", to);
	for (size_t i = 0; ok && i < r->n_comparisons; i++)
		ok = put_element(to, vs_comparison_to_json(r->scenario, &r->comparisons[i]),
				 i + 1 == r->n_comparisons);
	fputs("]\n}\n", to);
	return ok && !ferror(to);
}

char *vs_result_to_text(const struct vs_result *r)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	bool ok;

	if (!to)
		return NULL;
	ok = put_result(to, r);
	ok = fclose(to) == 0 && ok;
	if (ok)
		return text;
	free(text);
	return NULL;
}

static bool failed(struct vs_errors *errs, const char *path, int error)
{
	vs_errors_add(errs, path, 0, 0, NULL, "cannot write: %s", strerror(error ? error : ENOMEM));
	return false;
}

/* What is to be written and how. */
struct file {
	vs_put_fn put;
	const void *what;
};

/* Closes `to`. errno of whatever went wrong first, 0 if nothing did. */
static int finish(FILE *to, const struct file *f)
{
	int error = 0;

	errno = 0;
	if (!f->put(to, f->what))
		error = errno ? errno : ENOMEM;
	if (fclose(to) != 0 && !error)
		error = errno;
	return error;
}

static bool write_straight(const struct file *f, const char *path, struct vs_errors *errs)
{
	FILE *to = fopen(path, "we");
	int error;

	if (!to)
		return failed(errs, path, errno);
	error = finish(to, f);
	return error ? failed(errs, path, error) : true;
}

/* `path` names a regular file or nothing yet. */
static bool write_beside(const struct file *f, const char *path, struct vs_errors *errs)
{
	char *beside;
	FILE *to;
	int error = 0, fd;

	if (asprintf(&beside, "%s.%ld.part", path, (long)getpid()) < 0)
		return failed(errs, path, ENOMEM);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	to = fd < 0 ? NULL : fdopen(fd, "w");
	if (!to) {
		error = errno;
		if (fd >= 0) {
			close(fd);
			unlink(beside);
		}
		free(beside);
		return failed(errs, path, error);
	}
	error = finish(to, f);
	if (!error && rename(beside, path) < 0)
		error = errno;
	if (error)
		unlink(beside);
	free(beside);
	return error ? failed(errs, path, error) : true;
}

static bool write_stdout(const struct vs_result *r, struct vs_errors *errs)
{
	errno = 0;
	if (put_result(stdout, r) && fflush(stdout) == 0)
		return true;
	return failed(errs, "standard output", errno);
}

bool vs_file_write(const char *path, vs_put_fn put, const void *what, struct vs_errors *errs)
{
	struct file f = {put, what};
	struct stat st;
	char *target;
	bool ok;

	if (stat(path, &st) < 0)
		return errno == ENOENT ? write_beside(&f, path, errs) : failed(errs, path, errno);
	if (S_ISDIR(st.st_mode))
		return failed(errs, path, EISDIR);
	if (!S_ISREG(st.st_mode))
		return write_straight(&f, path, errs);
	/* a read-only file is refused, although its directory would let it be replaced */
	if (access(path, W_OK) < 0)
		return failed(errs, path, errno);
	target = realpath(path, NULL); /* a link stays one */
	if (!target)
		return failed(errs, path, errno);
	ok = write_beside(&f, target, errs);
	free(target);
	return ok;
}

static bool put(FILE *to, const void *result)
{
	return put_result(to, result);
}

bool vs_result_write(const struct vs_result *r, const char *path, struct vs_errors *errs)
{
	return strcmp(path, "-") == 0 ? write_stdout(r, errs) : vs_file_write(path, put, r, errs);
}
