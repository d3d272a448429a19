/* What a scenario sets of its machine: numbers, each under the keys it has in the machine's file.
 */
#define _GNU_SOURCE /* asprintf */
#include "sim/io/machine_set.h"

#include <stdlib.h>

#include "sim/io/build.h"

#define KEYS_MAX 128

static bool set_group(struct vs_doc *doc, json_t *in, const char *pointer, const struct vs_at *set);

/* Puts the new value into the {"value": ..., "source": ...} of the file. Its origin is the
 * scenario. */
static bool set_number(struct vs_doc *doc, json_t *entry, const char *pointer,
		       const struct vs_at *at)
{
	json_t *note = json_sprintf("set by the scenario");
	bool ok;

	json_object_del(entry, "source");
	json_object_del(entry, "derived");
	ok = json_object_set_new(entry, "assumed", note) == 0 &&
	     json_object_set(entry, "value", at->value) == 0 && vs_doc_put_by(doc, pointer, at);
	if (!ok)
		vs_at_error(at, "out of memory");
	return ok;
}

static bool set_member(struct vs_doc *doc, json_t *there, const char *pointer,
		       const struct vs_at *at)
{
	if (!json_object_get(there, "value"))
		return vs_at_object(at, "an object with numbers of this group") &&
		       set_group(doc, there, pointer, at);
	if (!json_is_object(at->value))
		return set_number(doc, there, pointer, at);
	vs_at_expected(at, "the number alone: its origin is this scenario");
	return false;
}

/* `in` is a group of the file, or all of it; `pointer` says which. */
static bool set_group(struct vs_doc *doc, json_t *in, const char *pointer, const struct vs_at *set)
{
	const char *keys[KEYS_MAX], *key;
	json_t *value, *there;
	size_t n = 0;
	bool ok;

	json_object_foreach(in, key, value)
	{
		if (json_is_object(value) && n < KEYS_MAX)
			keys[n++] = key;
	}
	ok = vs_at_only(set, keys, n);
	json_object_foreach(set->value, key, value)
	{
		struct vs_at at = vs_at_member(set, key);
		char *below;

		there = json_object_get(in, key);
		if (!json_is_object(there))
			continue;
		if (asprintf(&below, "%s/%s", pointer, key) < 0) {
			vs_at_error(&at, "out of memory");
			return false;
		}
		ok &= set_member(doc, there, below, &at);
		free(below);
	}
	return ok;
}

bool vs_machine_set_apply(struct vs_doc *machine, const struct vs_at *set)
{
	return vs_at_object(set, "an object with numbers of the machine, under their keys") &&
	       (!json_is_object(machine->root) || set_group(machine, machine->root, "", set));
}
