#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The demo, started by `./run demo [--seconds N]`, which has built everything:
# a private broker with TLS and users, two simulated boards that run real sketches,
# the gateway between them, and a view of what comes out of the broker, which also sends
# commands. In the middle the gateway is killed, and started again. All that is written is in
# demo/ below the build folder (IOTKIT_BUILD_DIR, by default build/dev); when it
# ends, by itself or by Ctrl-C, nothing is left running.
#
#   greenhouse   runs PlainSketch, which prints lines
#   porch        runs examples/demo/Porch, with the library IoTKit
#
# The boards are not reset when their port is opened, as a Leonardo or a Nano Every is not;
# a Uno would be, and what waits in its memory would be lost.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
built=${IOTKIT_BUILD_DIR:-$root/build/dev}
place=$built/demo
# Debian keeps mosquitto where only root's PATH looks.
PATH=$PATH:/usr/sbin

away_s=2 # how long the gateway is gone
longest_until_kill_s=15

port=
view=
gateway=
killed=
stopped=

# shellcheck source-path=SCRIPTDIR source=../common/children.sh
. "$root/examples/common/children.sh"

# Start a program, its output in a log of its name.
start_logged() {
	local log=$place/$1.log
	: >"$log" # here, so that nobody reads the last demo's
	start "$@" >>"$log" 2>&1
}

# The gateway first: it still has something to tell the broker.
end_children() {
	local pid name
	trap '' INT TERM HUP
	for name in timer view iotkit-gateway greenhouse porch mosquitto; do
		for pid in "${!names[@]}"; do
			[[ ${names[$pid]} != "$name" ]] || end_child "$pid"
		done
	done
	wait
	rm -rf "$place/broker" # it has passwords in it
}

give_up() {
	local name=$1
	say "The demo cannot go on: $name ended or does not answer. Its log, $place/$name.log, ends:"
	tail -n 10 "$place/$name.log" | sed 's/^/    /'
	exit 1
}

# The users are gateway, viewer and guest, who may also send commands; of this machine's own
# boards none takes part.
configure_broker() {
	rm -rf "$place/broker"
	"$built/bin/iotkit-broker" init "$place/broker" --listen 127.0.0.1 --port "$port" >/dev/null
	"$built/bin/iotkit-broker" add-user "$place/broker" guest --role operator >/dev/null
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
	local name=$1 sketch=$2
	rm -f "$place/$name"
	start_logged "$name" "$built/tests/simboard" --link "$place/$name" --watch-pin B5 \
		"$built/sketches/$sketch.elf"
	await $! test -e "$place/$name" || give_up "$name"
}

# With QoS 2, and the outbox that gateway.conf names, nothing comes twice either.
start_gateway() {
	start_logged iotkit-gateway "$built/bin/iotkit-gateway" -c "$place/broker/gateway.conf" \
		--option metric.qos=2 \
		--device "greenhouse=serial:$place/greenhouse?baud=115200" \
		--device "porch=serial:$place/porch?baud=115200"
	gateway=$!
}

# In the background too: bash answers signals only while it waits in `wait`.
start_view() {
	start view "$built/bin/iotkit-demo-view" --config "$place/broker/guest.conf" \
		--pin-log "$place/porch.log" "$@"
	view=$!
}

# When it rings, await_view() does what is next.
start_timer() {
	start timer sleep "$1"
}

# The view draws over what is said in a terminal meanwhile, and tells it itself.
comment() {
	[[ -t 1 ]] || say "# $*"
}

kill_gateway() {
	killed=yes
	unset "names[$gateway]" # nobody shall wonder that it ended
	comment "the gateway is killed: kill -9 $gateway"
	kill -KILL "$gateway"
	{ wait "$gateway" || true; } 2>/dev/null # bash would tell that it was killed
	start_timer "$away_s"
}

ring() {
	if [[ -z $killed ]]; then
		kill_gateway
	else
		start_gateway
		comment "the gateway is started again, $away_s s later"
	fi
}

# The view ends when its time is over, or by a signal; nothing else may end before.
await_view() {
	local ended code
	while true; do
		code=0
		wait -n -p ended "${!names[@]}" || code=$?
		if [[ ${ended:-} == "$view" ]]; then
			return "$code"
		elif [[ -n ${ended:-} && ${names[$ended]} == timer ]]; then
			unset "names[$ended]"
			[[ -n $stopped ]] || ring
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
	if (($# == 0)) || [[ $# -eq 2 && $1 == --seconds && $2 =~ ^[1-9][0-9]{1,6}$ ]]; then
		return
	fi
	say "Usage: ./run demo [--seconds N], of which there must be 10 or more" >&2
	exit 2
}

# In the middle, but where one looks on not too late.
seconds_until_kill() {
	local half=$((${2:-100} * 2 / 5))
	say $((half < longest_until_kill_s ? half : longest_until_kill_s))
}

main() {
	check_arguments "$@"
	mkdir -p "$place"
	trap end_children EXIT
	trap stop_view INT TERM HUP
	say "Starting a private broker, two simulated Arduino Unos, and the gateway, which will be"
	say "killed after $(seconds_until_kill "$@") s and started again $away_s s later."
	start_broker
	start_board greenhouse plain_sketch
	start_board porch porch_sketch
	start_view "$@"
	start_gateway
	start_timer "$(seconds_until_kill "$@")"
	say "Broker: mqtts://127.0.0.1:$port   boards: $place/{greenhouse,porch}   logs: $place/*.log"
	say "greenhouse runs a plain sketch, porch one with the library; Ctrl-C ends the demo with a sum."
	say
	await_view
}

main "$@"
