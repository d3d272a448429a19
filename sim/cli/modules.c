#define _GNU_SOURCE
#include "sim/cli/modules.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vcpusim/scenario.h>

#include "sim/hw/hw.h"
#include "sim/io/doc.h"

#define LOAD_S 10

/* What is missing of a table, or NULL. */
static const char *missing_part(const struct vs_table *t)
{
	const struct {
		const char *name;
		bool there;
	} part[] = {{"name", t->name},
		    {"summary", t->summary},
		    {"vm_create", t->vm_create},
		    {"vm_destroy", t->vm_destroy},
		    {"vcpu_create", t->vcpu_create},
		    {"vcpu_run", t->vcpu_run},
		    {"get", t->get},
		    {"get_by_id", t->get_by_id},
		    {"broadcast", t->broadcast},
		    {"ipi", t->ipi},
		    {"request_all", t->request_all},
		    {"on_spin", t->on_spin},
		    {"index_of", t->index_of},
		    {"kick", t->kick},
		    {"start_stop", t->start_stop},
		    {"vp_flush", t->vp_flush},
		    {"memslot_read", t->memslot_read},
		    {"memslot_update", t->memslot_update},
		    {"online", t->online},
		    {"params", t->params || !t->n_params},
		    {"vcpu_unplug (or no_unplug)", t->vcpu_unplug || t->no_unplug}};

	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		if (!part[i].there)
			return part[i].name;
	return NULL;
}

/* What is wrong with a parameter, or NULL. */
static const char *unfit_param(const struct vs_table_param *p)
{
	if (!p->name || strlen(p->name) >= VS_NAME_MAX || strcmp(p->name, "table") == 0)
		return "has no name that fits";
	if (!p->summary)
		return "lacks a summary";
	if (p->min > p->value || p->value > p->max)
		return "is not between its bounds unless set";
	if (p->power_of_two && (!p->value || (p->value & (p->value - 1))))
		return "is no power of two unless set";
	return NULL;
}

static bool params_fit(const struct vs_loaded *l, const struct vs_table *t, struct vs_errors *errs)
{
	const char *why;

	if (t->n_params > VS_TABLE_PARAMS_MAX) {
		vs_errors_add(errs, l->path, 0, 0, NULL,
			      "table %s has %u parameters, expected at most %d", t->name,
			      t->n_params, VS_TABLE_PARAMS_MAX);
		return false;
	}
	for (uint32_t k = 0; k < t->n_params; k++) {
		why = unfit_param(&t->params[k]);
		if (why) {
			vs_errors_add(errs, l->path, 0, 0, NULL, "parameter %u of table %s %s", k,
				      t->name, why);
			return false;
		}
	}
	return true;
}

static bool tables_fit(const struct vs_loaded *l, struct vs_errors *errs)
{
	for (uint32_t i = 0; i < l->module->n_tables; i++) {
		const struct vs_table *t = l->module->tables[i];
		const char *missing = t ? missing_part(t) : "everything";

		if (missing) {
			vs_errors_add(errs, l->path, 0, 0, NULL, "its table %u (%s) lacks %s", i,
				      t && t->name ? t->name : "unnamed", missing);
			return false;
		}
		if (!vs_name_fits(t->name)) {
			vs_errors_add(errs, l->path, 0, 0, NULL,
				      "its table %u is called \"%.*s\", expected " VS_NAME_RULE, i,
				      2 * VS_NAME_MAX, t->name, VS_NAME_MAX - 1);
			return false;
		}
		if (!params_fit(l, t, errs))
			return false;
	}
	return true;
}

/* What is wrong with an operation, or NULL. */
static const char *unfit_operation(const struct vs_operation *op, const char *module)
{
	if (!op->name || !*op->name || strpbrk(op->name, ": "))
		return "has no name that fits";
	if (!op->summary)
		return "lacks a summary";
	if (!op->run)
		return "lacks run";
	if (strlen(module) + 1 + strlen(op->name) >= VS_NAME_MAX)
		return "has too long a name";
	return NULL;
}

