/*
 * sim/check/layout.h - what lies where in an object, by the DWARF of who allocates it.
 *
 * C does not say what an allocation is for. What is looked for is a struct that a variable of the
 * allocating function points to, parameters apart, and that the object is as large as. No name is
 * given rather than a wrong one. Slow: for reports.
 */
#ifndef VS_LAYOUT_H
#define VS_LAYOUT_H

#include <stdbool.h>

#include "sim/check/site.h"

struct vs_layout {
	char name[64];   /* "struct kvm_vcpu" */
	uint64_t die[4]; /* libdw's; good as long as the sites are */
};

/* Of an object of so many bytes allocated at pc. with_more: it may be larger than the struct. */
bool vs_layout_at(struct vs_sites *s, uintptr_t pc, size_t bytes, bool with_more,
		  struct vs_layout *out);
/* "struct NAME" of whatever unit has it whole. */
bool vs_layout_named(struct vs_sites *s, const char *name, struct vs_layout *out);

/* "arch.apic", "vcpus[]": the member at this offset. False: padding, or past the end. */
bool vs_layout_field(const struct vs_layout *l, size_t offset, char *buf, size_t size);

/* "name (module.so)" of the variable there, and the offset in it. False: it has none. */
bool vs_symbol_at(struct vs_sites *s, uintptr_t addr, char *buf, size_t size, size_t *offset);

#endif
