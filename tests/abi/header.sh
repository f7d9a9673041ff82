#!/usr/bin/env bash
# iotkit.h compiles alone, without a warning, as every C and C++ in use, with all of its macros;
# its comments name what is there (clang's -Wdocumentation); it declares exactly the functions of
# symbols.txt. A compiler that is missing is a failure: apt.txt has both.
# usage: header.sh INCLUDE_DIR MACROS.C
set -euo pipefail

here=$(dirname "$0")
include=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '#include <iotkit.h>\nint main(void) { return 0; }\n' >"$work/alone.c"
cp "$2" "$work/macros.c"
for name in alone macros; do cp "$work/$name.c" "$work/$name.cpp"; done

die() { echo "$*" >&2; exit 1; }

compile() { # COMPILER STANDARD SOURCE [FLAG...]
	"$1" "-std=$2" -Wall -Wextra -Wpedantic -Werror "${@:4}" -I "$include" \
		-c "$work/$3" -o "$work/out.o" || die "iotkit.h is not $2 for $1 ($3)"
}

for standard in c99 c11 c17; do
	for source in alone.c macros.c; do
		compile gcc $standard $source -Wstrict-prototypes
		compile clang $standard $source -Wstrict-prototypes -Wdocumentation
	done
done
for standard in c++11 c++14 c++17 c++20; do
	for source in alone.cpp macros.cpp; do
		compile g++ $standard $source
		compile clang++ $standard $source -Wdocumentation
	done
done

declared=$(gcc -E -P -I "$include" "$work/alone.c" | tr '\n' ' ' |
	grep -oE 'iotkit_[a-z_]+ *\(' | tr -d ' (' | sort -u)
diff <(grep -v '^#' "$here/symbols.txt" | sort) <(echo "$declared") ||
	die "iotkit.h and symbols.txt name different functions"
