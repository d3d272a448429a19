/*
 * sim/check/site.h - a program counter as people read it: "function (file.c:12)".
 *
 * Looked up in the DWARF of the module or program it lies in, by libdwfl. Only the last part of the
 * path is given, so that texts do not depend on where anything was built. Slow: for reports.
 */
#ifndef VS_SITE_H
#define VS_SITE_H

#include <stddef.h>
#include <stdint.h>

struct vs_sites;

struct vs_sites *vs_sites_new(void); /* NULL: no memory, or /proc/self/maps cannot be read */
void vs_sites_free(struct vs_sites *s);

/*
 * pc as the compiler's callbacks and __builtin_return_address give it: the address after the call.
 * What is not known is left out, down to "module.so+0x123" and "?". s may be NULL. Returns buf.
 */
const char *vs_site_name(struct vs_sites *s, uintptr_t pc, char *buf, size_t size);

#endif
