#!/usr/bin/env bash
# iotkit.h compiles alone, without a warning, as every C and C++ in use, and
# declares exactly the functions of symbols.txt.
# usage: header.sh INCLUDE_DIR
set -euo pipefail

here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '#include <iotkit.h>\nint main(void) { return IOTKIT_VERSION_MAJOR + IOTKIT_VERSION_MINOR + IOTKIT_VERSION_PATCH < 0; }\n' >"$work/alone.c"
cp "$work/alone.c" "$work/alone.cpp"

compile() { # COMPILER STANDARD SOURCE
	command -v "$1" >/dev/null || { echo "skipped: no $1"; return; }
	"$1" "-std=$2" -Wall -Wextra -Wpedantic -Werror -I "$include" -c "$work/$3" -o "$work/out.o" ||
		{ echo "iotkit.h is not $2 for $1" >&2; exit 1; }
}

include=$1
for standard in c99 c11 c17; do
	for compiler in gcc clang; do compile $compiler $standard alone.c; done
done
for standard in c++11 c++14 c++17 c++20; do
	for compiler in g++ clang++; do compile $compiler $standard alone.cpp; done
done

declared=$(gcc -E -P -I "$include" "$work/alone.c" | tr '\n' ' ' | grep -oE 'iotkit_[a-z_]+ *\(' | tr -d ' (' | sort -u)
diff <(grep -v '^#' "$here/symbols.txt" | sort) <(echo "$declared") ||
	{ echo "iotkit.h and symbols.txt name different functions" >&2; exit 1; }
