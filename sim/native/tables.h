/* sim/native/tables.h - the tables linked in. What implements it is made by CMake. */
#ifndef VS_NATIVE_TABLES_H
#define VS_NATIVE_TABLES_H

#include <vcpusim/module.h>

/* Fills VS_NATIVE_TABLES pointers. */
void vs_native_tables(const struct vs_table **all);

#endif
