#define _GNU_SOURCE /* asprintf */
#include "sim/io/scenario.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/io/build.h"
#include "sim/io/machine.h"
#include "sim/io/scenario_parts.h"

#define REPLICATIONS_MAX 1000

struct reading {
	struct vs_doc doc;
	struct vs_scenario *s;
	struct vs_catalog *catalog;
	const char *machines_dir;
};

static bool read_heading(const struct vs_at *root, struct vs_scenario *s)
{
	static const char *const schemas[] = {"vcpusim-scenario/1"};
	struct vs_at schema = vs_at_member(root, "schema"), name = vs_at_member(root, "name");
	struct vs_at description = vs_at_member(root, "description");
	struct vs_at seed = vs_at_member(root, "seed"), reps = vs_at_member(root, "replications");
	int64_t number = 1;
	size_t which;
	bool ok;

	s->replications = 3;
	ok = vs_at_choice(&schema, "this version of the format", schemas, 1, &which);
	ok &= vs_at_name(&name, s->name);
	if (description.value && !json_is_string(description.value)) {
		vs_at_expected(&description, "a string");
		ok = false;
	}
	s->description = strdup(
		json_is_string(description.value) ? json_string_value(description.value) : "");
	ok &= s->description != NULL;
	ok &= !seed.value || vs_at_integer(&seed, 0, INT64_MAX, &number);
	s->seed = (uint64_t)number;
	ok &= !reps.value || vs_at_u32(&reps, 1, REPLICATIONS_MAX, &s->replications);
	return ok;
}

/* The directory of the scenario file, for machines that lie beside it. */
static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

static bool machine_exists(const struct vs_at *at, const char *name, const char *beside,
			   const char *machines_dir)
{
	char **names, *path;
	size_t n, which;
	bool ok;

	if (!vs_machine_is_path(name)) {
		n = vs_machine_names(machines_dir, &names);
		ok = vs_at_choice(at, "a machine", (const char *const *)names, n, &which);
		vs_machine_names_free(names, n);
		return ok;
	}
	path = vs_machine_path(name, beside, machines_dir);
	ok = path && access(path, R_OK) == 0;
	if (!ok)
		vs_at_error(at, "cannot read machine file %s", path ? path : name);
	free(path);
	return ok;
}

/* Loads what "modules" names: files, as seen from where the scenario is. */
static bool read_module(struct reading *r, const struct vs_at *at, const char *beside)
{
	struct vs_errors errs;
	const char *name;
	char *path = NULL;
	bool ok;

	if (!vs_at_string(at, "the path of a module, a .so file of vcpusim-cc", &name))
		return false;
	vs_errors_init(&errs);
	ok = asprintf(&path, "%s%s%s", *name == '/' ? "" : beside, *name == '/' ? "" : "/", name) >=
	     0;
	if (ok && access(path, R_OK) != 0) {
		vs_at_error(at, "cannot read module %s: build it by vcpusim-cc -o %s FILE.c ...",
			    path, path);
		ok = false;
	}
	ok = ok && r->catalog->load(r->catalog, path, &errs);
	for (size_t i = 0; i < errs.n; i++)
		vs_at_error(at, "cannot use module %s: %s", path, errs.v[i].message);
	vs_errors_release(&errs);
	free(path);
	return ok;
}

static bool read_modules(struct reading *r, const struct vs_at *root)
{
	struct vs_at modules = vs_at_member(root, "modules");
	char *beside;
	bool ok = true;

	if (!modules.value)
		return true;
	if (!vs_at_array(&modules, "an array with the path of at least one module"))
		return false;
	beside = directory_of(r->doc.path);
	for (size_t i = 0; beside && i < vs_at_size(&modules); i++) {
		struct vs_at at = vs_at_element(&modules, i);

		ok &= read_module(r, &at, beside);
	}
	ok &= beside != NULL;
	free(beside);
	return ok;
}

