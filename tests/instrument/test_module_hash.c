/*
 * Provenance of modules: which program, built by what. The modules are built by CMakeLists.txt
 * from forms_libc.c: same_a and same_b alike, other with one more flag, clang by clang.
 */
#include <stdio.h>
#include <unistd.h>

#include "sim/io/module_hash.h"
#include "tests/instrument/expect.h"

#define MODULE(name) VS_BINARY_DIR "/tests/instrument/modules/instrument-" name ".so"

static struct vs_module_id identify(const char *path)
{
	struct vs_module_id id;
	char why[256] = "";

	ck_assert_msg(vs_module_identify(path, &id, why, sizeof(why)), "%s", why);
	ck_assert_uint_eq(strlen(id.hash), 16);
	return id;
}

START_TEST(same_program_same_hash)
{
	struct vs_module_id a = identify(MODULE("same-a")), b = identify(MODULE("same-b"));
	struct vs_module_id other = identify(MODULE("other")), clang = identify(MODULE("clang"));

	ck_assert_str_eq(a.hash, b.hash);
	ck_assert_str_ne(a.hash, other.hash);
	ck_assert_str_ne(a.hash, clang.hash);
	ck_assert_uint_eq(a.n_builds, 1);
	ck_assert_str_eq(a.builds[0], b.builds[0]);
	/* the source as seen from the root, the compiler, its flags, the hash of the object */
	ck_assert_ptr_eq(strstr(a.builds[0], "tests/instrument/forms_libc.c: gcc "), a.builds[0]);
	ck_assert_ptr_nonnull(strstr(a.builds[0], " -O2 "));
	ck_assert_ptr_nonnull(strstr(a.builds[0], "; code "));
	ck_assert_ptr_null(strstr(a.builds[0], VS_BINARY_DIR));
	ck_assert_ptr_nonnull(strstr(other.builds[0], " -DVS_OTHER=1;"));
	ck_assert_ptr_nonnull(strstr(clang.builds[0], ": clang "));
	vs_module_id_release(&a);
	vs_module_id_release(&b);
	vs_module_id_release(&other);
	vs_module_id_release(&clang);
}
END_TEST

START_TEST(one_line_per_object)
{
	struct vs_module_id id = identify(MODULE("two"));

	ck_assert_uint_eq(id.n_builds, 2);
	ck_assert_ptr_nonnull(strstr(id.builds[0], "forms_libc.c: gcc "));
	ck_assert_ptr_nonnull(strstr(id.builds[1], "forms_plain.c: gcc "));
	vs_module_id_release(&id);
	ck_assert_uint_eq(id.n_builds, 0);
}
END_TEST

static void refused(const char *path, const char *because)
{
	struct vs_module_id id;
	char why[256] = "";

	ck_assert(!vs_module_identify(path, &id, why, sizeof(why)));
	ck_assert_msg(strstr(why, because) && strstr(why, path), "%s", why);
	ck_assert_uint_eq(id.n_builds, 0);
}

static char *part_of(const char *path, size_t bytes)
{
	static char name[] = "module-hash-test-input";
	char buf[8192];
	FILE *in = fopen(path, "rb"), *out = fopen(name, "wb");

	ck_assert(in && out && bytes <= sizeof(buf));
	ck_assert_uint_eq(fread(buf, 1, bytes, in), bytes);
	ck_assert_uint_eq(fwrite(buf, 1, bytes, out), bytes);
	fclose(in);
	fclose(out);
	return name;
}

START_TEST(bad_input)
{
	refused("/nonexistent/module.so", "cannot open");
	refused(VS_BINARY_DIR, "not a file");
	refused(VS_SOURCE_DIR "/CMakeLists.txt", "not an x86-64 ELF file");
	refused("/dev/null", "not an x86-64 ELF file");
	/* cut off: inside the header, and before the section table */
	refused(part_of(MODULE("same-a"), 40), "not an x86-64 ELF file");
	refused(part_of(MODULE("same-a"), 4096), "not an x86-64 ELF file");
	unlink("module-hash-test-input");
}
END_TEST

/* Any ELF program has a hash; only what vcpusim-cc built says how. */
START_TEST(not_ours)
{
	struct vs_module_id id = identify("/proc/self/exe");

	ck_assert_uint_eq(id.n_builds, 0);
	vs_module_id_release(&id);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("module-hash");
	TCase *t = tcase_create("module-hash");

	tcase_add_test(t, same_program_same_hash);
	tcase_add_test(t, one_line_per_object);
	tcase_add_test(t, bad_input);
	tcase_add_test(t, not_ours);
	suite_add_tcase(s, t);
	return run_suite(s);
}
