/* Where a place is, and the messages that name it. */
#define _GNU_SOURCE /* asprintf */
#include "sim/io/place.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/io/build.h"
#include "sim/io/near.h"

#define SHOWN_MAX 60 /* characters of what was found */
#define LIST_MAX 1024

struct offsets {
	size_t key, value;
};

static void pointer_parts(const struct vs_at *at, FILE *to)
{
	if (!at->parent)
		return;
	pointer_parts(at->parent, to);
	putc('/', to);
	if (!at->key) {
		fprintf(to, "%zu", at->index);
		return;
	}
	for (const char *c = at->key; *c; c++) {
		if (*c == '~')
			fputs("~0", to);
		else if (*c == '/')
			fputs("~1", to);
		else
			putc(*c, to);
	}
}

char *vs_at_pointer(const struct vs_at *at)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	pointer_parts(at, to);
	if (fclose(to) == 0)
		return text;
	free(text);
	return NULL;
}

/* Depth is that of the formats, not of the file: places are made by our own code only. */
static bool locate(const struct vs_at *at, struct offsets *out)
{
	const struct vs_text *t = &at->doc->text;
	struct offsets parent;

	if (!at->parent) {
		out->key = out->value = vs_text_start(t);
		return true;
	}
	if (!locate(at->parent, &parent))
		return false;
	if (at->key)
		return vs_text_member(t, parent.value, at->key, &out->key, &out->value);
	if (!vs_text_element(t, parent.value, at->index, &out->value))
		return false;
	out->key = out->value;
	return true;
}

static bool is_at_or_below(const char *pointer, const char *top)
{
	size_t n = strlen(top);

	return strncmp(pointer, top, n) == 0 && (pointer[n] == '\0' || pointer[n] == '/');
}

/* The last override that decides what stands at `pointer`. `made`: also one that made the objects
 * around its own place. */
static const struct vs_override *override_of(const struct vs_doc *doc, const char *pointer,
					     bool made)
{
	for (size_t i = doc->n_overrides; i-- > 0;) {
		const struct vs_override *o = &doc->overrides[i];

		if (is_at_or_below(pointer, o->pointer) ||
		    (made && is_at_or_below(o->pointer, pointer)))
			return o;
	}
	return NULL;
}

static void report(const struct vs_at *at, bool at_key, const char *message)
{
	const struct vs_at *near = at;
	struct vs_doc *doc = at->doc;
	char *pointer = vs_at_pointer(at);
	struct offsets o;
	size_t line = 0, column = 0;
	const struct vs_override *by;
	bool found;

	/* what is missing is missing from the object around it */
	while (!near->value && near->parent)
		near = near->parent;
	found = locate(near, &o);
	by = pointer ? override_of(doc, pointer, !found) : NULL;
	if (by) {
		vs_errors_add(doc->errs, by->label, 0, 0, by->there ? by->there : pointer, "%s",
			      message);
	} else {
		if (found)
			vs_text_position(&doc->text, at_key ? o.key : o.value, &line, &column);
		vs_errors_add(doc->errs, doc->path, line, column, pointer, "%s", message);
	}
	free(pointer);
}

char *vs_at_where(const struct vs_at *at)
{
	char *pointer = vs_at_pointer(at), *where = NULL;
	const struct vs_override *by = pointer ? override_of(at->doc, pointer, false) : NULL;
	size_t line = 0, column = 0;
	struct offsets o;

	free(pointer);
	if (by)
		return strdup(by->label);
	if (locate(at, &o))
		vs_text_position(&at->doc->text, o.value, &line, &column);
	return asprintf(&where, "%s:%zu:%zu", at->doc->path, line, column) < 0 ? NULL : where;
}

void vs_at_error(const struct vs_at *at, const char *format, ...)
{
	char *message;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&message, format, ap) < 0)
		message = NULL;
	va_end(ap);
	report(at, false, message ? message : "out of memory");
	free(message);
}

static void describe(const json_t *value, char *out, size_t size)
{
	char *text;

	if (json_is_object(value)) {
		snprintf(out, size, json_object_size(value) ? "an object" : "an empty object");
		return;
	}
	if (json_is_array(value)) {
		snprintf(out, size, json_array_size(value) ? "an array" : "an empty array");
		return;
	}
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII | VS_JSON_FORMAT);
	if (!text)
		snprintf(out, size, "something");
	else if (strlen(text) > SHOWN_MAX)
		snprintf(out, size, "%.*s...", SHOWN_MAX, text);
	else
		snprintf(out, size, "%s", text);
	free(text);
}

void vs_at_expected(const struct vs_at *at, const char *format, ...)
{
	char found[SHOWN_MAX + 8], *expected;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&expected, format, ap) < 0)
		expected = NULL;
	va_end(ap);
	if (at->value) {
		describe(at->value, found, sizeof(found));
		vs_at_error(at, "found %s, expected %s", found, expected ? expected : "other");
	} else {
		vs_at_error(at, "missing, expected %s", expected ? expected : "something");
	}
	free(expected);
}

static void list_names(const char *const *names, size_t n, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		int len = snprintf(out + used, size - used, "%s%s", i ? ", " : "", names[i]);

		if (len < 0 || (size_t)len >= size - used) {
			snprintf(out + size - 4, 4, "...");
			return;
		}
		used += (size_t)len;
	}
}

void vs_at_expected_one_of(const struct vs_at *at, const char *what, const char *const *names,
			   size_t n)
{
	const char *word = json_string_value(at->value);
	const char *near = word ? vs_nearest(word, names, n) : NULL;
	char list[LIST_MAX];

	list_names(names, n, list, sizeof(list));
	if (near)
		vs_at_expected(at, "%s (%s); did you mean \"%s\"?", what, list, near);
	else
		vs_at_expected(at, "%s (%s)", what, list);
}

static bool is_one_of(const char *s, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(s, names[i]) == 0)
			return true;
	return false;
}

static void report_unknown(const struct vs_at *at, const char *const *keys, size_t n)
{
	const char *near = vs_nearest(at->key, keys, n);
	char list[LIST_MAX], message[LIST_MAX + 64];

	list_names(keys, n, list, sizeof(list));
	if (near)
		snprintf(message, sizeof(message), "unknown key; did you mean \"%s\"?", near);
	else
		snprintf(message, sizeof(message), "unknown key, expected one of %s", list);
	report(at, true, message);
}

bool vs_at_only(const struct vs_at *object, const char *const *keys, size_t n)
{
	const char *key;
	json_t *value;
	bool ok = true;

	json_object_foreach(object->value, key, value)
	{
		if (!is_one_of(key, keys, n)) {
			struct vs_at at = vs_at_member(object, key);

			report_unknown(&at, keys, n);
			ok = false;
		}
	}
	return ok;
}
