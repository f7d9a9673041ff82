# shellcheck shell=bash
# What `./run lesson 5` does; examples/lessons/lesson.sh has the words.

publish() {
	run_as pub mosquitto_pub -p "$port" -t lesson/05/news "$@"
}

# Start the program, and return once it is subscribed.
attend() {
	start_lesson "$1"
	pid=$!
	expect broker "Sending SUBACK to lesson-05"
}

leave() {
	publish -q 1 -m bye
	finish "$pid"
	expect broker "Client lesson-05 .*disconnected"
}

steps() {
	local pid

	step "A persistent session: who was here before"
	attend persistent
	publish -q 1 -m "while you are here"
	expect program "got: while you are here"
	leave

	step "The program is away, and messages come"
	publish -q 0 -m "while you were away, with QoS 0"
	publish -q 1 -m "while you were away, with QoS 1"

	step "It comes back, and finds what has QoS 1"
	attend persistent
	expect program "connected: the broker knew the session"
	expect program "got: while you were away, with QoS 1"
	leave
	reject program "QoS 0"

	step "A clean session is forgotten when its client leaves"
	attend clean
	leave
	publish -q 1 -m "while you were away"

	step "It comes back, and finds nothing"
	attend clean
	expect program "connected: a new session"
	leave
	reject program "while you were away"

	step "The broker is stopped under the program, and started again"
	attend persistent
	say "  \$ kill $broker"
	stop_broker
	expect program "disconnected: "
	start_broker
	expect program "connected: the broker knew the session"
	publish -q 1 -m "after the broker's restart"
	expect program "got: after the broker's restart"

	step "The broker reads its configuration anew, and nobody is disconnected"
	say "  \$ kill -HUP $broker"
	kill -HUP "$broker"
	expect broker "Reloading config"
	publish -q 1 -m "after the reload"
	expect program "got: after the reload"
	leave
	reject program "disconnected: "
}
