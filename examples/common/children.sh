# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What a script needs that shows programs at work: it starts them, waits for what they say, and
# ends them all when it ends itself. To be sourced.

# shellcheck disable=SC2034 # of those who source this
declare -A names=() # of our children, by pid
patience_s=10 # how long await() waits

say() {
	printf '%s\n' "$*"
}

# Start a program in the background, in a process group of its own: Ctrl-C is for
# the script, which ends them in the right order.
start() {
	local name=$1
	shift
	set -m
	"$@" &
	set +m
	names[$!]=$name
}

is_running() {
	kill -0 "$1" 2>/dev/null
}

# Ask a child to end, and insist after eight seconds: the gateway may take five to say goodbye.
end_child() {
	local pid=$1 i
	kill -TERM "$pid" 2>/dev/null || return 0
	for ((i = 0; i < 80; i++)); do
		is_running "$pid" || return 0
		sleep 0.1
	done
	kill -KILL "$pid" 2>/dev/null || true
}

# Wait until a command succeeds, while there is patience and the child lives.
await() {
	local pid=$1 i
	shift
	for ((i = 0; i < patience_s * 10; i++)); do
		! "$@" || return 0
		is_running "$pid" || break
		sleep 0.1
	done
	return 1
}