static bool operations_fit(const struct vs_loaded *l, struct vs_errors *errs)
{
	const struct vs_module *m = l->module;

	for (uint32_t i = 0; i < m->n_operations; i++) {
		const char *why = m->operations ? unfit_operation(&m->operations[i], m->name)
						: "lacks everything";

		if (why) {
			vs_errors_add(errs, l->path, 0, 0, NULL, "its operation %u %s", i, why);
			return false;
		}
	}
	return true;
}

static bool is_module(const struct vs_loaded *l, struct vs_errors *errs)
{
	const struct vs_module *m = l->module;

	if (!m) {
		vs_errors_add(errs, l->path, 0, 0, NULL,
			      "not a vcpusim module: it has no symbol vs_module (see "
			      "vcpusim/module.h)");
		return false;
	}
	if (m->abi != VS_MODULE_ABI) {
		vs_errors_add(errs, l->path, 0, 0, NULL,
			      "built for module ABI %u, this vcpusim has %u: build it again with "
			      "this vcpusim's vcpusim-cc",
			      m->abi, VS_MODULE_ABI);
		return false;
	}
	if (!m->name || !(m->tables && m->n_tables) == !m->n_operations) {
		vs_errors_add(errs, l->path, 0, 0, NULL, "its vs_module lacks %s",
			      m->name ? "tables or operations" : "a name");
		return false;
	}
	if (!l->id.n_builds) {
		vs_errors_add(errs, l->path, 0, 0, NULL,
			      "not built by vcpusim-cc: nothing that it does to memory would be "
			      "seen");
		return false;
	}
	return tables_fit(l, errs) && operations_fit(l, errs);
}

static bool no_memory(const char *path, struct vs_errors *errs)
{
	vs_errors_add(errs, path, 0, 0, NULL, "out of memory");
	return false;
}

/* On failure some may have been added: the caller takes them back. */
static bool add_tables(struct vs_modules *m, const struct vs_loaded *l, struct vs_errors *errs)
{
	for (uint32_t i = 0; i < l->module->n_tables; i++) {
		const char *name = l->module->tables[i]->name;
		const struct vs_table **more;

		for (size_t k = 0; k < m->n_tables; k++)
			if (strcmp(m->tables[k]->name, name) == 0) {
				vs_errors_add(errs, l->path, 0, 0, NULL,
					      "there is a table \"%s\" already", name);
				return false;
			}
		more = realloc(m->tables, (m->n_tables + 1) * sizeof(*more));
		if (!more)
			return no_memory(l->path, errs);
		m->tables = more;
		m->tables[m->n_tables++] = l->module->tables[i];
	}
	return true;
}

static bool add_operations(struct vs_modules *m, const struct vs_loaded *l, struct vs_errors *errs)
{
	for (uint32_t i = 0; i < l->module->n_operations; i++) {
		struct vs_plain p = {.module = l->module, .operation = &l->module->operations[i]};
		struct vs_plain *more;

		snprintf(p.name, sizeof(p.name), "%s:%s", l->module->name, p.operation->name);
		for (size_t k = 0; k < m->n_operations; k++)
			if (strcmp(m->operations[k].name, p.name) == 0) {
				vs_errors_add(errs, l->path, 0, 0, NULL,
					      "there is an operation \"%s\" already", p.name);
				return false;
			}
		more = realloc(m->operations, (m->n_operations + 1) * sizeof(*more));
		if (!more)
			return no_memory(l->path, errs);
		m->operations = more;
		m->operations[m->n_operations++] = p;
	}
	return true;
}

static bool add_module(struct vs_modules *m, const struct vs_loaded *l, struct vs_errors *errs)
{
	struct vs_loaded *more = realloc(m->v, (m->n + 1) * sizeof(*more));
	size_t n_tables = m->n_tables, n_operations = m->n_operations;

	if (!more)
		return no_memory(l->path, errs);
	m->v = more;
	if (!add_tables(m, l, errs) || !add_operations(m, l, errs)) {
		m->n_tables = n_tables;
		m->n_operations = n_operations;
		return false;
	}
	m->v[m->n++] = *l;
	return true;
}

