#!/bin/sh
# Makes everything ready on a Debian 12: packages, build, ./vcpusim. Does only what is missing.
set -eu

usage() {
	cat <<EOF
usage: ./bootstrap.sh [--no-build] [--test]

Installs the packages that building and testing vcpusim need (as root, or through sudo), builds the
preset "release" and leaves ./vcpusim beside this script.

  --no-build   packages only
  --test       build, then run all tests: those of the release build, those that run under the
               address and undefined-behaviour sanitizers, and the functional and determinism
               tests of a build by clang
EOF
}

die() {
	echo "bootstrap.sh: error: $*" >&2
	exit 1
}

# Compilers and libraries; what the tests need beside them; what analysis/ needs.
packages="
build-essential cmake ninja-build pkg-config mawk
libsimgrid-dev libgsl-dev libjansson-dev libdw-dev zlib1g-dev liburcu-dev
check clang clang-format python3 python3-jsonschema
python3-numpy python3-pandas python3-matplotlib
"
# Opens the reports; what tables are compiled against as parts of a module (15 MB, 18 s); formats the
# man pages; counts instructions. The tests that need them are skipped without.
test_packages="chromium linux-headers-amd64 man-db valgrind"

missing_packages() {
	for package in $packages; do
		status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) || status=none
		[ "$status" = "install ok installed" ] || echo "$package"
	done
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "packages are missing and this is neither root nor has it sudo; as root, run:
  apt-get install --no-install-recommends $(echo $missing)"
	fi
}

install_packages() {
	command -v dpkg-query >/dev/null ||
		die "no dpkg here: this script knows Debian 12; elsewhere install the like of:
$packages"
	missing=$(missing_packages)
	[ -n "$missing" ] || return 0
	echo "bootstrap.sh: installing" $missing
	as_root apt-get update -q || die "apt-get update failed: is the network up?"
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing ||
		die "apt-get could not install all of:" $missing
}

# build PRESET: configured once, then ninja finds out for itself what has changed
build() {
	[ -f "build/$1/build.ninja" ] || cmake --preset "$1" >"build/$1.log" 2>&1 || {
		cat "build/$1.log" >&2
		die "cmake could not configure preset $1"
	}
	cmake --build --preset "$1" -- --quiet || die "preset $1 could not be built"
}

run_tests() {
	ctest --preset release
	build asan-ubsan
	ctest --preset asan-ubsan
	build clang
	ctest --preset clang
}

main() {
	build=yes test=
	for argument in "$@"; do
		case $argument in
		-h | --help) usage; exit 0 ;;
		--no-build) build= ;;
		--test) test=yes ;;
		*) usage >&2; die "unknown option $argument" ;;
		esac
	done
	[ -n "$build" ] || [ -z "$test" ] || die "--test needs the build that --no-build leaves out"

	cd "$(dirname "$0")"
	[ -z "$test" ] || packages="$packages $test_packages"
	install_packages
	[ -n "$build" ] || return 0
	mkdir -p build
	build release
	ln -sfn build/release/vcpusim vcpusim
	[ -z "$test" ] || run_tests
}

main "$@"
