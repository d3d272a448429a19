#include "sim/io/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

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

bool vs_text_read(struct vs_text *t, const char *path, struct vs_errors *errs)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok;

	memset(t, 0, sizeof(*t));
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