/* A path as dlopen takes it: a bare name would be looked for where libraries are. */
static char *as_path(const char *path)
{
	char *out;

	return asprintf(&out, "%s%s", strchr(path, '/') ? "" : "./", path) < 0 ? NULL : out;
}

/* What identifying says begins with the path, and so will the error. */
static const char *without_path(const char *why, const char *path)
{
	size_t n = strlen(path);

	return strncmp(why, path, n) == 0 && strncmp(why + n, ": ", 2) == 0 ? why + n + 2 : why;
}

static bool open_module(struct vs_loaded *l, struct vs_errors *errs)
{
	l->handle = dlopen(l->path, RTLD_NOW | RTLD_LOCAL);
	if (!l->handle) {
		vs_errors_add(errs, l->path, 0, 0, NULL, "cannot load it: %s",
			      without_path(dlerror(), l->path));
		return false;
	}
	l->module = dlsym(l->handle, "vs_module");
	return is_module(l, errs);
}

/* What becomes of a process that does this, and nothing else: 0, or the signal that ended it. */
static int try_module(const struct vs_loaded *l)
{
	struct vs_loaded mine = *l;
	struct vs_errors errs;
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		alarm(LOAD_S);
		vs_errors_init(&errs);
		open_module(&mine, &errs);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	/* a sanitizer turns a signal into an exit */
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status) ? SIGSEGV : 0;
}

static bool survives(const struct vs_loaded *l, struct vs_errors *errs)
{
	int sig = try_module(l);

	if (!sig)
		return true;
	if (sig == SIGALRM)
		vs_errors_add(errs, l->path, 0, 0, NULL, "takes longer than %d s to load", LOAD_S);
	else
		vs_errors_add(errs, l->path, 0, 0, NULL, "crashes when it is loaded: %s",
			      strsignal(sig));
	return false;
}

static bool load(struct vs_modules *m, const char *path, bool may_crash, struct vs_errors *errs)
{
	struct vs_loaded l = {.path = as_path(path)};
	char why[256];

	if (!l.path)
		return no_memory(path, errs);
	if (!vs_module_identify(l.path, &l.id, why, sizeof(why))) {
		vs_errors_add(errs, path, 0, 0, NULL, "%s", without_path(why, l.path));
		goto fail;
	}
	if ((!may_crash || survives(&l, errs)) && open_module(&l, errs) && add_module(m, &l, errs))
		return true;
fail:
	vs_module_id_release(&l.id);
	if (l.handle)
		dlclose(l.handle);
	free(l.path);
	return false;
}

bool vs_modules_load(struct vs_modules *m, const char *path, struct vs_errors *errs)
{
	return load(m, path, true, errs);
}

static bool is_loaded(const struct vs_modules *m, const char *path)
{
	struct stat st, other;

	for (size_t i = 0; i < m->n; i++)
		if (stat(path, &st) == 0 && stat(m->v[i].path, &other) == 0 &&
		    st.st_dev == other.st_dev && st.st_ino == other.st_ino)
			return true;
	return false;
}

static void bring_up_to_date(struct vs_catalog *c)
{
	const struct vs_modules *m = c->ctx;

	c->tables = m->tables;
	c->n_tables = m->n_tables;
	c->operations = m->operations;
	c->n_operations = m->n_operations;
}

static bool load_for_scenario(struct vs_catalog *c, const char *path, struct vs_errors *errs)
{
	struct vs_modules *m = c->ctx;
	bool ok = is_loaded(m, path) || vs_modules_load(m, path, errs);

	bring_up_to_date(c);
	return ok;
}

void vs_modules_catalog(struct vs_modules *m, struct vs_catalog *out)
{
	*out = (struct vs_catalog){.load = load_for_scenario, .ctx = m};
	bring_up_to_date(out);
}

static int is_so(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 3 && strcmp(d->d_name + n - 3, ".so") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name); /* not by locale */
}

