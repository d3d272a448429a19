#define _GNU_SOURCE
#include "sim/cli/modules.h"

#include <dirent.h>
#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "sim/hw/hw.h"

static bool is_module(const struct vs_loaded *l, struct vs_errors *errs)
{
	if (!l->module) {
		vs_errors_add(errs, l->path, 0, 0, NULL,
			      "not a vcpusim module: it has no symbol vs_module (build it with "
			      "vcpusim-cc)");
		return false;
	}
	if (l->module->abi != VS_MODULE_ABI) {
		vs_errors_add(errs, l->path, 0, 0, NULL,
			      "built for module ABI %u, this vcpusim has %u: build it again with "
			      "this vcpusim's vcpusim-cc",
			      l->module->abi, VS_MODULE_ABI);
		return false;
	}
	for (uint32_t i = 0; i < l->module->n_tables; i++) {
		const struct vs_table *t = l->module->tables[i];

		if (!t || !t->name || !t->vm_create || !t->vm_destroy || !t->vcpu_create ||
		    !t->vcpu_run || !t->get || !t->get_by_id || !t->broadcast || !t->request_all ||
		    !t->online) {
			vs_errors_add(errs, l->path, 0, 0, NULL,
				      "its table %u (%s) has parts missing", i,
				      t && t->name ? t->name : "unnamed");
			return false;
		}
	}
	return true;
}

static bool add_tables(struct vs_modules *m, const struct vs_loaded *l, struct vs_errors *errs)
{
	for (uint32_t i = 0; i < l->module->n_tables; i++) {
		const char *name = l->module->tables[i]->name;
		const char **more;

		if (vs_modules_table(m, name, NULL)) {
			vs_errors_add(errs, l->path, 0, 0, NULL, "there is a table \"%s\" already",
				      name);
			return false;
		}
		more = realloc(m->tables, (m->n_tables + 1) * sizeof(*more));
		if (!more)
			return false;
		m->tables = more;
		m->tables[m->n_tables++] = name;
	}
	return true;
}

bool vs_modules_load(struct vs_modules *m, const char *path, struct vs_errors *errs)
{
	struct vs_loaded l = {.path = strdup(path)}, *more;
	char why[256];

	l.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!l.path || !l.handle) {
		vs_errors_add(errs, path, 0, 0, NULL, "cannot load it: %s", dlerror());
		goto fail;
	}
	l.module = dlsym(l.handle, "vs_module");
	if (!is_module(&l, errs))
		goto fail;
	if (!vs_module_identify(path, &l.id, why, sizeof(why))) {
		vs_errors_add(errs, path, 0, 0, NULL, "%s", why);
		goto fail;
	}
	more = realloc(m->v, (m->n + 1) * sizeof(*more));
	if (!more)
		goto fail;
	m->v = more;
	if (!add_tables(m, &l, errs))
		goto fail;
	m->v[m->n++] = l;
	return true;
fail:
	vs_module_id_release(&l.id);
	if (l.handle)
		dlclose(l.handle);
	free(l.path);
	return false;
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
		vs_errors_add(errs, dir, 0, 0, NULL, "no modules there");
	for (int i = 0; i < n; i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		ok = vs_modules_load(m, path, errs) && ok;
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
