# shellcheck shell=bash
# What `./run lesson 1` does; examples/lessons/lesson.sh has the words.

steps() {
	step "A publisher, and a subscriber who comes late"
	tell "The broker passes on what comes, and keeps nothing, unless the publisher asks for it:" \
		"look for r1 in the broker's PUBLISH lines."
	lesson
	expect broker "Received PUBLISH from lesson-01-publisher .*r1.*cellar/temperature"
	expect broker "Sending PUBLISH to lesson-01-subscriber .*r1.*cellar/temperature"
	expect broker "Client lesson-01-publisher .*disconnected"
	reject broker "Sending PUBLISH to lesson-01-subscriber .*oven"

	step "Who comes later still gets what is retained, once, and nothing else"
	run_as sub mosquitto_sub -p "$port" -v -t 'lesson/01/#' -C 1
	expect sub "lesson/01/cellar/temperature 11"

	step "An empty retained message takes it back"
	run_as pub mosquitto_pub -p "$port" -r -n -t lesson/01/cellar/temperature
	run_as pub mosquitto_pub -p "$port" -r -t lesson/01/end -m end
	run_as sub mosquitto_sub -p "$port" -v -t 'lesson/01/#' -C 1
	expect sub "lesson/01/end end"
}
