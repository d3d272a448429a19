#define _GNU_SOURCE /* scandir */
#include "sim/io/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "sim/io/near.h"

static bool refuse_odd_files(int fd, const char *path, struct vs_errors *errs)
{
	struct stat st;

	if (fstat(fd, &st) < 0) {
		vs_errors_add(errs, path, 0, 0, NULL, "cannot read: %s", strerror(errno));
		return false;
	}
	if (S_ISDIR(st.st_mode)) {
		vs_errors_add(errs, path, 0, 0, NULL, "found a directory, expected a JSON file");
		return false;
	}
	if (S_ISREG(st.st_mode) && (size_t)st.st_size > VS_INPUT_MAX_BYTES) {
		vs_errors_add(errs, path, 0, 0, NULL,
			      "found %lld bytes, expected at most %zu (16 MiB)",
			      (long long)st.st_size, VS_INPUT_MAX_BYTES);
		return false;
	}
	return true;
}

/* Also right for pipes, whose size nobody knows: reads one byte more than is allowed. */
static bool read_all(struct vs_text *t, int fd, const char *path, struct vs_errors *errs)
{
	size_t capacity = 0;

	for (;;) {
		ssize_t got;

		if (t->length == capacity) {
			char *bytes;

			capacity = capacity ? 2 * capacity : 16384;
			bytes = realloc(t->bytes, capacity);
			if (!bytes) {
				vs_errors_add(errs, path, 0, 0, NULL, "out of memory");
				return false;
			}
			t->bytes = bytes;
		}
		got = read(fd, t->bytes + t->length, capacity - t->length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			vs_errors_add(errs, path, 0, 0, NULL, "cannot read: %s", strerror(errno));
			return false;
		}
		if (got == 0)
			return true;
		t->length += (size_t)got;
		if (t->length > VS_INPUT_MAX_BYTES) {
			vs_errors_add(errs, path, 0, 0, NULL,
				      "found more than %zu bytes (16 MiB), expected at most that",
				      VS_INPUT_MAX_BYTES);
			return false;
		}
	}
}

static int is_json(const struct dirent *e)
{
	size_t length = strlen(e->d_name);

	return length > 5 && strcmp(e->d_name + length - 5, ".json") == 0;
}

/* A file of `folder` that may have been meant, by its name alone. */
static bool near_in(const char *folder, const char *name, char *out, size_t size)
{
	struct dirent **all = NULL;
	int n = scandir(folder, &all, is_json, alphasort);
	const char **names = n > 0 ? calloc((size_t)n, sizeof(*names)) : NULL;
	const char *near;

	for (int i = 0; names && i < n; i++)
		names[i] = all[i]->d_name;
	near = names ? vs_nearest(name, names, (size_t)n) : NULL;
	if (near)
		snprintf(out, size, "%s", near);
	for (int i = 0; i < n; i++)
		free(all[i]);
	free(all);
	free(names);
	return near;
}

/* Beside where it was looked for, and among the scenarios of a source tree. */
static void tell_missing(const char *path, struct vs_errors *errs)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	int length = (int)(name - path);
	char folder[PATH_MAX], file[NAME_MAX + 1], near[NAME_MAX + 1];

	snprintf(folder, sizeof(folder), "%.*s", length ? length : 1, length ? path : ".");
	snprintf(file, sizeof(file), "%s%s", name, strstr(name, ".json") ? "" : ".json");
	if (near_in(folder, file, near, sizeof(near))) {
		vs_errors_add(errs, path, 0, 0, NULL, "cannot open: %s; did you mean \"%.*s%s\"?",
			      strerror(ENOENT), length, path, near);
	} else if (!length && near_in("scenarios", file, near, sizeof(near))) {
		vs_errors_add(errs, path, 0, 0, NULL,
			      "cannot open: %s; did you mean \"scenarios/%s\"?", strerror(ENOENT),
			      near);
	} else {
		vs_errors_add(errs, path, 0, 0, NULL, "cannot open: %s", strerror(ENOENT));
	}
}

