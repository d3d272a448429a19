#!/bin/sh
# memory-designs.sh [PICTURE.svg]: memory of every shipped table by number of vCPUs, as docs/tables.md
# has it.
set -eu
here=$(dirname "$0")
vcpusim=$here/../vcpusim
[ -x "$vcpusim" ] || {
	echo "memory-designs.sh: $vcpusim: not there; ./bootstrap.sh builds it" >&2
	exit 2
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for n in 1 16 288 1024 4096; do
	"$vcpusim" -q --set /vm/max_vcpus=$n --set /vm/boot_vcpus=$n -o "$dir/$n.json" \
		"$here/../scenarios/memory.json"
done
"$here/memory.py" --markdown ${1:+-o "$1"} "$dir"/*.json
