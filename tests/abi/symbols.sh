#!/usr/bin/env bash
# The libraries show the functions listed in symbols.txt, and nothing else.
# usage: symbols.sh LIBIOTKIT.SO LIBIOTKIT.A SYMBOLS.TXT
set -euo pipefail

wanted=$(grep -v '^#' "$3" | sort)
shared=$(nm -D --defined-only "$1" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort)
static=$(nm -g --defined-only "$2" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort)

diff <(echo "$wanted") <(echo "$shared") || { echo "libiotkit.so differs from symbols.txt" >&2; exit 1; }
# Sanitizers add symbols of their own to objects.
extra=$(comm -13 <(echo "$wanted") <(echo "$static") | grep -vE '^(__asan|__odr_asan|__ubsan|__tsan|_ZT)' || true)
[ -z "$extra" ] || { echo "libiotkit.a shows more than the ABI: $extra" >&2; exit 1; }
