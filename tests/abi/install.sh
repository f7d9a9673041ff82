#!/usr/bin/env bash
# Installs into a new prefix, then builds and runs a C and a C++ program against
# it, found once by pkg-config and once by find_package.
# usage: install.sh BUILD_DIR LIBDIR
set -euo pipefail

build=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
export LD_LIBRARY_PATH=$prefix/$2
export PKG_CONFIG_PATH=$prefix/$2/pkgconfig

cmake --install "$build" --prefix "$prefix" >"$work/install.log" || { cat "$work/install.log"; exit 1; }

expect() { # FILE...: they were installed
	for file in "$@"; do
		[ -e "$prefix/$file" ] || { echo "not installed: $file" >&2; exit 1; }
	done
}
expect include/iotkit.h "$2/libiotkit.so" "$2/libiotkit.so.1" "$2/libiotkit.a" "$2/pkgconfig/iotkit.pc" \
	share/man/man3/iotkit.3 share/man/man5/iotkit-options.5 share/doc/iotkit/docs/{lines,abi}.md
for program in gateway pub sub ports certs outbox doctor; do
	expect "bin/iotkit-$program" "share/man/man1/iotkit-$program.1"
	"$prefix/bin/iotkit-$program" --version | grep -q "$(pkg-config --modversion iotkit)"
done

# What pkg-config says is split into words on purpose.
# shellcheck disable=SC2046
build_by_pkg_config() {
	cc -Wall -Werror "$here/consumer/consumer.c" -o "$work/c" $(pkg-config --cflags --libs iotkit)
	c++ -Wall -Werror "$here/consumer/consumer.cpp" -o "$work/cpp" $(pkg-config --cflags --libs iotkit)
	cc -Wall -Werror "$here/consumer/consumer.c" -o "$work/c-static" \
		$(pkg-config --cflags iotkit) "$prefix/$libdir/libiotkit.a" \
		$(pkg-config --static --libs-only-l iotkit | sed 's/-liotkit//')
}
libdir=$2
build_by_pkg_config
for program in c cpp c-static; do
	"$work/$program" | grep -q "iotkit $(pkg-config --modversion iotkit)"
done

cmake -S "$here/consumer" -B "$work/consumer" -DCMAKE_PREFIX_PATH="$prefix" >"$work/cmake.log" ||
	{ cat "$work/cmake.log"; exit 1; }
cmake --build "$work/consumer" >"$work/make.log" || { cat "$work/make.log"; exit 1; }
for program in consumer_c consumer_cpp consumer_static; do
	"$work/consumer/$program" | grep -q "iotkit $(pkg-config --modversion iotkit)"
done
echo "installed, and used by pkg-config and by find_package, from C and C++"
