#!/usr/bin/env bash
# The reference of the C API can be made, without a warning, and knows every function.
# usage: reference.sh SOURCE_DIR IOTKIT.MAP
set -euo pipefail

IOTKIT_DOCS=$(mktemp -d)
IOTKIT_VERSION=test
export IOTKIT_DOCS IOTKIT_VERSION
trap 'rm -rf "$IOTKIT_DOCS"' EXIT
cd "$1"
doxygen docs/reference/Doxyfile
while read -r function; do
	grep -q "name\">$function\|>$function<" "$IOTKIT_DOCS"/html/iotkit_8h.html ||
		{ echo "the reference does not have $function()" >&2; exit 1; }
done < <(sed -n 's/^\t\(iotkit_[a-z_]*\);$/\1/p' "$2")
