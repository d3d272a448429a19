#!/bin/sh
# vcpusim-cc as people use it: right results, right refusals, the same bytes everywhere.
# usage: test_wrapper.sh ROOT
set -eu
root=$1
cc=$root/vcpusim-cc
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

fail() {
	echo "FAIL: $*" >&2
	exit 1
}

# refused STATUS TEXT ARGUMENTS...: ends with STATUS and says TEXT
refused() {
	want=$1 text=$2
	shift 2
	status=0
	"$cc" "$@" >out 2>err || status=$?
	[ "$status" -eq "$want" ] || fail "vcpusim-cc $*: status $status, not $want"
	grep -q -e "$text" err || fail "vcpusim-cc $*: does not say '$text' but: $(cat err)"
}

mkdir -p "one two/a" b
cat >"one two/a/m.c" <<'EOF'
#include <stdlib.h>
#include <string.h>
#include <vcpusim/module.h>
const struct vs_module vs_module = {.abi = VS_MODULE_ABI, .name = "m"};
const char *place(void) { return __FILE__; }
void *twice(const char *s, size_t n) {
	char *p = malloc(2 * n);
	if (p) { memcpy(p, s, n); memmove(p + n, s, n); memset(p, 0, 1); }
	return p;
}
void drop(void *p) { free(p); }
EOF
cp "one two/a/m.c" b/m.c

"$cc" --help | grep -q '^usage: vcpusim-cc' || fail "no help"
refused 2 'usage:'
refused 2 'no such file' missing.c
refused 2 'instrumented code is always built' -O0 b/m.c
refused 2 'instrumented code is always built' -fsanitize=address b/m.c
refused 2 'not a flag' -z b/m.c
refused 2 'needs an argument' b/m.c -o
refused 2 'expected a .c or .o' b/m.cc
refused 2 'cannot be run' --cc=no-such-compiler b/m.c
cat >old-gcc <<'EOF'
#!/bin/sh
case $1 in --version) echo "gcc (old) 9.4.0" ;; *) echo 9.4.0 ;; esac
EOF
chmod +x old-gcc
refused 2 'gcc 9.4.0: 12 or later is needed' --cc=./old-gcc b/m.c
refused 1 'no/such/dir/m.so: cannot write: No such file or directory' -o no/such/dir/m.so b/m.c
mkfifo pipe
for target in pipe b; do
	refused 2 "$target: found something that is no file" -o $target b/m.c
done
[ -p pipe ] || fail "a pipe was replaced"
[ "$(ls b)" = m.c ] || fail "a file was left in a folder"
echo 'int f(void) { return }' >bad.c
refused 1 'bad.c:1:' -o bad.so bad.c
[ ! -e bad.so ] || fail "a failed build left a file"

for compiler in gcc clang; do
	# same bytes from two directories, and from a path with a blank
	(cd "one two/a" && "$cc" --cc=$compiler -Wall -Werror -o ../../1.so m.c)
	(cd b && "$cc" --cc=$compiler -o ../2.so m.c)
	cmp 1.so 2.so || fail "$compiler: two directories, two modules"
	"$cc" --cc=$compiler -o 3.so "one two/a/m.c"
	"$cc" --cc=$compiler -c -o m.o b/m.c
	"$cc" --cc=$compiler -o 4.so m.o
	# everything that touches memory is ours
	nm -u m.o | awk '{ print $2 }' | sort >undefined
	for name in __vs_memcpy __vs_memmove __vs_memset __vs_malloc __vs_free; do
		grep -qx $name undefined || fail "$compiler: $name is not called"
	done
	if grep -vE '^(__vs_|__tsan_|_GLOBAL_OFFSET_TABLE_)' undefined; then
		fail "$compiler: unexpected calls"
	fi
	! readelf -d 1.so | grep NEEDED || fail "$compiler: a module needs a library"
	readelf -n 1.so | grep -q 'Build ID' || fail "$compiler: no build id"
	readelf -p .vcpusim.build 1.so | grep -q "m.c: $compiler [0-9]" || fail "$compiler: no note"
done

# a compiler's name for itself, by environment
VCPUSIM_CC=clang "$cc" -o 5.so b/m.c
readelf -p .vcpusim.build 5.so | grep -q 'm.c: clang' || fail "VCPUSIM_CC is ignored"

# what is not seen is warned of
cat >s.c <<'EOF'
#include <string.h>
size_t f(const char *s) { return strlen(s); }
EOF
"$cc" -o s.so s.c 2>err
grep -q 'calls strlen, whose accesses are not simulated' err || fail "no warning of strlen"
grep -q 'does not define vs_module' err || fail "no warning of a missing vs_module"
"$cc" -c -o m.o b/m.c 2>err
[ ! -s err ] || fail "unexpected: $(cat err)"
echo 'struct s { long a[4]; }; struct s g(void); void f(struct s *p) { *p = g(); }' >ret.c
"$cc" -c ret.c 2>err
grep -q 'Waggregate-return' err || fail "no warning of a structure returned"

# what another compiler command built would be free of charge, also beside what would not
gcc -c -o plain.o s.c
cp b/m.c other.o
for compiler in gcc clang; do
	"$cc" --cc=$compiler -c -o m.o b/m.c
	for object in plain.o other.o; do
		refused 2 "$object: not built by vcpusim-cc -c" --cc=$compiler -o mix.so $object m.o
		refused 2 "$object: not built by vcpusim-cc -c" --cc=$compiler -o mix.so b/m.c $object
	done
	[ ! -e mix.so ] || fail "a refused object left a module"
done

# a function that a table forgot is found by the compiler, not when the module is loaded
sed 's/\(void kvm_table_\)cancel(/\1forgotten(/' "$root/examples/blocks.h" >blocks.h
cp "$root/examples/blocks.c" .
! cmp -s blocks.h "$root/examples/blocks.h" || fail "blocks.h has no kvm_table_cancel"
for compiler in gcc clang; do
	refused 1 'error: .*kvm_table_cancel' --cc=$compiler -o blocks.so blocks.c
	[ ! -e blocks.so ] || fail "$compiler: a table without kvm_table_cancel was built"
done

# compilers have no instruction of their own for an atomic: all are callbacks
for form in plain atomic; do
	"$cc" -c -o "$form.o" "$root/tests/instrument/forms_$form.c"
	! objdump -d "$form.o" | grep -P '\tlock ' || fail "an atomic of forms_$form.c is not seen"
done
echo "all fine"
