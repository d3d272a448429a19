#include "sim/check/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dwarf.h>

#include "sim/check/site_private.h"

_Static_assert(sizeof(Dwarf_Die) <= sizeof(((struct vs_layout *)0)->die), "a DIE fits");

/* What is allocated, and the best struct for it so far. */
struct search {
	size_t bytes;
	bool with_more;
	int fit;     /* enum */
	bool doubt;  /* two that fit equally well */
	size_t size; /* of the best */
	Dwarf_Die best;
};

enum { NO_FIT, BEGINS, FLEXIBLE, EXACT_MEMBER, EXACT };

static bool type_of(Dwarf_Die *die, Dwarf_Die *out)
{
	Dwarf_Attribute attr;

	return dwarf_formref_die(dwarf_attr_integrate(die, DW_AT_type, &attr), out) &&
	       dwarf_peel_type(out, out) == 0;
}

static size_t size_of(Dwarf_Die *type)
{
	Dwarf_Word size;

	return dwarf_aggregate_size(type, &size) == 0 ? size : 0;
}

/* Of a struct that is known whole and has a name */
static bool is_struct(Dwarf_Die *type)
{
	return dwarf_tag(type) == DW_TAG_structure_type && dwarf_diename(type) &&
	       dwarf_bytesize(type) > 0;
}

static bool points_to_struct(Dwarf_Die *holder, Dwarf_Die *out)
{
	Dwarf_Die pointer;

	return type_of(holder, &pointer) && dwarf_tag(&pointer) == DW_TAG_pointer_type &&
	       type_of(&pointer, out) && is_struct(out);
}

static size_t member_offset(Dwarf_Die *member)
{
	Dwarf_Attribute attr;
	Dwarf_Word at = 0;

	dwarf_formudata(dwarf_attr(member, DW_AT_data_member_location, &attr), &at);
	return at;
}

/* An array whose length is not said, at the end: does the object hold a whole number of it? */
static bool is_flexible(Dwarf_Die *type, size_t bytes)
{
	Dwarf_Die member, last, array, element, range;
	size_t at, each;
	bool any = false;

	for (int r = dwarf_child(type, &member); r == 0; r = dwarf_siblingof(&member, &member))
		if (dwarf_tag(&member) == DW_TAG_member) {
			last = member;
			any = true;
		}
	if (!any || !type_of(&last, &array) || dwarf_tag(&array) != DW_TAG_array_type ||
	    dwarf_child(&array, &range) != 0 || dwarf_hasattr(&range, DW_AT_upper_bound) ||
	    dwarf_hasattr(&range, DW_AT_count) || !type_of(&array, &element))
		return false;
	at = member_offset(&last);
	each = size_of(&element);
	return each && bytes > at && (bytes - at) % each == 0;
}

static void consider(struct search *s, Dwarf_Die *type, bool of_member)
{
	size_t size = (size_t)dwarf_bytesize(type);
	int fit = NO_FIT;

	if (size == s->bytes)
		fit = of_member ? EXACT_MEMBER : EXACT;
	else if (!of_member && is_flexible(type, s->bytes))
		fit = FLEXIBLE;
	else if (!of_member && s->with_more && size < s->bytes)
		fit = BEGINS;
	if (fit == NO_FIT || fit < s->fit)
		return;
	if (fit == s->fit && strcmp(dwarf_diename(type), dwarf_diename(&s->best)) == 0)
		return;
	s->doubt = fit == s->fit && (fit != BEGINS || size == s->size);
	if (fit == s->fit && fit == BEGINS && size < s->size)
		return;
	s->fit = fit;
	s->size = size;
	s->best = *type;
}

/* What the members of a struct point to */
static void consider_members(struct search *s, Dwarf_Die *type)
{
	Dwarf_Die member, inner;

	for (int r = dwarf_child(type, &member); r == 0; r = dwarf_siblingof(&member, &member)) {
		if (dwarf_tag(&member) != DW_TAG_member)
			continue;
		if (points_to_struct(&member, &inner))
			consider(s, &inner, true);
		else if (type_of(&member, &inner) && dwarf_tag(&inner) == DW_TAG_structure_type)
			consider_members(s, &inner);
	}
}

static void consider_variables(struct search *s, Dwarf_Die *scope)
{
	Dwarf_Die child, type;

	for (int r = dwarf_child(scope, &child); r == 0; r = dwarf_siblingof(&child, &child)) {
		int tag = dwarf_tag(&child);

		if (tag == DW_TAG_lexical_block)
			consider_variables(s, &child);
		if (tag != DW_TAG_variable || !points_to_struct(&child, &type))
			continue;
		consider(s, &type, false);
		if (s->with_more)
			consider_members(s, &type);
	}
}

