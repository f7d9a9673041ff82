#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Builds for another architecture and runs there what qemu can run: cross.sh ROOT ARCH [quick]
#
# quick: without the tests that take long. Ends with 77, which ctest knows as skipped, and a line
# that begins with "skipped:", when there is no way to have the toolchain or the libraries.
set -euo pipefail

cd "$1"
arch=$2
quick=${3:-}

skip() {
	echo "skipped: $*"
	exit 77
}

case $arch in
armhf) gcc=arm-linux-gnueabihf-gcc qemu=qemu-arm ;;
arm64) gcc=aarch64-linux-gnu-gcc qemu=qemu-aarch64 ;;
*)
	echo "$0: there is armhf and arm64, not '$arch'" >&2
	exit 2
	;;
esac
for program in "$gcc" "$qemu" dpkg-deb; do
	command -v "$program" >/dev/null || skip "there is no $program on this machine"
done

# Those that the library stands on, as apt.txt lists them, and what the tests are linked with.
mapfile -t libraries < <(sed -n '/^# the libraries/,/^$/{s/#.*//;/./p}' apt.txt)
trouble=$(cmake/sysroot.sh "$arch" "build/sysroot/$arch" libc6-dev check "${libraries[@]}" 2>&1) ||
	skip "$trouble"

# Whoever builds to see whether it works has no time for the optimizer.
build=build/$arch
flags=()
if [[ -n $quick ]]; then
	build+=-quick
	flags=(-DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG=-O0)
fi
if [[ ! $build/build.ninja -nt CMakePresets.json ]]; then
	cmake --preset "$arch" -B "$build" "${flags[@]}" >/dev/null
fi
if [[ -n $quick ]]; then
	cmake --build "$build" --target cross_quick
	ctest --test-dir "$build" --output-on-failure --label-exclude slow
else
	cmake --build "$build"
	ctest --test-dir "$build" --output-on-failure --parallel "$(nproc)"
fi
