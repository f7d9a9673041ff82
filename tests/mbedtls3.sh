#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Builds with mbedTLS 3.x, and runs what has to do with TLS, certificates and keys:
# tests/mbedtls3.sh PREFIX [arguments of ctest]. Nothing is fetched: PREFIX has the
# include and lib folders that mbedTLS was installed into.
set -eu

if [ $# -lt 1 ]; then
	echo "usage: $0 PREFIX [arguments of ctest]" >&2
	exit 2
fi
prefix=$(cd "$1" && pwd)
shift
source=$(cd "$(dirname "$0")/.." && pwd)
build=$source/build/mbedtls3

if ! grep -q '#define MBEDTLS_VERSION_MAJOR  *3$' "$prefix/include/mbedtls/build_info.h"; then
	echo "$0: there is no mbedTLS 3.x in $prefix" >&2
	exit 1
fi
cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DIOTKIT_WERROR=ON \
	-DCMAKE_PREFIX_PATH="$prefix"
# Found before, or elsewhere: the tests would pass with another mbedTLS.
for entry in "MBED_INCLUDE:PATH=$prefix/include" "MBED_tls:FILEPATH=$prefix/lib"; do
	if ! grep -q "^$entry" "$build/CMakeCache.txt"; then
		echo "$0: CMake did not take mbedTLS from $prefix; remove $build" >&2
		exit 1
	fi
done
ninja -C "$build"
cd "$build"
exec ctest --output-on-failure -R '^(unit|integration|faults|tls|programs)\.' "$@"
