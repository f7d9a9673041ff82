#!/usr/bin/env bash
# What a release promised, kept in a folder of its own beside this file: its header, its symbols
# and what abidw read from its library. `check` holds today's library against each of them.
#
# usage: baseline.sh check LIBIOTKIT.SO INCLUDE_DIR     as the test abi.baseline
#        baseline.sh keep LIBIOTKIT.SO INCLUDE_DIR      as ./run abi-baseline
#
# A folder is made by `keep` for the version that the header has, and made anew until that
# version has its tag in git; from then on it never changes again.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)

die() { printf '%s\n' "$*" >&2; exit 1; }

header_number() { sed -n "s/^#define IOTKIT_VERSION_$1 \([0-9]*\).*/\1/p" "$2/iotkit.h"; }

# Nothing in it tells where or when it was made.
dump() { # LIBRARY INCLUDE_DIR OUT
	abidw --headers-dir "$2" --drop-private-types --drop-undefined-syms --no-show-locs \
		--no-comp-dir-path --no-corpus-path --no-elf-needed --short-locs \
		--type-id-style hash --out-file "$3" "$1"
}

keep() {
	local library=$1 include=$2 version folder
	version=$(header_number MAJOR "$include").$(header_number MINOR "$include")
	folder=$here/$version
	if git -C "$here" rev-parse -q --verify "refs/tags/v$version.0" >/dev/null; then
		die "v$version.0 is released: what it promised in ${folder#"$PWD"/} is never changed again"
	fi
	mkdir -p "$folder"
	cp "$include/iotkit.h" "$here/symbols.txt" "$folder/"
	dump "$library" "$include" "$folder/libiotkit.abi"
	echo "kept in ${folder#"$PWD"/}"
}

# abidiff exits with a sum of bits: 1 error, 2 usage, 4 something changed, 8 it is incompatible.
explain() { # STATUS FOLDER
	case $1 in
	4) cat <<-END ;;
		Programs made for $2 may be harmed or not: that must be decided for this change. What
		docs/abi.md allows, as a struct with a struct_size that grew at its end, goes with its
		reason into tests/abi/$2/allowed.suppr. If $2.0 is not tagged yet: ./run abi-baseline
		END
	*) echo "This breaks programs made for $2, or abidiff failed (it exits with $1)." ;;
	esac
}

# No --headers-dir2: a dump without locations has no type that abidiff takes for public then, and
# changes of structs pass.
differ() { # DUMP LIBRARY [OPTION...]
	abidiff --no-default-suppression --fail-no-debug-info --no-added-syms --no-show-locs \
		"${@:3}" "$1" "$2"
}

check_one() { # LIBRARY FOLDER
	local status=0 allowed=()
	[ ! -f "$2/allowed.suppr" ] || allowed=(--suppressions "$2/allowed.suppr")
	differ "$2/libiotkit.abi" "$1" "${allowed[@]}" || status=$?
	((status == 0)) || { explain $status "$(basename "$2")"; return 1; }
	echo "today's library keeps what $(basename "$2") promised"
}

# A field that has moved is seen: abidiff looks at what it is to look at.
check_sight() { # LIBRARY FOLDER
	local work status=0
	work=$(mktemp)
	sed "s/layout-offset-in-bits='64'/layout-offset-in-bits='96'/" "$2/libiotkit.abi" >"$work"
	differ "$work" "$1" >/dev/null || status=$?
	rm "$work"
	((status == 4)) || die "abidiff does not see that a field has moved: it exits with $status"
}

check() {
	local folder failed=0
	command -v abidiff >/dev/null || die "there is no abidiff: install abigail-tools, as apt.txt says"
	for folder in "$here"/[0-9]*.[0-9]*/; do
		[ -f "$folder/libiotkit.abi" ] || die "$folder has no libiotkit.abi: ./run abi-baseline"
		check_one "$1" "${folder%/}" || failed=1
		check_sight "$1" "${folder%/}"
	done
	return $failed
}

(($# == 3)) || die "usage: baseline.sh check|keep LIBIOTKIT.SO INCLUDE_DIR"
case $1 in
check | keep) "$@" ;;
*) die "there is no command '$1'" ;;
esac
