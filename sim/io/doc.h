/*
 * sim/io/doc.h - a JSON input being read: typed access that reports what is wrong and where.
 *
 * A struct vs_at is a place in the input: the document's root, or a member or element of another
 * place, which must outlive it. Its value is NULL where the input has nothing. All readers return
 * false after reporting; a missing value counts as wrong, so look at `value` first if it may be.
 */
#ifndef VS_IO_DOC_H
#define VS_IO_DOC_H

#include <jansson.h>
#include <stdint.h>

#include "sim/io/scenario.h"
#include "sim/io/text.h"

struct vs_override {
	char *pointer; /* as resolved: "-" replaced by the index it came to */
	char *label;   /* "--set POINTER=VALUE", or a place in another document */
	char *there;   /* pointer in that document; NULL: as here */
};

struct vs_doc {
	const char *path;
	struct vs_text text;
	json_t *root;
	struct vs_override *overrides;
	size_t n_overrides;
	struct vs_errors *errs;
};

struct vs_at {
	struct vs_doc *doc;
	const struct vs_at *parent; /* NULL: the root */
	const char *key;            /* NULL: element `index` */
	size_t index;
	json_t *value;
};

/* On false nothing needs releasing. `path` and `errs` must outlive the document. */
bool vs_doc_load(struct vs_doc *doc, const char *path, struct vs_errors *errs);
void vs_doc_release(struct vs_doc *doc);
/* Reports what can't be applied and goes on. */
void vs_doc_override(struct vs_doc *doc, const struct vs_set *sets, size_t n_sets);
/* What stands at `pointer` has been put there because of `at`, a place in another document: what is
 * wrong with it is reported there. */
bool vs_doc_put_by(struct vs_doc *doc, const char *pointer, const struct vs_at *at);

struct vs_at vs_at_root(struct vs_doc *doc);
struct vs_at vs_at_member(const struct vs_at *object, const char *key);
struct vs_at vs_at_element(const struct vs_at *array, size_t index);
size_t vs_at_size(const struct vs_at *array);

/* A message of one's own, at the value (or, of a missing one, at the object it should be in). */
void vs_at_error(const struct vs_at *at, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* "found THIS, expected ...", or "missing, expected ...". */
void vs_at_expected(const struct vs_at *at, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same with the nearest of the names, and all of them. */
void vs_at_expected_one_of(const struct vs_at *at, const char *what, const char *const *names,
			   size_t n);

bool vs_at_object(const struct vs_at *at, const char *what);
bool vs_at_array(const struct vs_at *at, const char *what); /* and not empty */
/* Reports each member that is not one of `keys`, at its key. */
bool vs_at_only(const struct vs_at *object, const char *const *keys, size_t n);
bool vs_at_integer(const struct vs_at *at, int64_t min, int64_t max, int64_t *out);
bool vs_at_u32(const struct vs_at *at, int64_t min, int64_t max, uint32_t *out);
/* A whole or fractional number. */
bool vs_at_number(const struct vs_at *at, double min, double max, double *out);
bool vs_at_bool(const struct vs_at *at, bool *out);
bool vs_at_string(const struct vs_at *at, const char *what, const char **out);
/* 1 to 63 letters, digits, '.', '_' and '-', the first a letter or digit: fit for a file name. */
bool vs_at_name(const struct vs_at *at, char out[VS_NAME_MAX]);
/* Is it such a name? VS_NAME_RULE says what is, with VS_NAME_MAX - 1 for %d. */
bool vs_name_fits(const char *s);
#define VS_NAME_RULE "a name of 1 to %d letters, digits, '.', '_' or '-', not beginning with a sign"
/* Index of the string among names. */
bool vs_at_choice(const struct vs_at *at, const char *what, const char *const *names, size_t n,
		  size_t *out);

#endif
