#!/bin/sh
# test_kernel_headers.sh SOURCE_DIR WORK_DIR TABLE...: each table as a part of a Linux module, compiled
# by the kernel's own build against its own headers. Objects only. 77: no headers here.
set -eu
root=$1 here=$1/tests/kernel-headers work=$2
tables=$1/models/tables
shift 2

headers=
for dir in /usr/src/linux-headers-*/ /lib/modules/*/build/; do
	[ -f "$dir/Module.symvers" ] && [ -f "$dir/Makefile" ] && headers=${dir%/}
done
if [ -z "$headers" ]; then
	echo "skipped: no kernel headers; apt-get install linux-headers-amd64"
	exit 77
fi
echo "headers: $headers"

rm -rf "$work"
mkdir -p "$work"
objects=
{
	echo "NOSTDINC_FLAGS += -I$here/shim"
	echo "ccflags-y += -Werror -I$root" # behind the kernel's; for a table that was written elsewhere
	for table in "$@"; do
		printf '#include "%s"\n#include "%s"\n' "$tables/$table.h" "$here/use.h" >"$work/$table.c"
		echo "obj-m += $table.o"
		objects="$objects $table.o"
	done
} >"$work/Kbuild"
make -s -C "$headers" M="$work" $objects

for table in "$@"; do
	functions="init destroy create look_up walk"
	if grep -q '#define KVM_TABLE_STOPS_VCPUS' "$tables/$table.h"; then
		functions="$functions run"
	fi
	for function in $functions; do
		nm "$work/$table.o" | grep -q " T vs_use_$function\$" || {
			echo "$table.o has no vs_use_$function"
			exit 1
		}
	done
	# really the kernel's: its allocator, not ours
	if nm "$work/$table.o" | grep -q " U vs_"; then
		echo "$table.o calls the simulator"
		exit 1
	fi
done
echo "$# tables compiled"
