#include "sim/check/site.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/check/site_private.h"

/* Debug information is in the module itself or nowhere: never searched for on disk or network. */
static int no_debuginfo(Dwfl_Module *mod, void **user, const char *name, Dwarf_Addr base,
			const char *file, const char *link, GElf_Word crc, char **path)
{
	(void)mod, (void)user, (void)name, (void)base, (void)file, (void)link, (void)crc;
	(void)path;
	return -1;
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_linux_proc_find_elf,
	.find_debuginfo = no_debuginfo,
};

struct vs_sites *vs_sites_new(void)
{
	struct vs_sites *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->dwfl = dwfl_begin(&callbacks);
	if (!s->dwfl || dwfl_linux_proc_report(s->dwfl, getpid()) ||
	    dwfl_report_end(s->dwfl, NULL, NULL)) {
		vs_sites_free(s);
		return NULL;
	}
	return s;
}

void vs_sites_free(struct vs_sites *s)
{
	if (!s)
		return;
	if (s->dwfl)
		dwfl_end(s->dwfl);
	free(s);
}

const char *vs_last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* clang writes no index of addresses: then each unit is asked. */
Dwarf_Die *vs_unit_of(Dwfl_Module *mod, Dwarf_Addr at, Dwarf_Addr *bias)
{
	Dwarf_Die *unit = dwfl_module_addrdie(mod, at, bias);

	if (unit)
		return unit;
	while ((unit = dwfl_module_nextcu(mod, unit, bias)))
		if (dwarf_haspc(unit, at - *bias) > 0)
			break;
	return unit;
}

static const char *source_line(Dwfl_Module *mod, Dwarf_Addr at, int *number)
{
	Dwarf_Addr bias;
	Dwarf_Die *unit = vs_unit_of(mod, at, &bias);
	Dwarf_Line *line = unit ? dwarf_getsrc_die(unit, at - bias) : NULL;

	if (!line || dwarf_lineno(line, number))
		return NULL;
	return dwarf_linesrc(line, NULL, NULL);
}

static const char *name_in(Dwfl_Module *mod, Dwarf_Addr at, char *buf, size_t size)
{
	const char *function = dwfl_module_addrname(mod, at), *module;
	int number = 0;
	const char *file = source_line(mod, at, &number);
	Dwarf_Addr start = 0;

	if (function && file) {
		snprintf(buf, size, "%s (%s:%d)", function, vs_last_part(file), number);
	} else if (function) {
		snprintf(buf, size, "%s", function);
	} else {
		module = dwfl_module_info(mod, NULL, &start, NULL, NULL, NULL, NULL, NULL);
		snprintf(buf, size, "%s+0x%" PRIx64, module ? vs_last_part(module) : "?",
			 (uint64_t)(at - start));
	}
	return buf;
}

const char *vs_site_name(struct vs_sites *s, uintptr_t pc, char *buf, size_t size)
{
	Dwarf_Addr at = pc ? pc - 1 : 0;
	Dwfl_Module *mod = s && at ? dwfl_addrmodule(s->dwfl, at) : NULL;

	if (mod)
		return name_in(mod, at, buf, size);
	snprintf(buf, size, "?");
	return buf;
}
