#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Runs one lesson: `./run lesson N [--python] [--check]` has built its program and calls this.
# It starts a private Mosquitto that logs all it does, then does the steps of the lesson's own
# stage.sh. What the broker logs and what the programs print is shown side by side, as it comes.
# When it ends, nothing is left running and its files are gone.
#
# In a terminal it waits for Enter before each step, and leaves the broker running at the end,
# to be played with. With --check, or without a terminal, it runs through. It fails when a step
# does not show what the lesson says it shows.
#
# stage.sh defines `steps`. It may set `targets`, the programs to build besides the lesson's own,
# and define anew `configure_broker`, `broker_settings` or `broker_uri`. It is told:
#
#   $uri $port $place    the broker, its port, and a folder for the lesson's files
#   step TEXT            begin a step
#   tell TEXT            what there is to see
#   lesson ARG...        run the lesson's program to its end; arguments follow the broker's URI
#   start_lesson ARG...  start it and go on; its pid is in $!, to be taken at once
#   run_as WHO COMMAND...      the same for another program, shown as WHO
#   start_as WHO COMMAND...
#   expect WHO REGEX     wait until WHO (broker, program, ...) has said this in this step
#   reject WHO REGEX     fail if WHO has said this in this step
#   hide_lines WHO...    where too many would come; they are kept nevertheless
#   start_broker, stop_broker, finish PID, kill_hard PID
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
built=${IOTKIT_BUILD_DIR:-$root/build/dev}
# Our programs first; Debian keeps mosquitto where only root's PATH looks.
PATH=$built/bin:$PATH:/usr/sbin
# For the Python twins: the binding and the library as they are in this checkout.
export PYTHONPATH=$root/bindings/python/src PYTHONDONTWRITEBYTECODE=1
export IOTKIT_LIBRARY=$built/lib/libiotkit.so.1

# shellcheck source-path=SCRIPTDIR source=../common/children.sh
. "$root/examples/common/children.sh"
patience_s=60

number=
folder=
language=c
check=
place=
port=
uri=
broker= # its pid
program=() # the lesson's
targets=()
declare -A marks=() # how many lines each had said when the step began

# ---- what a stage may define anew ----------------------------------------

broker_settings() {
	say "allow_anonymous true"
}

broker_uri() {
	say "mqtt://127.0.0.1:$port"
}

# As root it would become the user mosquitto, who cannot read our files.
configure_broker() {
	cat >"$place/mosquitto.conf" <<-END
		listener $port 127.0.0.1
		user $(id -un)
		persistence true
		persistence_location $place/
		log_dest stderr
		log_type all
		log_timestamp_format %Y-%m-%dT%H:%M:%S
		$(broker_settings)
	END
}

# ---- what is shown -------------------------------------------------------

print_help() {
	cat <<-'END'
		Usage: ./run lesson [N [--python] [--check]]

		  N          do lesson N; without it the lessons are listed
		  --python   with the program's twin in Python
		  --check    without waiting for a key; fails if it does not show what it should
	END
}

list() {
	local readme name
	say "The lessons; each has a README in its folder below examples/lessons/:"
	for readme in "$here"/[0-9][0-9]-*/README.md; do
		name=$(basename "$(dirname "$readme")")
		printf '  ./run lesson %-3s %s\n' "$((10#${name:0:2}))" "$(sed -n '1s/^# [^:]*: //p' "$readme")"
	done
}

is_watched() {
	[[ -z $check && -t 0 && -t 1 ]]
}

tell() {
	fmt -s -w 96 <<<"$*"
}

step() {
	local log who
	printf '\n== %s\n' "$*"
	! is_watched || read -r -s -p "   (Enter) " || true
	! is_watched || say
	for log in "$place"/*.log; do
		who=$(basename "$log" .log)
		marks[$who]=$(wc -l <"$log")
	done
}

# Shows each line with the name of who says it, and keeps it. What a broker says before it runs
# is only kept.
annotate() {
	local who=$1 line shown=yes
	[[ $who != broker ]] || shown=
	while IFS= read -r line || [[ -n $line ]]; do
		[[ $line != *" running" ]] || shown=yes
		[[ -z $shown || -e $place/hidden-$who ]] || printf '  %-9s| %s\n' "$who" "$line"
		printf '%s\n' "$line" >>"$place/$who.log"
	done
}

hide_lines() {
	touch "${@/#/$place/hidden-}"
}

# A command as one would type it at the top of the checkout.
announce() {
	local word line
	[[ $1 != stdbuf ]] || shift 2
	line=${1##*/}
	for word in "${@:2}"; do
		word=${word#"$root"/}
		[[ $word != *[[:space:]]* ]] || word="'$word'"
		line+=" $word"
	done
	say "  \$ $line"
}

# ---- what a step does ----------------------------------------------------

become() {
	local who=$1
	shift
	exec "$@" > >(annotate "$who") 2>&1
}

start_as() {
	local who=$1
	shift
	[[ $who == broker ]] || announce "$@"
	start "$who" become "$who" "$@"
}

run_as() {
	local who=$1
	shift
	announce "$@"
	"$@" 2>&1 | annotate "$who"
}

