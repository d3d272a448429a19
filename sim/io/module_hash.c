/* sim/io/module_hash.c - see module_hash.h. */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/io/module_hash.h"

#define BUILD_SECTION ".vcpusim.build"
#define MAX_FILE_BYTES (UINT64_C(256) << 20)

struct image {
	unsigned char *bytes;
	size_t size;
	const Elf64_Shdr *sections;
	size_t n_sections;
	const char *names; /* NUL-terminated as a whole */
	size_t names_size;
};

static bool read_file(const char *path, struct image *im, char *why, size_t why_size)
{
	FILE *f = fopen(path, "rb");
	long size = -1;

	if (!f) {
		snprintf(why, why_size, "%s: cannot open: %s", path, strerror(errno));
		return false;
	}
	if (fseek(f, 0, SEEK_END) == 0)
		size = ftell(f);
	if (size < 0 || (uint64_t)size > MAX_FILE_BYTES || fseek(f, 0, SEEK_SET) != 0) {
		snprintf(why, why_size, "%s: not a file of at most 256 MiB", path);
		fclose(f);
		return false;
	}
	im->bytes = malloc((size_t)size + 1);
	if (im->bytes)
		im->size = fread(im->bytes, 1, (size_t)size, f);
	fclose(f);
	if (!im->bytes || im->size != (size_t)size) {
		snprintf(why, why_size, "%s: cannot read %ld bytes", path, size);
		return false;
	}
	return true;
}

/* Section contents within the file, or NULL */
static const unsigned char *contents(const struct image *im, const Elf64_Shdr *s)
{
	if (s->sh_type == SHT_NOBITS || s->sh_offset > im->size ||
	    s->sh_size > im->size - s->sh_offset)
		return NULL;
	return im->bytes + s->sh_offset;
}

static bool open_sections(struct image *im)
{
	const Elf64_Ehdr *h = (const Elf64_Ehdr *)im->bytes;
	const Elf64_Shdr *names;

	if (im->size < sizeof(*h) || memcmp(h->e_ident, ELFMAG, SELFMAG) != 0 ||
	    h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB ||
	    h->e_machine != EM_X86_64)
		return false;
	if (h->e_shentsize != sizeof(Elf64_Shdr) || h->e_shoff % 8 || h->e_shoff > im->size ||
	    h->e_shnum > (im->size - h->e_shoff) / sizeof(Elf64_Shdr) ||
	    h->e_shstrndx >= h->e_shnum)
		return false;
	im->sections = (const Elf64_Shdr *)(im->bytes + h->e_shoff);
	im->n_sections = h->e_shnum;
	names = &im->sections[h->e_shstrndx];
	im->names = (const char *)contents(im, names);
	im->names_size = names->sh_size;
	return im->names && im->names_size && im->names[im->names_size - 1] == '\0';
}

static const Elf64_Shdr *find(const struct image *im, const char *name)
{
	for (size_t i = 0; i < im->n_sections; i++) {
		const Elf64_Shdr *s = &im->sections[i];

		if (s->sh_name < im->names_size && strcmp(im->names + s->sh_name, name) == 0 &&
		    contents(im, s))
			return s;
	}
	return NULL;
}

static uint64_t fnv1a(uint64_t hash, const unsigned char *p, size_t n)
{
	while (n--)
		hash = (hash ^ *p++) * UINT64_C(0x100000001b3);
	return hash;
}

/* The lines are NUL-terminated one by one. False when out of memory. */
static bool take_builds(struct vs_module_id *id, const char *p, size_t size)
{
	while (size) {
		size_t n = strnlen(p, size);
		char **grown;

		if (n) {
			grown = realloc(id->builds, (id->n_builds + 1) * sizeof(*grown));
			if (!grown)
				return false;
			id->builds = grown;
			grown[id->n_builds] = strndup(p, n);
			if (!grown[id->n_builds])
				return false;
			id->n_builds++;
		}
		p += n < size ? n + 1 : n;
		size -= n < size ? n + 1 : n;
	}
	return true;
}

bool vs_module_identify(const char *path, struct vs_module_id *id, char *why, size_t why_size)
{
	static const char *const hashed[] = {".text", ".rodata"};
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	struct image im = {0};
	const Elf64_Shdr *s;
	bool ok = false;

	memset(id, 0, sizeof(*id));
	if (!read_file(path, &im, why, why_size))
		goto out;
	if (!open_sections(&im) || !find(&im, ".text")) {
		snprintf(why, why_size, "%s: not an x86-64 ELF file with code", path);
		goto out;
	}
	for (size_t i = 0; i < sizeof(hashed) / sizeof(hashed[0]); i++) {
		s = find(&im, hashed[i]);
		if (!s)
			continue;
		/* the name with its NUL keeps bytes from wandering between sections unseen */
		hash = fnv1a(hash, (const unsigned char *)hashed[i], strlen(hashed[i]) + 1);
		hash = fnv1a(hash, contents(&im, s), s->sh_size);
	}
	snprintf(id->hash, sizeof(id->hash), "%016" PRIx64, hash);
	s = find(&im, BUILD_SECTION);
	ok = !s || take_builds(id, (const char *)contents(&im, s), s->sh_size);
	if (!ok) {
		snprintf(why, why_size, "%s: out of memory", path);
		vs_module_id_release(id);
	}
out:
	free(im.bytes);
	return ok;
}

void vs_module_id_release(struct vs_module_id *id)
{
	for (size_t i = 0; i < id->n_builds; i++)
		free(id->builds[i]);
	free(id->builds);
	memset(id, 0, sizeof(*id));
}
