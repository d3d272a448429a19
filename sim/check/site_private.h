/* sim/check/site_private.h - what sim/check's own files know of sites. */
#ifndef VS_SITE_PRIVATE_H
#define VS_SITE_PRIVATE_H

#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

struct vs_sites {
	Dwfl *dwfl;
};

const char *vs_last_part(const char *path);
/* The unit that has code there, or NULL. */
Dwarf_Die *vs_unit_of(Dwfl_Module *mod, Dwarf_Addr at, Dwarf_Addr *bias);

#endif
