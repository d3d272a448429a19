#include "sim/io/machine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/hw/hw.h"
#include "sim/io/doc.h"
#include "sim/io/machine_check.h"
#include "sim/io/machine_set.h"
#include "sim/io/place.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define OFFSET(field) offsetof(struct vs_machine, field)

enum type { U32, U64, NS, YES_NO };

/* One number of the file: "/group/key", or "/key" if it stands alone. */
struct field {
	const char *group, *key;
	enum type type;
	size_t offset;
	double min, max;
};

#define NS_MAX 1e9 /* a second */
#define TIME(name) NULL, #name "_ns", NS, OFFSET(name##_ps), 0.001, NS_MAX
#define CACHE(name)                                                                                \
	{#name, "size_bytes", U64, OFFSET(name.size_bytes), 64, 1e12},                             \
	{                                                                                          \
#name, "ways", U32, OFFSET(name.ways), 1, 64                                       \
	}

static const struct field topology_fields[] = {
	{"topology", "sockets", U32, OFFSET(sockets), 1, VS_MAX_SOCKETS},
	{"topology", "l3_per_socket", U32, OFFSET(l3_per_socket), 1, VS_MAX_DOMAINS},
	{"topology", "cores_per_l3", U32, OFFSET(cores_per_l3), 1, VS_MAX_CORES},
	{"topology", "threads_per_core", U32, OFFSET(threads_per_core), 1, 8},
};

static const struct field fields[] = {
	{NULL, "clock_mhz", U32, OFFSET(clock_mhz), 1, 100000},
	{NULL, "line_bytes", U32, OFFSET(line_bytes), 64, 64},
	CACHE(l1d),
	CACHE(l2),
	CACHE(l3),
	{TIME(issue)},
	{TIME(l1)},
	{TIME(l2)},
	{TIME(atomic)},
	{TIME(fence)},
	{TIME(l3)},
	{NULL, "home_in_path", YES_NO, OFFSET(home_in_path), 0, 1},
	{NULL, "local_burst", U32, OFFSET(local_burst), 1, 1000000},
	{NULL, "mlp", U32, OFFSET(mlp), 1, VS_MAX_IN_FLIGHT},
	{NULL, "prefetch_streams", U32, OFFSET(prefetch_streams), 0, VS_MAX_IN_FLIGHT},
	{NULL, "prefetch_depth", U32, OFFSET(prefetch_depth), 0, 1024},
	{TIME(bulk_line)},
	{TIME(context_switch)},
	{TIME(wake_send)},
	{TIME(wake_flight)},
	{TIME(idle_exit)},
	{TIME(tick)},
	{TIME(migration)},
	{TIME(ipi_send)},
	{TIME(ipi_handler)},
	{TIME(ipi_exit)},
	{TIME(ipi_accept)},
	{TIME(guest_handler)},
	{TIME(guest_exit)},
	{TIME(guest_entry)},
	{TIME(exit_hlt)},
	{TIME(exit_operation)},
	{TIME(exit_pause)},
	{TIME(userspace_exit)},
	{TIME(arch_create)},
	{TIME(alloc)},
	{TIME(free)},
	{TIME(page_alloc)},
	{TIME(rcu_scan_cpu)},
	{TIME(rcu_softirq)},
};

/* Costs by distance. home: between a core and a socket's memory, so there is no same_l3. */
static const struct {
	const char *group;
	size_t offset;
	bool home;
} by_distance[] = {
	{"memory_ns", OFFSET(memory_ps), true},
	{"transfer_ns", OFFSET(transfer_ps), false},
	{"leg_ns", OFFSET(leg_ps), true},
	{"hop_ns", OFFSET(hop_ps), false},
	{"ipi_flight_ns", OFFSET(ipi_flight_ps), false},
};

struct load {
	struct vs_doc doc;
	struct vs_machine *m;
	struct vs_machine_params params;
};

void vs_machine_params_release(struct vs_machine_params *params)
{
	for (size_t i = 0; i < params->n; i++)
		free(params->v[i].note);
	free(params->v);
	memset(params, 0, sizeof(*params));
}

static bool remember(struct load *l, const struct vs_at *at, double value, size_t kind,
		     const char *note)
{
	struct vs_machine_param p = {.value = value, .provenance = (enum vs_provenance)kind};
	struct vs_machine_param *v = realloc(l->params.v, (l->params.n + 1) * sizeof(*v));
	char *pointer = vs_at_pointer(at);

	if (v)
		l->params.v = v;
	p.note = strdup(note);
	if (!v || !pointer || !p.note) {
		free(pointer);
		free(p.note);
		vs_at_error(at, "out of memory");
		return false;
	}
	snprintf(p.pointer, sizeof(p.pointer), "%s", pointer);
	free(pointer);
	v[l->params.n++] = p;
	return true;
}

/* Exactly one of "source", "derived", "assumed", and a sentence in it. */
static bool read_provenance(const struct vs_at *at, size_t *kind, const char **note)
{
	static const char *const keys[] = {
		[VS_SOURCED] = "source", [VS_DERIVED] = "derived", [VS_ASSUMED] = "assumed"};
	size_t found = 0;

	for (size_t i = 0; i < COUNT(keys); i++) {
		struct vs_at note_at = vs_at_member(at, keys[i]);

		if (!note_at.value)
			continue;
		if (!vs_at_string(&note_at, "a sentence that says from where", note))
			return false;
		*kind = i;
		found++;
	}
	if (found == 1)
		return true;
	vs_at_error(at,
		    "found %zu of \"source\", \"derived\", \"assumed\", expected exactly one: no "
		    "number without its origin",
		    found);
	return false;
}

/* The {"value": ..., "source": ...} around every number. */
static bool open_entry(const struct vs_at *at, size_t *kind, const char **note)
{
	static const char *const keys[] = {"value", "source", "derived", "assumed"};

	return vs_at_object(at, "an object {\"value\": ..., \"source\" or \"derived\" or "
				"\"assumed\": \"...\"}") &&
	       vs_at_only(at, keys, COUNT(keys)) && read_provenance(at, kind, note);
}

static bool read_value(const struct vs_at *at, const struct field *f, char *to, double *number)
{
	int64_t whole;
	bool yes;

	switch (f->type) {
	case U32:
	case U64:
		if (!vs_at_integer(at, (int64_t)f->min, (int64_t)f->max, &whole))
			return false;
		*number = (double)whole;
		if (f->type == U32)
			*(uint32_t *)(to + f->offset) = (uint32_t)whole;
		else
			*(uint64_t *)(to + f->offset) = (uint64_t)whole;
		return true;
	case NS:
		if (!vs_at_number(at, f->min, f->max, number))
			return false;
		*(vs_ps *)(to + f->offset) = (vs_ps)llround(*number * (double)VS_PS_PER_NS);
		return true;
	case YES_NO:
		if (!vs_at_bool(at, &yes))
			return false;
		*number = yes;
		*(bool *)(to + f->offset) = yes;
		return true;
	}
	return false;
}

static bool read_field(struct load *l, const struct vs_at *root, const struct field *f)
{
	struct vs_at group = f->group ? vs_at_member(root, f->group) : *root;
	struct vs_at at = vs_at_member(&group, f->key);
	struct vs_at value = vs_at_member(&at, "value");
	const char *note;
	double number;
	size_t kind;

	/* a group that is not there, or no object, is reported once, not for each of its numbers */
	if (f->group && !json_is_object(group.value))
		return false;
	return open_entry(&at, &kind, &note) && read_value(&value, f, (char *)l->m, &number) &&
	       remember(l, &at, number, kind, note);
}

static bool read_row(struct load *l, const struct vs_at *matrix, uint32_t r)
{
	struct vs_at row = vs_at_element(matrix, r);
	bool ok = true;

	if (vs_at_size(&row) != l->m->sockets) {
		vs_at_expected(&row, "an array of %u numbers, one per socket", l->m->sockets);
		return false;
	}
	for (uint32_t c = 0; c < l->m->sockets; c++) {
		struct vs_at cell = vs_at_element(&row, c);
		int64_t links = 0;

		ok &= vs_at_integer(&cell, 0, 255, &links);
		l->m->socket_distance[r][c] = (uint8_t)links;
	}
	return ok;
}

static bool read_socket_distance(struct load *l, const struct vs_at *topology)
{
	struct vs_at at = vs_at_member(topology, "socket_distance");
	struct vs_at matrix = vs_at_member(&at, "value");
	const char *note;
	size_t kind;
	bool ok = true;

	if (!open_entry(&at, &kind, &note))
		return false;
	if (vs_at_size(&matrix) != l->m->sockets) {
		vs_at_expected(&matrix, "an array of %u arrays, one per socket", l->m->sockets);
		return false;
	}
	for (uint32_t r = 0; r < l->m->sockets; r++)
		ok &= read_row(l, &matrix, r);
	return ok && remember(l, &at, NAN, kind, note);
}

static void complaint(void *ctx, const char *group, const char *key, const char *message)
{
	struct load *l = ctx;
	struct vs_at root = vs_at_root(&l->doc), outer = vs_at_member(&root, group);
	struct vs_at inner = key ? vs_at_member(&outer, key) : outer;
	struct vs_at value = vs_at_member(&inner, "value");

	vs_at_error(&value, "%s", message);
}

static bool read_topology(struct load *l, const struct vs_at *root)
{
	static const char *const keys[] = {"sockets", "l3_per_socket", "cores_per_l3",
					   "threads_per_core", "socket_distance"};
	struct vs_at at = vs_at_member(root, "topology");
	bool ok;

	if (!vs_at_object(&at, "an object: sockets, l3_per_socket, ..."))
		return false;
	ok = vs_at_only(&at, keys, COUNT(keys));
	for (size_t i = 0; i < COUNT(topology_fields); i++)
		ok &= read_field(l, root, &topology_fields[i]);
	ok = ok && read_socket_distance(l, &at);
	if (ok && l->m->threads_per_core != 1) {
		complaint(l, "topology", "threads_per_core",
			  "hardware threads are not modelled yet, expected 1");
		ok = false;
	}
	return ok && vs_machine_check_topology(l->m, complaint, l);
}

/* Distances that cannot occur may be left out. They then hold the next shorter one's cost (the next
 * longer one's if there is none), so that a minimum over all of them is a minimum over the real
 * ones. */
static void fill_gaps(vs_ps cost[VS_DISTANCES])
{
	for (int d = 1; d < VS_DISTANCES; d++)
		if (!cost[d])
			cost[d] = cost[d - 1];
	for (int d = VS_DISTANCES - 2; d >= 0; d--)
		if (!cost[d])
			cost[d] = cost[d + 1];
}

static bool read_by_distance(struct load *l, const struct vs_at *root, size_t which)
{
	struct vs_at at = vs_at_member(root, by_distance[which].group);
	bool home = by_distance[which].home, ok;
	vs_ps *cost = (vs_ps *)((char *)l->m + by_distance[which].offset);
	int first = home ? VS_SAME_SOCKET : VS_SAME_L3;

	if (!vs_at_object(&at, "an object with the cost by distance"))
		return false;
	ok = vs_at_only(&at, vs_distance_names + first, (size_t)(VS_DISTANCES - first));
	for (int d = first; d < VS_DISTANCES; d++) {
		struct vs_at entry = vs_at_member(&at, vs_distance_names[d]);
		struct field f = {by_distance[which].group,
				  vs_distance_names[d],
				  NS,
				  by_distance[which].offset + (size_t)d * sizeof(vs_ps),
				  0.001,
				  NS_MAX};

		if (entry.value || vs_machine_reaches(l->m, (enum vs_distance)d, home))
			ok &= read_field(l, root, &f);
	}
	fill_gaps(cost);
	return ok;
}

/* Top-level keys, each group once. */
static bool check_keys(const struct vs_at *root)
{
	const char *keys[COUNT(fields) + COUNT(by_distance) + 4] = {"schema", "name", "description",
								    "topology"};
	size_t n = 4;

	for (size_t i = 0; i < COUNT(fields); i++) {
		const char *key = fields[i].group ? fields[i].group : fields[i].key;

		if (strcmp(keys[n - 1], key) != 0)
			keys[n++] = key;
	}
	for (size_t i = 0; i < COUNT(by_distance); i++)
		keys[n++] = by_distance[i].group;
	return vs_at_only(root, keys, n);
}

static bool read_cache_group(const struct vs_at *root, const char *name)
{
	static const char *const keys[] = {"size_bytes", "ways"};
	struct vs_at at = vs_at_member(root, name);

	return vs_at_object(&at, "an object: size_bytes, ways") &&
	       vs_at_only(&at, keys, COUNT(keys));
}

static bool read_heading(struct load *l, const struct vs_at *root, const char *name)
{
	static const char *const schemas[] = {"vcpusim-machine/1"};
	struct vs_at schema = vs_at_member(root, "schema"), at = vs_at_member(root, "name");
	struct vs_at description = vs_at_member(root, "description");
	const char *text = "";
	size_t which;
	bool ok = vs_at_choice(&schema, "this version of the format", schemas, 1, &which);

	if (vs_at_name(&at, l->m->name)) {
		if (name && strcmp(name, l->m->name) != 0) {
			vs_at_expected(&at, "\"%s\", as the file is called", name);
			ok = false;
		}
	} else {
		ok = false;
	}
	ok &= vs_at_string(&description, "one line that says which machine this is", &text);
	if (strlen(text) >= sizeof(l->m->description)) {
		vs_at_expected(&description, "at most %zu bytes", sizeof(l->m->description) - 1);
		return false;
	}
	memcpy(l->m->description, text, strlen(text) + 1);
	return ok;
}

static bool read_machine(struct load *l, const char *name)
{
	struct vs_at root = vs_at_root(&l->doc);
	char why[256];
	bool ok;

	if (!vs_at_object(&root, "an object"))
		return false;
	ok = check_keys(&root);
	ok &= read_heading(l, &root, name);
	ok &= read_cache_group(&root, "l1d");
	ok &= read_cache_group(&root, "l2");
	ok &= read_cache_group(&root, "l3");
	for (size_t i = 0; i < COUNT(fields); i++)
		ok &= read_field(l, &root, &fields[i]);
	if (!read_topology(l, &root))
		return false; /* which distances there are is not known */
	for (size_t i = 0; i < COUNT(by_distance); i++)
		ok &= read_by_distance(l, &root, i);
	if (!ok || !vs_machine_check(l->m, complaint, l))
		return false;
	if (vs_hw_compute_window(l->m, why, sizeof(why)))
		return true;
	vs_at_error(&root, "cannot be simulated exactly: %s", why);
	return false;
}

bool vs_machine_load_params(const char *name_or_path, const char *beside_dir,
			    const char *machines_dir, const struct vs_at *set,
			    struct vs_machine *out, struct vs_machine_params *params,
			    struct vs_errors *errs)
{
	struct load l = {.m = out};
	char *path = vs_machine_path(name_or_path, beside_dir, machines_dir);
	bool by_name = !vs_machine_is_path(name_or_path);
	bool ok = false;

	memset(out, 0, sizeof(*out));
	if (!path) {
		vs_errors_add(errs, name_or_path, 0, 0, NULL, "out of memory");
	} else if (vs_doc_load(&l.doc, path, errs)) {
		bool all_set = !set || vs_machine_set_apply(&l.doc, set);

		ok = read_machine(&l, by_name ? name_or_path : NULL) && all_set;
	}
	if (ok && params)
		*params = l.params;
	else
		vs_machine_params_release(&l.params);
	vs_doc_release(&l.doc);
	free(path);
	return ok;
}

bool vs_machine_load(const char *name_or_path, const char *beside_dir, const char *machines_dir,
		     struct vs_machine *out, struct vs_errors *errs)
{
	return vs_machine_load_params(name_or_path, beside_dir, machines_dir, NULL, out, NULL,
				      errs);
}