start_lesson() {
	start_as program "${program[@]}" "$uri" "$@"
}

lesson() {
	run_as program "${program[@]}" "$uri" "$@"
}

said() {
	grep -Eqs -- "$2" <(tail -n "+$((${marks[$1]:-0} + 1))" "$place/$1.log" 2>/dev/null)
}

expect() {
	await $$ said "$@" || give_up "$1 does not say what this lesson is about: $2"
}

reject() {
	! said "$@" || give_up "$1 says what it should not: $2"
}

# Wait for a program to end by itself.
finish() {
	wait "$1" || give_up "${names[$1]} ended with status $?"
	unset "names[$1]"
}

kill_hard() {
	say "  \$ kill -9 $1"
	unset "names[$1]" # nobody shall wonder that it ended
	kill -KILL "$1"
	{ wait "$1" || true; } 2>/dev/null # bash would tell that it was killed
}

give_up() {
	say "./run lesson${number:+ $number} cannot go on: $*" >&2
	exit 1
}

# ---- the broker ----------------------------------------------------------

try_broker() {
	: >"$place/broker.log"
	unset "marks[broker]"
	start_as broker mosquitto -c "$place/mosquitto.conf"
	broker=$!
	await "$broker" grep -q ' running$' "$place/broker.log"
}

# Where the README says, or, if that port is taken, anywhere. There at once for a check: while the
# broker is stopped, another checkout's must not come in its place.
open_broker() {
	local attempt
	port=$((18800 + 10#$number))
	[[ -z $check ]] || port=$((20000 + RANDOM % 10000))
	for ((attempt = 0; attempt < 10; attempt++)); do
		configure_broker
		uri=$(broker_uri)
		! try_broker || return 0
		stop_broker
		port=$((20000 + RANDOM % 10000))
	done
	give_up "mosquitto does not start: $(<"$place/broker.log")"
}

start_broker() {
	say "  \$ mosquitto -c mosquitto.conf"
	try_broker || give_up "mosquitto does not start: $(<"$place/broker.log")"
}

stop_broker() {
	end_child "$broker"
	wait "$broker" || true
	unset "names[$broker]"
	broker=
}

# ---- from start to end ---------------------------------------------------

# The broker last: others have something to tell it.
clean_up() {
	local pid
	trap '' INT TERM HUP
	for pid in "${!names[@]}"; do
		[[ ${names[$pid]} == broker ]] || end_child "$pid"
	done
	[[ -z $broker ]] || end_child "$broker"
	wait
	[[ -z $place ]] || rm -rf "$place"
}

find_lesson() {
	[[ $1 =~ ^[0-9]{1,2}$ ]] || give_up "lessons have numbers, and '$1' is none; ./run lesson lists them"
	printf -v number %02d "$((10#$1))"
	folder=$(find "$here" -maxdepth 1 -type d -name "$number-*")
	[[ -n $folder ]] || give_up "there is no such lesson; ./run lesson lists them"
	# shellcheck source=/dev/null
	. "$folder/stage.sh"
}

# Each line is to be seen when it is printed, not when the pipe's buffer is full.
choose_program() {
	if [[ $language == python ]]; then
		program=(python3 -u "$folder/lesson.py")
	else
		program=(stdbuf -oL "$built/bin/lesson-$number")
	fi
}

introduce() {
	local suffix=c
	[[ $language == c ]] || suffix=py
	head -n 1 "$folder/README.md" | sed 's/^# //'
	cat <<-END

		To read with it:  ${folder#"$root"/}/README.md
		The program:      ${folder#"$root"/}/lesson.$suffix
		The broker:       $uri, private; its log, all of it: $place/broker.log
		To look on, in another terminal:
		$(watching)
	END
}

# A stage with users or TLS defines this anew.
watching() {
	say "  mosquitto_sub -p $port -v -t '#'"
}

conclude() {
	say
	if is_watched; then
		tell "That was lesson $number. The broker goes on at $uri, for what you want to try yourself."
		read -r -s -p "Enter ends it. " || true
		say
	fi
	stop_broker
	say "Lesson $number has shown what it says."
}

run_lesson() {
	find_lesson "$1"
	choose_program
	trap clean_up EXIT
	trap 'exit 130' INT TERM HUP
	place=$(mktemp -d -t "iotkit-lesson-$number.XXXXXX")
	open_broker
	introduce
	steps
	conclude
}

# What is to be built, for ./run.
list_targets() {
	find_lesson "$1"
	say "lesson-$number" iotkit ${targets[@]+"${targets[@]}"}
}

main() {
	local wanted=
	while (($# > 0)); do
		case $1 in
		--python) language=python ;;
		--check) check=yes ;;
		--targets) shift && list_targets "${1:-}" && exit ;;
		-h | --help) print_help && exit ;;
		-*)
			say "./run lesson: there is no option '$1'" >&2
			print_help >&2
			exit 2
			;;
		*) wanted=$1 ;;
		esac
		shift
	done
	if [[ -n $wanted ]]; then
		run_lesson "$wanted"
	else
		list
	fi
}

main "$@"
