/* Tables of a scenario: a name, or an object with a name and parameters that the table declares. */
#include "sim/io/scenario_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/io/build.h"

struct known {
	const struct vs_table *const *tables;
	const char **names; /* of the tables; NULL: any name is taken */
	size_t n;
};

/* The table of that name; NULL and *ok: any is taken. */
static const struct vs_table *read_table_name(const struct vs_at *at, const struct known *known,
					      struct vs_table_ref *out, bool *ok)
{
	size_t which;

	*ok = (!known->names || vs_at_choice(at, "a table", known->names, known->n, &which)) &&
	      vs_at_name(at, out->table);
	return *ok && known->names ? known->tables[which] : NULL;
}

static uint32_t nearest_power_of_two(uint32_t n)
{
	uint32_t below = 1;

	while (below <= n / 2)
		below *= 2;
	return n - below <= 2 * below - n ? below : 2 * below;
}

static bool read_param(const struct vs_at *at, const struct vs_table_param *p, uint32_t *out)
{
	if (!vs_at_u32(at, p->min, p->max, out))
		return false;
	if (!p->power_of_two || !(*out & (*out - 1)))
		return true;
	vs_at_expected(at, "a power of two from %u to %u; nearest is %u", p->min, p->max,
		       nearest_power_of_two(*out));
	return false;
}

/* Each of the table's parameters: as given, or its default. */
static bool read_params(const struct vs_at *at, const struct vs_table *t, struct vs_table_ref *out)
{
	const char *keys[VS_TABLE_PARAMS_MAX + 1] = {"table"};
	bool object = json_is_object(at->value), ok = true;

	for (uint32_t k = 0; t && k < t->n_params; k++) {
		const struct vs_table_param *p = &t->params[k];

		keys[k + 1] = p->name;
		snprintf(out->param[k].name, VS_NAME_MAX, "%s", p->name);
		out->param[k].value = p->value;
		if (object) {
			struct vs_at value = vs_at_member(at, p->name);

			ok &= !value.value || read_param(&value, p, &out->param[k].value);
		}
	}
	out->n_params = t ? t->n_params : 0;
	out->no_unplug = t ? t->no_unplug : NULL;
	if (object)
		ok &= vs_at_only(at, keys, out->n_params + 1);
	return ok;
}

/* "chunked(chunk=128)": what is not as it is unless set. */
static bool make_name(const struct vs_at *at, const struct vs_table *t, struct vs_table_ref *out)
{
	char name[VS_NAME_MAX + 1], *before = "(";
	size_t used = (size_t)snprintf(name, sizeof(name), "%s", out->table);

	for (uint32_t k = 0; k < out->n_params && used < sizeof(name); k++) {
		if (out->param[k].value == t->params[k].value)
			continue;
		used += (size_t)snprintf(name + used, sizeof(name) - used, "%s%s=%u", before,
					 t->params[k].name, out->param[k].value);
		before = ",";
	}
	if (*before == ',' && used < sizeof(name))
		used += (size_t)snprintf(name + used, sizeof(name) - used, ")");
	if (used < VS_NAME_MAX) {
		memcpy(out->name, name, used + 1);
		return true;
	}
	vs_at_error(at, "found a name of %zu bytes, parameters included, expected at most %d", used,
		    VS_NAME_MAX - 1);
	return false;
}

static bool read_table(const struct vs_at *at, const struct known *known, struct vs_scenario *s,
		       size_t i)
{
	struct vs_table_ref *out = &s->tables[i];
	struct vs_at name = *at;
	const struct vs_table *t;
	bool ok;

	if (json_is_object(at->value))
		name = vs_at_member(at, "table");
	t = read_table_name(&name, known, out, &ok);
	if (!ok || !read_params(at, t, out) || !make_name(at, t, out))
		return false;
	for (size_t k = 0; k < i; k++) {
		if (strcmp(s->tables[k].name, out->name) == 0) {
			vs_at_error(at, "found \"%s\" again, expected each table once", out->name);
			return false;
		}
	}
	return true;
}

/* Without a VM runs have a table's name all the same. */
static bool no_tables(struct vs_scenario *s)
{
	s->tables = calloc(1, sizeof(*s->tables));
	if (!s->tables)
		return false;
	s->n_tables = 1;
	memcpy(s->tables[0].name, "none", sizeof("none"));
	return true;
}

bool vs_read_tables(const struct vs_at *root, const struct vs_catalog *catalog,
		    struct vs_scenario *s)
{
	const struct vs_table *const *tables = catalog->tables;
	struct vs_at at = vs_at_member(root, "tables");
	size_t n_tables = catalog->n_tables;
	struct known known = {.tables = tables, .n = n_tables};
	bool ok = true;

	if (s->no_vm)
		return no_tables(s);
	if (!vs_at_array(&at, "an array with the name of at least one table"))
		return false;
	s->tables = calloc(vs_at_size(&at), sizeof(*s->tables));
	known.names = tables ? calloc(n_tables + 1, sizeof(*known.names)) : NULL;
	if (!s->tables || (tables && !known.names)) {
		vs_at_error(&at, "out of memory");
		return false;
	}
	for (size_t i = 0; known.names && i < n_tables; i++)
		known.names[i] = tables[i]->name;
	s->n_tables = vs_at_size(&at);
	for (size_t i = 0; i < s->n_tables; i++) {
		struct vs_at table = vs_at_element(&at, i);

		ok &= read_table(&table, &known, s, i);
	}
	free(known.names);
	return ok;
}

static json_t *table_to_json(const struct vs_table_ref *t)
{
	json_t *out;

	if (!t->n_params)
		return json_string(t->table);
	out = vs_with(json_object(), "table", json_string(t->table));
	for (uint32_t k = 0; k < t->n_params; k++)
		out = vs_with(out, t->param[k].name, vs_json_u64(t->param[k].value));
	return out;
}

json_t *vs_tables_to_json(const struct vs_scenario *s)
{
	json_t *out = json_array();

	for (size_t i = 0; i < s->n_tables; i++)
		out = vs_append(out, table_to_json(&s->tables[i]));
	return out;
}
