#!/usr/bin/env bash
# The libraries show the functions listed in symbols.txt, each in the version node that it came
# with, and nothing else. The SONAME is the ABI's major version; no node is of a later release.
# usage: symbols.sh LIBIOTKIT.SO LIBIOTKIT.A SYMBOLS.TXT VERSION
set -euo pipefail

die() { echo "$*" >&2; exit 1; }

major=${4%%.*}
minor=${4#*.}
minor=${minor%%.*}

# NAME@@NODE, as nm tells it: the default version of each name.
wanted=$(awk '/^# node / { node = $3 } /^[^#]/ { print $1 "@@" node }' "$3" | sort)
shared=$(nm -D --defined-only --with-symbol-versions "$1" | awk '$2 != "A" { print $3 }' | sort)
diff <(echo "$wanted") <(echo "$shared") || die "libiotkit.so differs from symbols.txt"

static=$(nm -g --defined-only "$2" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort)
# Sanitizers add symbols of their own to objects.
extra=$(comm -13 <(grep -v '^#' "$3" | sort) <(echo "$static") |
	grep -vE '^(__asan|__odr_asan|__ubsan|__tsan|_ZT)' || true)
[ -z "$extra" ] || die "libiotkit.a shows more than the ABI: $extra"

soname=$(readelf -d "$1" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
[ "$soname" = "libiotkit.so.$major" ] || die "the SONAME is $soname, not libiotkit.so.$major"

# Also those without a function of their own.
while read -r node; do
	[[ $node =~ ^IOTKIT_$major\.([0-9]+)$ && ${BASH_REMATCH[1]} -le $minor ]] ||
		die "the node $node is none of version $4"
done < <(readelf -V "$1" | sed -n 's/.*Name: \(IOTKIT_[0-9.]*\).*/\1/p' | sort -u)