bool vs_text_read(struct vs_text *t, const char *path, struct vs_errors *errs)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok;

	memset(t, 0, sizeof(*t));
	if (fd < 0 && errno == ENOENT) {
		tell_missing(path, errs);
		return false;
	}
	if (fd < 0) {
		vs_errors_add(errs, path, 0, 0, NULL, "cannot open: %s", strerror(errno));
		return false;
	}
	ok = refuse_odd_files(fd, path, errs) && read_all(t, fd, path, errs);
	close(fd);
	if (ok && vs_text_start(t) == t->length) {
		vs_errors_add(errs, path, 0, 0, NULL,
			      "found an empty file, expected a JSON object");
		ok = false;
	}
	if (!ok)
		vs_text_release(t);
	return ok;
}

void vs_text_release(struct vs_text *t)
{
	free(t->bytes);
	memset(t, 0, sizeof(*t));
}

static size_t skip_space(const struct vs_text *t, size_t i)
{
	while (i < t->length && memchr(" \t\r\n", t->bytes[i], 4))
		i++;
	return i;
}

/* i at the opening quote; returns what follows the closing one. */
static size_t skip_string(const struct vs_text *t, size_t i)
{
	for (i++; i < t->length && t->bytes[i] != '"'; i++)
		if (t->bytes[i] == '\\')
			i++;
	return i < t->length ? i + 1 : t->length;
}

static size_t skip_scalar(const struct vs_text *t, size_t i)
{
	while (i < t->length && !memchr(",]} \t\r\n", t->bytes[i], 7))
		i++;
	return i;
}

/* A loop, not recursion: nesting is the file's choice. */
static size_t skip_value(const struct vs_text *t, size_t i)
{
	size_t depth = 0;

	do {
		i = skip_space(t, i);
		if (i >= t->length)
			break;
		switch (t->bytes[i]) {
		case '"':
			i = skip_string(t, i);
			break;
		case '{':
		case '[':
			depth++;
			i++;
			break;
		case '}':
		case ']':
			if (depth == 0)
				return i;
			depth--;
			i++;
			break;
		case ',':
		case ':':
			i++;
			break;
		default:
			i = skip_scalar(t, i);
		}
	} while (depth);
	return i;
}

/* Past the comma and the space after the item that ends at i; false at the end of the container. */
static bool next_item(const struct vs_text *t, size_t *i)
{
	*i = skip_space(t, *i);
	if (*i >= t->length || t->bytes[*i] != ',')
		return false;
	*i = skip_space(t, *i + 1);
	return *i < t->length;
}

static bool same_key(const struct vs_text *t, size_t from, size_t to, const char *key)
{
	const char *quoted = t->bytes + from;
	size_t n = to - from;
	json_t *decoded;
	bool same;

	if (!memchr(quoted, '\\', n))
		return n == strlen(key) + 2 && memcmp(quoted + 1, key, n - 2) == 0;
	decoded = json_loadb(quoted, n, JSON_DECODE_ANY, NULL);
	same = json_is_string(decoded) && strcmp(json_string_value(decoded), key) == 0;
	json_decref(decoded);
	return same;
}

size_t vs_text_start(const struct vs_text *t)
{
	return skip_space(t, 0);
}

bool vs_text_member(const struct vs_text *t, size_t object, const char *key, size_t *key_at,
		    size_t *value_at)
{
	size_t i = skip_space(t, object + 1);

	if (object >= t->length || t->bytes[object] != '{')
		return false;
	while (i < t->length && t->bytes[i] == '"') {
		size_t end = skip_string(t, i);
		size_t value = skip_space(t, skip_space(t, end) + 1);

		if (same_key(t, i, end, key)) {
			*key_at = i;
			*value_at = value;
			return true;
		}
		i = skip_value(t, value);
		if (!next_item(t, &i))
			return false;
	}
	return false;
}

bool vs_text_element(const struct vs_text *t, size_t array, size_t index, size_t *value_at)
{
	size_t i = skip_space(t, array + 1);

	if (array >= t->length || t->bytes[array] != '[')
		return false;
	while (index--) {
		i = skip_value(t, i);
		if (!next_item(t, &i))
			return false;
	}
	*value_at = i;
	return i < t->length && t->bytes[i] != ']';
}

void vs_text_position(const struct vs_text *t, size_t offset, size_t *line, size_t *column)
{
	*line = 1;
	*column = 1;
	for (size_t i = 0; i < offset && i < t->length; i++) {
		if (t->bytes[i] == '\n') {
			(*line)++;
			*column = 1;
		} else if (((unsigned char)t->bytes[i] & 0xc0) != 0x80) {
			(*column)++;
		}
	}
}
