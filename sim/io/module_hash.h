/*
 * sim/io/module_hash.h - which program a module is: what results must name to be repeatable.
 *
 * vcpusim-cc writes one line about each object's build (file, compiler, version, flags, hash of its
 * code) into the section .vcpusim.build; linking puts those of all objects together. The hash
 * here is taken over the linked .text and .rodata. It tells builds apart; it is not cryptographic.
 */
#ifndef VS_MODULE_HASH_H
#define VS_MODULE_HASH_H

#include <stdbool.h>
#include <stddef.h>

struct vs_module_id {
	char hash[17];   /* 16 hexadecimal digits: FNV-1a, 64 bits, of .text and .rodata */
	char **builds;   /* one line per instrumented object, in link order; owned */
	size_t n_builds; /* 0: not built by vcpusim-cc */
};

/* Reads an x86-64 ELF file. False with a reason in `why` if it isn't one; `id` is then empty. */
bool vs_module_identify(const char *path, struct vs_module_id *id, char *why, size_t why_size);
void vs_module_id_release(struct vs_module_id *id);

#endif
