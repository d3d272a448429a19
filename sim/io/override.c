/* Values put into a document before it is read: --set, and what a scenario sets of its machine. */
#define _GNU_SOURCE /* asprintf */
#include "sim/io/doc.h"

#include <stdlib.h>
#include <string.h>

#include "sim/io/place.h"

#define PART_MAX 128

bool vs_set_parse(char *text, struct vs_set *out)
{
	char *equals = strchr(text, '=');

	if (text[0] != '/' || !equals)
		return false;
	*equals = '\0';
	out->pointer = text;
	out->value = equals + 1;
	return true;
}

/* The next part of a pointer, decoded; false if it is no pointer (any more). */
static bool next_part(const char **pointer, char part[PART_MAX])
{
	size_t n = 0;
	const char *p = *pointer;

	if (*p != '/')
		return false;
	for (p++; *p && *p != '/'; p++) {
		char c = *p;

		if (c == '~' && (p[1] == '0' || p[1] == '1'))
			c = *++p == '0' ? '~' : '/';
		if (n + 1 == PART_MAX)
			return false;
		part[n++] = c;
	}
	part[n] = '\0';
	*pointer = p;
	return true;
}

/* Index that a part names in an array; its size (append) for "-". */
static bool array_index(const char *part, size_t size, size_t *index)
{
	char *end;

	if (strcmp(part, "-") == 0) {
		*index = size;
		return true;
	}
	if (part[0] < '0' || part[0] > '9')
		return false;
	*index = strtoul(part, &end, 10);
	return *end == '\0' && *index <= size;
}

/* Not JSON means a string, so that names need no quotes inside the shell's. */
static json_t *parse_value(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

	return value ? value : json_string(text);
}

/* What stands at `part` of `in`, an object made there if it may be; NULL: the path ends here. */
static json_t *step(json_t *in, const char *part)
{
	json_t *next;
	size_t i;

	if (json_is_array(in))
		return array_index(part, json_array_size(in), &i) ? json_array_get(in, i) : NULL;
	if (!json_is_object(in))
		return NULL;
	next = json_object_get(in, part);
	if (!next && json_object_set_new(in, part, json_object()) == 0)
		next = json_object_get(in, part);
	return next;
}

static bool put(json_t *in, const char *part, json_t *value, size_t *index)
{
	if (json_is_object(in))
		return json_object_set_new(in, part, value) == 0;
	if (json_is_array(in) && array_index(part, json_array_size(in), index)) {
		if (*index == json_array_size(in))
			return json_array_append_new(in, value) == 0;
		return json_array_set_new(in, *index, value) == 0;
	}
	json_decref(value);
	return false;
}

/* A value in which there are no places. */
struct leaf {
	const json_t *value; /* NULL: none was met */
	size_t pointer_length;
};

/* Returns where the value went, as a pointer with any "-" resolved; NULL: nowhere. */
static char *apply(json_t *root, const struct vs_set *set, struct leaf *leaf)
{
	const char *rest = set->pointer, *last = rest;
	char part[PART_MAX], *resolved;
	size_t index = SIZE_MAX;
	json_t *in = root;

	if (!next_part(&rest, part))
		return NULL;
	while (*rest) {
		in = step(in, part);
		last = rest;
		if (in && !json_is_object(in) && !json_is_array(in))
			*leaf = (struct leaf){in, (size_t)(rest - set->pointer)};
		if (!in || !next_part(&rest, part))
			return NULL;
	}
	if (!put(in, part, parse_value(set->value), &index))
		return NULL;
	if (index == SIZE_MAX)
		return strdup(set->pointer);
	if (asprintf(&resolved, "%.*s/%zu", (int)(last - set->pointer), set->pointer, index) < 0)
		return NULL;
	return resolved;
}

/* What to set instead of a table's parameter if the table is there as a mere name; "" if not. */
static void suggest_table(const struct vs_set *set, const struct leaf *leaf, char *out, size_t size)
{
	const char *key = set->pointer + leaf->pointer_length + 1;
	const char *name = json_string_value(leaf->value);
	bool is_table = strncmp(set->pointer, "/tables/", 8) == 0 &&
			strcspn(set->pointer + 8, "/") + 8 == leaf->pointer_length && name &&
			!strpbrk(key, "/~\"\\");
	json_t *value = is_table ? parse_value(set->value) : NULL;
	char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

	out[0] = '\0';
	if (text)
		snprintf(out, size, "; set '%.*s={\"table\":\"%s\",\"%s\":%s}'",
			 (int)leaf->pointer_length, set->pointer, name, key, text);
	free(text);
	json_decref(value);
}

static void report_no_place(struct vs_doc *doc, const char *label, const struct vs_set *set,
			    const struct leaf *leaf)
{
	char instead[256], *found;

	if (!leaf->value) {
		vs_errors_add(doc->errs, label, 0, 0, NULL,
			      "%s has no such place, expected /key or /array/INDEX, with INDEX at "
			      "most the array's length",
			      doc->path);
		return;
	}
	found = json_dumps(leaf->value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	suggest_table(set, leaf, instead, sizeof(instead));
	vs_errors_add(doc->errs, label, 0, 0, NULL,
		      "%s has %.60s at %.*s, expected an object or an array to set something in%s",
		      doc->path, found ? found : "a value", (int)leaf->pointer_length, set->pointer,
		      instead);
	free(found);
}

static bool remember(struct vs_doc *doc, char *pointer, char *label, char *there)
{
	struct vs_override *o = realloc(doc->overrides, (doc->n_overrides + 1) * sizeof(*o));

	if (!o)
		return false;
	doc->overrides = o;
	o[doc->n_overrides++] =
		(struct vs_override){.pointer = pointer, .label = label, .there = there};
	return true;
}

void vs_doc_override(struct vs_doc *doc, const struct vs_set *sets, size_t n_sets)
{
	for (size_t i = 0; i < n_sets; i++) {
		struct leaf leaf = {0};
		char *pointer, *label;

		if (asprintf(&label, "--set %s=%.60s", sets[i].pointer, sets[i].value) < 0) {
			vs_errors_add(doc->errs, doc->path, 0, 0, NULL, "out of memory");
			return;
		}
		pointer = apply(doc->root, &sets[i], &leaf);
		if (!pointer) {
			report_no_place(doc, label, &sets[i], &leaf);
			free(label);
		} else if (!remember(doc, pointer, label, NULL)) {
			vs_errors_add(doc->errs, doc->path, 0, 0, NULL, "out of memory");
			free(pointer);
			free(label);
		}
	}
}

bool vs_doc_put_by(struct vs_doc *doc, const char *pointer, const struct vs_at *at)
{
	char *copy = strdup(pointer), *label = vs_at_where(at), *there = vs_at_pointer(at);

	if (copy && label && there && remember(doc, copy, label, there))
		return true;
	free(copy);
	free(label);
	free(there);
	return false;
}
