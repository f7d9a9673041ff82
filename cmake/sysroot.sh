#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Makes a sysroot to cross-compile against: cmake/sysroot.sh ARCH DIR PACKAGE...
#
# Debian's packages of that architecture, and what they depend on, are taken from where this
# machine's apt takes its own, and unpacked into DIR. dpkg's database and its list of architectures
# stay as they are, and nobody need be root. What is there already, from the same list of packages,
# is kept.
set -euo pipefail

if (($# < 3)); then
	echo "usage: $0 ARCH DIR PACKAGE..." >&2
	exit 2
fi
arch=$1
root=$2
shift 2
wanted=$(printf '%s\n' "$@" | sort)

if [[ -f $root/.packages && $(<"$root/.packages") == "$wanted" ]]; then
	exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# An apt of its own, for one architecture and with nothing installed, that shares nothing with the
# machine's but where packages come from and whom it trusts.
mkdir -p "$work"/{lists,archives}/partial
touch "$work/status"
cat >"$work/apt.conf" <<-END
	APT::Architecture "$arch";
	APT::Architectures { "$arch"; };
	APT::Install-Recommends "false";
	APT::Sandbox::User "";
	Acquire::Languages "none";
	Dir::State "$work";
	Dir::State::status "$work/status";
	Dir::Cache "$work";
END
export APT_CONFIG=$work/apt.conf

fetch() {
	# One of its lists may be missing, as of a source that does not know the architecture; what
	# matters is whether the packages can be had.
	apt-get -q update || true
	apt-get -q -y --no-install-recommends --download-only install "$@"
}

if ! fetch "$@" >"$work/log" 2>&1; then
	echo "$0: cannot fetch Debian's packages for $arch: $(grep -m1 -E '^(E|W: Failed)' "$work/log" ||
		tail -n 1 "$work/log"). Is there a network, and has apt a source with $arch?" >&2
	exit 1
fi

# Packages put files into /lib and into /usr/lib, which are one on an installed system.
new=$root.new
rm -rf "$new"
mkdir -p "$new/usr/lib"
ln -s usr/lib "$new/lib"
for package in "$work"/archives/*.deb; do
	dpkg-deb --fsys-tarfile "$package" | tar -x -C "$new" --keep-directory-symlink
done

# Absolute links would lead out of it.
while IFS= read -r -d '' link; do
	ln -sfnr "$new$(readlink "$link")" "$link"
done < <(find "$new" -type l -lname '/*' -print0)

printf '%s\n' "$wanted" >"$new/.packages"
rm -rf "$root"
mv "$new" "$root"
