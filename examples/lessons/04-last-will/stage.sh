# shellcheck shell=bash
# What `./run lesson 4` does; examples/lessons/lesson.sh has the words.

steps() {
	local pid

	step "A program that is killed"
	tell "A watcher looks on. The program gives the broker its will, and says that it is online."
	start_as watcher mosquitto_sub -p "$port" -v -t lesson/04/status
	expect broker "Sending SUBACK"
	start_idle_lesson
	pid=$!
	expect watcher "status online"
	kill_hard "$pid"
	expect watcher "status vanished"
	tell "The broker found the connection closed without a goodbye, and published the will."

	step "A program that ends in peace"
	start_idle_lesson
	pid=$!
	expect watcher "status online"
	say "  (Enter)"
	say >&"$keyboard"
	finish "$pid"
	expect watcher "status offline"
	reject watcher "status vanished"
	expect broker "Received DISCONNECT from lesson-04"

	step "Who comes later learns the last status, since it is retained"
	run_as late mosquitto_sub -p "$port" -v -t lesson/04/status -C 1
	expect late "status offline"
}

# The program, which goes on until there is something on its standard input.
start_idle_lesson() {
	[[ -p $place/keyboard ]] || mkfifo "$place/keyboard"
	exec {keyboard}<>"$place/keyboard"
	start_lesson <&"$keyboard"
}
