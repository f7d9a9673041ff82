#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The demo, started by `./run demo [--seconds N]`, which has built everything:
# a private broker with TLS and users, a simulated board that runs a real sketch,
# the gateway between them, and a view of what comes out of the broker. All it writes is in
# demo/ below the build folder (IOTKIT_BUILD_DIR, by default build/dev); when it
# ends, by itself or by Ctrl-C, nothing is left running.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
built=${IOTKIT_BUILD_DIR:-$root/build/dev}
place=$built/demo
# Debian keeps mosquitto where only root's PATH looks.
PATH=$PATH:/usr/sbin

port=
view=
stopped=
declare -A names=() # of our children, by pid

say() {
	printf '%s\n' "$*"
}

# Start a program in the background, in a process group of its own: Ctrl-C is for
# this script, which ends them in the right order.
start() {
	local name=$1
	shift
	set -m
	"$@" &
	set +m
	names[$!]=$name
}

# The same, its output in a log of its name.
start_logged() {
	local log=$place/$1.log
	: >"$log" # here, so that nobody reads the last demo's
	start "$@" >>"$log" 2>&1
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

# The gateway first: it still has something to tell the broker.
end_children() {
	local pid name
	trap '' INT TERM HUP
	for name in view iotkit-gateway simboard mosquitto; do
		for pid in "${!names[@]}"; do
			[[ ${names[$pid]} != "$name" ]] || end_child "$pid"
		done
	done
	wait
	rm -rf "$place/broker" # it has passwords in it
}

# Wait until a command succeeds, for ten seconds at most and while the child lives.
await() {
	local pid=$1 i
	shift
	for ((i = 0; i < 100; i++)); do
		! "$@" || return 0
		is_running "$pid" || break
		sleep 0.1
	done
	return 1
}

give_up() {
	local name=$1
	say "The demo cannot go on: $name ended or does not answer. Its log, $place/$name.log, ends:"
	tail -n 10 "$place/$name.log" | sed 's/^/    /'
	exit 1
}

# The users are gateway and viewer; of this machine's own boards none takes part.
configure_broker() {
	rm -rf "$place/broker"
	"$built/bin/iotkit-broker" init "$place/broker" --listen 127.0.0.1 --port "$port" >/dev/null
	sed -i '/^\[device /,$d' "$place/broker/gateway.conf"
}

# mosquitto takes no port 0, so try until one is free.
start_broker() {
	local attempt
	for ((attempt = 0; attempt < 10; attempt++)); do
		port=$((20000 + RANDOM % 10000))
		configure_broker
		start_logged mosquitto mosquitto -c "$place/broker/mosquitto.conf"
		if await $! grep -q ' running$' "$place/mosquitto.log"; then
			return
		fi
		end_child $!
		unset "names[$!]"
	done
	give_up mosquitto
}

start_board() {
	rm -f "$place/board"
	start_logged simboard "$built/tests/simboard" --link "$place/board" --reset-on-open \
		"$built/sketches/plain_sketch.elf"
	await $! test -e "$place/board" || give_up simboard
}

start_gateway() {
	start_logged iotkit-gateway "$built/bin/iotkit-gateway" -c "$place/broker/gateway.conf" \
		--device "greenhouse=serial:$place/board?baud=115200"
}

# In the background too: bash answers signals only while it waits in `wait`.
start_view() {
	start view "$built/bin/iotkit-demo-view" --config "$place/broker/viewer.conf" \
		--base iotkit/gateway "$@"
	view=$!
}

# The view ends when its time is over, or by a signal; nothing else may end before.
await_view() {
	local ended code
	while true; do
		code=0
		wait -n -p ended "${!names[@]}" || code=$?
		if [[ ${ended:-} == "$view" ]]; then
			return "$code"
		elif [[ -n ${ended:-} && -z $stopped ]]; then
			give_up "${names[$ended]}"
		elif [[ -n ${ended:-} ]]; then
			unset "names[$ended]"
		fi
	done
}

stop_view() {
	stopped=yes
	[[ -n $view ]] || exit 130
	kill -TERM "$view" 2>/dev/null || true
}

check_arguments() {
	if (($# == 0)) || [[ $# -eq 2 && $1 == --seconds && $2 =~ ^[1-9][0-9]{0,6}$ ]]; then
		return
	fi
	say "Usage: ./run demo [--seconds N]" >&2
	exit 2
}

main() {
	check_arguments "$@"
	mkdir -p "$place"
	trap end_children EXIT
	trap stop_view INT TERM HUP
	say "Starting a private broker, a simulated Arduino Uno running PlainSketch, and the gateway."
	start_broker
	start_board
	start_view "$@"
	start_gateway
	say "Broker: mqtts://127.0.0.1:$port   board: $place/board   logs: $place/*.log"
	say
	await_view
}

main "$@"