/* With neither tables nor a VM there can be modules' operations, whose names have a colon. */
static bool is_without_vm(const struct vs_at *root)
{
	struct vs_at vm = vs_at_member(root, "vm"), tables = vs_at_member(root, "tables");
	struct vs_at streams = vs_at_member(root, "streams");

	if (vm.value || tables.value || !vs_at_size(&streams))
		return false;
	for (size_t i = 0; i < vs_at_size(&streams); i++) {
		struct vs_at stream = vs_at_element(&streams, i), op = vs_at_member(&stream, "op");

		if (!json_is_string(op.value) || !strchr(json_string_value(op.value), ':'))
			return false;
	}
	return true;
}

static bool read_machine(struct reading *r, const struct vs_at *root)
{
	struct vs_at at = vs_at_member(root, "machine"), set = vs_at_member(root, "machine_set");
	const char *name;
	char *beside;
	bool ok;

	if (!vs_at_string(&at, "the name of a machine, or the path of a machine file", &name))
		return false;
	beside = directory_of(r->doc.path);
	ok = beside && machine_exists(&at, name, beside, r->machines_dir) &&
	     vs_machine_load_params(name, beside, r->machines_dir, set.value ? &set : NULL,
				    &r->s->machine, &r->s->machine_params, r->doc.errs);
	if (ok)
		r->s->machine_file = vs_machine_path(name, beside, r->machines_dir);
	ok = ok && r->s->machine_file;
	free(beside);
	if (set.value)
		r->s->machine_set = json_dumps(set.value, JSON_COMPACT | VS_JSON_FORMAT);
	return ok && (!set.value || r->s->machine_set);
}

static bool read_scenario(struct reading *r)
{
	static const char *const keys[] = {"schema",       "name",    "description", "seed",
					   "replications", "machine", "machine_set", "host",
					   "vm",           "guest",   "tables",      "streams",
					   "limits",       "inject",  "modules"};
	struct vs_at root = vs_at_root(&r->doc);
	bool ok, machine, vm, limits;

	if (!vs_at_object(&root, "an object"))
		return false;
	ok = vs_at_only(&root, keys, VS_COUNT(keys));
	ok &= read_heading(&root, r->s);
	r->s->no_vm = is_without_vm(&root);
	ok &= read_modules(r, &root);
	machine = read_machine(r, &root);
	ok &= vs_read_host(&root, r->s, machine);
	vm = vs_read_vm(&root, r->s);
	ok &= vs_read_guest(&root, r->s);
	ok &= vs_read_tables(&root, r->catalog, r->s);
	limits = vs_read_limits(&root, r->s);
	ok &= vs_read_inject(&root, r->s);
	ok &= vs_read_streams(&root, r->catalog, r->s, vm, limits);
	return ok && machine && vm && limits;
}

struct vs_scenario *vs_scenario_load(const char *path, const struct vs_set *sets, size_t n_sets,
				     struct vs_catalog *catalog, const char *machines_dir,
				     struct vs_errors *errs)
{
	struct reading r = {.catalog = catalog, .machines_dir = machines_dir};
	size_t before = errs->total;
	bool ok;

	if (!vs_doc_load(&r.doc, path, errs))
		return NULL;
	r.s = calloc(1, sizeof(*r.s));
	if (!r.s) {
		vs_errors_add(errs, path, 0, 0, NULL, "out of memory");
		vs_doc_release(&r.doc);
		return NULL;
	}
	vs_doc_override(&r.doc, sets, n_sets);
	ok = read_scenario(&r);
	if (!ok && errs->total == before)
		vs_errors_add(errs, path, 0, 0, NULL, "out of memory");
	vs_doc_release(&r.doc);
	if (ok && errs->total == before)
		return r.s;
	vs_scenario_free(r.s);
	return NULL;
}

void vs_scenario_free(struct vs_scenario *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_streams; i++)
		free(s->streams[i].gap.values);
	free(s->streams);
	free(s->tables);
	free(s->guest_run.values);
	free(s->guest_halt.values);
	free(s->lock_every.values);
	free(s->lock_hold.values);
	free(s->description);
	free(s->machine_file);
	free(s->machine_set);
	vs_machine_params_release(&s->machine_params);
	free(s);
}