bool vs_modules_load_dir(struct vs_modules *m, const char *dir, struct vs_errors *errs)
{
	struct dirent **names;
	int n = scandir(dir, &names, is_so, by_bytes);
	bool ok = n > 0;

	if (n <= 0)
		vs_errors_add(errs, dir, 0, 0, NULL, "no modules there: has it been built?");
	for (int i = 0; i < n; i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		ok = load(m, path, false, errs) && ok;
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return ok;
}

void vs_modules_release(struct vs_modules *m)
{
	for (size_t i = 0; i < m->n; i++) {
		vs_module_id_release(&m->v[i].id);
		dlclose(m->v[i].handle);
		free(m->v[i].path);
	}
	free(m->v);
	free(m->tables);
	free(m->operations);
	*m = (struct vs_modules){0};
}

const struct vs_table *vs_modules_table(const struct vs_modules *m, const char *name,
					const struct vs_loaded **owner)
{
	for (size_t i = 0; i < m->n; i++)
		for (uint32_t k = 0; k < m->v[i].module->n_tables; k++)
			if (strcmp(m->v[i].module->tables[k]->name, name) == 0) {
				if (owner)
					*owner = &m->v[i];
				return m->v[i].module->tables[k];
			}
	return NULL;
}

/* Appends text[0 .. n) to a list with "; " in between, unless it is there. */
static bool add_unique(char **list, const char *text, size_t n)
{
	char *one = strndup(text, n), *more;
	bool ok = one != NULL;

	if (ok && !*list) {
		*list = one;
		return true;
	}
	if (ok && !strstr(*list, one)) {
		ok = asprintf(&more, "%s; %s", *list, one) >= 0;
		if (ok) {
			free(*list);
			*list = more;
		}
	}
	free(one);
	return ok;
}

/* A line of vcpusim-cc: "FILE: COMPILER VERSION FLAGS; code HASH" */
bool vs_modules_build(const struct vs_loaded *l, char **compiler, char **flags)
{
	bool ok = true;

	*compiler = *flags = NULL;
	for (size_t i = 0; ok && i < l->id.n_builds; i++) {
		const char *colon = strstr(l->id.builds[i], ": ");
		const char *name = colon ? colon + 2 : l->id.builds[i];
		size_t first = strcspn(name, " ");
		size_t both = first + (name[first] ? 1 + strcspn(name + first + 1, " ") : 0);
		const char *rest = name + both + (name[both] == ' ');
		const char *end = strstr(rest, "; code ");

		ok = add_unique(compiler, name, both) &&
		     add_unique(flags, rest, end ? (size_t)(end - rest) : strlen(rest));
	}
	return ok;
}

struct mapping {
	struct vs_hw *hw;
	const void *inside; /* an address of the object wanted */
	uint32_t *ordinal;
	bool ok, found;
};

/* All loaded segments of the object, as one region from its first to its last byte. */
static int map_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct mapping *g = arg;
	uintptr_t lo = UINTPTR_MAX, hi = 0, at = (uintptr_t)g->inside;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type != PT_LOAD)
			continue;
		if (info->dlpi_addr + p->p_vaddr < lo)
			lo = info->dlpi_addr + p->p_vaddr;
		if (info->dlpi_addr + p->p_vaddr + p->p_memsz > hi)
			hi = info->dlpi_addr + p->p_vaddr + p->p_memsz;
	}
	if (at < lo || at >= hi)
		return 0;
	g->found = true;
	g->ok = vs_hw_add_region(g->hw, (void *)lo, hi - lo, (*g->ordinal)++);
	return 1;
}

static bool map_around(struct vs_hw *hw, const void *inside, uint32_t *ordinal)
{
	struct mapping g = {.hw = hw, .inside = inside, .ordinal = ordinal};

	dl_iterate_phdr(map_object, &g);
	return g.found && g.ok;
}

bool vs_modules_map(const struct vs_modules *m, struct vs_hw *hw)
{
	uint32_t ordinal = 0;

	for (size_t i = 0; i < m->n; i++)
		if (!map_around(hw, m->v[i].module, &ordinal))
			return false;
	return true;
}
