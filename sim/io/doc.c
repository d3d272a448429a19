#include "sim/io/doc.h"

#include <stdlib.h>
#include <string.h>

#include "sim/io/build.h"

/* jansson points behind the token it does not like; readers look for its beginning. */
static size_t token_start(const struct vs_text *t, const json_error_t *e)
{
	size_t at = e->position > 0 ? (size_t)e->position : 0;
	const char *token = strstr(e->text, " near '");
	size_t n;

	if (at > t->length)
		at = t->length;
	if (!token)
		return at;
	token += strlen(" near '");
	n = strlen(token);
	if (n < 2)
		return at;
	n--; /* its closing quote */
	if (n <= at && memcmp(t->bytes + at - n, token, n) == 0)
		return at - n;
	return at;
}

bool vs_doc_load(struct vs_doc *doc, const char *path, struct vs_errors *errs)
{
	json_error_t e;
	size_t line, column;

	memset(doc, 0, sizeof(*doc));
	doc->path = path;
	doc->errs = errs;
	if (!vs_text_read(&doc->text, path, errs))
		return false;
	doc->root = json_loadb(doc->text.bytes, doc->text.length, JSON_REJECT_DUPLICATES, &e);
	if (doc->root)
		return true;
	vs_text_position(&doc->text, token_start(&doc->text, &e), &line, &column);
	vs_errors_add(errs, path, line, column, NULL, "not valid JSON: %s", e.text);
	vs_doc_release(doc);
	return false;
}

void vs_doc_release(struct vs_doc *doc)
{
	for (size_t i = 0; i < doc->n_overrides; i++) {
		free(doc->overrides[i].pointer);
		free(doc->overrides[i].label);
		free(doc->overrides[i].there);
	}
	free(doc->overrides);
	json_decref(doc->root);
	vs_text_release(&doc->text);
	memset(doc, 0, sizeof(*doc));
}

struct vs_at vs_at_root(struct vs_doc *doc)
{
	return (struct vs_at){.doc = doc, .value = doc->root};
}

struct vs_at vs_at_member(const struct vs_at *object, const char *key)
{
	return (struct vs_at){.doc = object->doc,
			      .parent = object,
			      .key = key,
			      .value = json_object_get(object->value, key)};
}

struct vs_at vs_at_element(const struct vs_at *array, size_t index)
{
	return (struct vs_at){.doc = array->doc,
			      .parent = array,
			      .index = index,
			      .value = json_array_get(array->value, index)};
}

size_t vs_at_size(const struct vs_at *array)
{
	return json_array_size(array->value);
}

bool vs_at_object(const struct vs_at *at, const char *what)
{
	if (json_is_object(at->value))
		return true;
	vs_at_expected(at, "%s", what);
	return false;
}

bool vs_at_array(const struct vs_at *at, const char *what)
{
	if (json_array_size(at->value) > 0)
		return true;
	vs_at_expected(at, "%s", what);
	return false;
}

bool vs_at_integer(const struct vs_at *at, int64_t min, int64_t max, int64_t *out)
{
	int64_t v = json_integer_value(at->value);

	if (json_is_integer(at->value) && v >= min && v <= max) {
		*out = v;
		return true;
	}
	if (min == max)
		vs_at_expected(at, "%lld: nothing else is possible here", (long long)min);
	else if (max == INT64_MAX)
		vs_at_expected(at, "a whole number, at least %lld", (long long)min);
	else
		vs_at_expected(at, "a whole number from %lld to %lld", (long long)min,
			       (long long)max);
	return false;
}

bool vs_at_u32(const struct vs_at *at, int64_t min, int64_t max, uint32_t *out)
{
	int64_t v;

	if (!vs_at_integer(at, min, max, &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

bool vs_at_number(const struct vs_at *at, double min, double max, double *out)
{
	double v = vs_json_rounded(json_number_value(at->value));

	if (json_is_number(at->value) && v >= min && v <= max) {
		*out = v;
		return true;
	}
	vs_at_expected(at, "a number from %.15g to %.15g", min, max);
	return false;
}

bool vs_at_bool(const struct vs_at *at, bool *out)
{
	if (json_is_boolean(at->value)) {
		*out = json_is_true(at->value);
		return true;
	}
	vs_at_expected(at, "true or false");
	return false;
}

bool vs_at_string(const struct vs_at *at, const char *what, const char **out)
{
	if (json_string_length(at->value) > 0) {
		*out = json_string_value(at->value);
		return true;
	}
	vs_at_expected(at, "%s", what);
	return false;
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool vs_name_fits(const char *s)
{
	size_t n = strlen(s);
	bool ok = n > 0 && n < VS_NAME_MAX && is_alnum(s[0]);

	for (size_t i = 0; ok && i < n; i++)
		ok = is_alnum(s[i]) || strchr("._-", s[i]);
	return ok;
}

bool vs_at_name(const struct vs_at *at, char out[VS_NAME_MAX])
{
	const char *s = json_string_value(at->value);

	if (!s || !vs_name_fits(s)) {
		vs_at_expected(at, VS_NAME_RULE, VS_NAME_MAX - 1);
		return false;
	}
	memcpy(out, s, strlen(s) + 1);
	return true;
}

bool vs_at_choice(const struct vs_at *at, const char *what, const char *const *names, size_t n,
		  size_t *out)
{
	const char *s = json_string_value(at->value);

	for (size_t i = 0; s && i < n; i++) {
		if (strcmp(s, names[i]) == 0) {
			*out = i;
			return true;
		}
	}
	vs_at_expected_one_of(at, what, names, n);
	return false;
}