/* The function that pc is in, as it was written: not what it was inlined into. */
static void consider_function(struct search *s, Dwarf_Die *unit, Dwarf_Addr pc)
{
	Dwarf_Die *scopes, origin;
	Dwarf_Attribute attr;
	int n = dwarf_getscopes(unit, pc, &scopes);

	for (int i = 0; i < n; i++) {
		int tag = dwarf_tag(&scopes[i]);

		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
			continue;
		consider_variables(s, &scopes[i]);
		if (dwarf_formref_die(dwarf_attr(&scopes[i], DW_AT_abstract_origin, &attr),
				      &origin))
			consider_variables(s, &origin);
		break;
	}
	if (n > 0)
		free(scopes);
}

static void take(Dwarf_Die *die, struct vs_layout *out)
{
	memset(out, 0, sizeof(*out));
	memcpy(out->die, die, sizeof(*die));
	snprintf(out->name, sizeof(out->name), "struct %s", dwarf_diename(die));
}

bool vs_layout_at(struct vs_sites *s, uintptr_t pc, size_t bytes, bool with_more,
		  struct vs_layout *out)
{
	struct search search = {.bytes = bytes, .with_more = with_more};
	Dwarf_Addr at = pc ? pc - 1 : 0, bias;
	Dwfl_Module *mod = s && at ? dwfl_addrmodule(s->dwfl, at) : NULL;
	Dwarf_Die *unit = mod ? vs_unit_of(mod, at, &bias) : NULL;

	if (unit)
		consider_function(&search, unit, at - bias);
	if (search.fit == NO_FIT || search.doubt)
		return false;
	take(&search.best, out);
	return true;
}

bool vs_layout_named(struct vs_sites *s, const char *name, struct vs_layout *out)
{
	Dwarf_Die *unit = NULL, die;
	Dwarf_Addr bias;

	if (strncmp(name, "struct ", 7) != 0)
		return false;
	while (s && (unit = dwfl_nextcu(s->dwfl, unit, &bias)))
		for (int r = dwarf_child(unit, &die); r == 0; r = dwarf_siblingof(&die, &die))
			if (is_struct(&die) && strcmp(dwarf_diename(&die), name + 7) == 0) {
				take(&die, out);
				return true;
			}
	return false;
}

/* -- members ----------------------------------------------------------------------------------- */

/* The name of a member, whose own members are yet to come. False: nothing more can be said. */
static bool add_name(Dwarf_Die *member, Dwarf_Die *type, char *buf, size_t size)
{
	const char *name = dwarf_diename(member);
	size_t used = strlen(buf);
	bool array = dwarf_tag(type) == DW_TAG_array_type;

	if (name)
		snprintf(buf + used, size - used, "%s%s%s", used ? "." : "", name,
			 array ? "[]" : "");
	return dwarf_tag(type) == DW_TAG_structure_type;
}

static bool holds(Dwarf_Die *member, Dwarf_Die *type, size_t offset)
{
	size_t at = member_offset(member);

	if (dwarf_tag(member) != DW_TAG_member || offset < at || !type_of(member, type))
		return false;
	/* an array without a length has no end */
	return offset < at + size_of(type) ||
	       (!size_of(type) && dwarf_tag(type) == DW_TAG_array_type);
}

bool vs_layout_field(const struct vs_layout *l, size_t offset, char *buf, size_t size)
{
	Dwarf_Die within, member, type;
	bool deeper = true;

	memcpy(&within, l->die, sizeof(within));
	buf[0] = '\0';
	while (deeper) {
		int r = dwarf_child(&within, &member);

		while (r == 0 && !holds(&member, &type, offset))
			r = dwarf_siblingof(&member, &member);
		if (r != 0)
			break;
		offset -= member_offset(&member);
		deeper = add_name(&member, &type, buf, size);
		within = type;
	}
	return buf[0] != '\0';
}

bool vs_symbol_at(struct vs_sites *s, uintptr_t addr, char *buf, size_t size, size_t *offset)
{
	Dwfl_Module *mod = s ? dwfl_addrmodule(s->dwfl, addr) : NULL;
	const char *module =
		mod ? dwfl_module_info(mod, NULL, NULL, NULL, NULL, NULL, NULL, NULL) : NULL;
	GElf_Sym sym;
	GElf_Off at;
	const char *name =
		mod ? dwfl_module_addrinfo(mod, addr, &at, &sym, NULL, NULL, NULL) : NULL;

	if (!name)
		return false;
	snprintf(buf, size, "%s (%s)", name, module ? vs_last_part(module) : "?");
	*offset = at;
	return true;
}
