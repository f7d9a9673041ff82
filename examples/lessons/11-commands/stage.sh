# What `./run lesson 11` does; examples/lessons/lesson.sh has the words.

targets=(simboard plain_sketch porch_sketch iotkit-certs)
board= # the pid of the one that runs

# The LED of an Uno is on pin B5: "pin B5 1" is what the board itself has done.
start_board() {
	start_as "$1" "$built/tests/simboard" --link "$place/$1" --watch-pin B5 "$built/sketches/$2.elf"
	board=$!
	expect "$1" "^/dev/pts/"
}

# A command that fails makes the program fail, as it should.
failing() {
	! lesson "$@" || give_up "this should have failed"
}

port_of() {
	say "serial:$place/$1?baud=115200"
}

commands_of_ours() {
	step "The board has a LED and the command led"
	start_board porch porch_sketch
	lesson porch "$(port_of porch)" led 1 led 0
	expect porch "^pin B5 1"
	expect porch "^pin B5 0"
	expect program "^led 1, by us: done"
	expect program "^led 0, by us: done"

	step "A command that it does not have"
	failing porch "$(port_of porch)" fan 1
	expect program "^fan 1, by us: .*fan"
}

publish() {
	run_as pub mosquitto_pub -p "$port" -q 1 -t iotkit/porch/led/set "$@"
}

commands_by_mqtt() {
	step "The same by MQTT, from whoever may write to that topic; but not what is retained"
	publish -m 1 -r
	start_lesson porch "$(port_of porch)"
	local reader=$!
	expect program "retained command .* was passed over"
	expect program "takes the commands led" # else it is no kit yet
	publish -m 0
	expect program "^led 0, by MQTT: done"
	reject porch "^pin B5 1"
	publish -m 1
	expect program "^led 1, by MQTT: done"
	expect porch "^pin B5 1"

	step "What the board reports as its state is retained, for who comes later"
	run_as sub mosquitto_sub -p "$port" -v -t iotkit/porch/led -C 1
	expect sub "^iotkit/porch/led 1"
	end_child "$reader"
	unset "names[$reader]"
}

unplug_board() {
	end_child "$board"
	unset "names[$board]"
}

commands_that_fail() {
	unplug_board
	step "A board that is not there: the command waits for it, but not for ever"
	uri+="?command.ttl_ms=1000"
	failing attic "$(port_of attic)" led 1
	expect program "^led 1, by us: the board was absent"

	step "A plain sketch has nothing that could answer"
	start_board greenhouse plain_sketch
	failing greenhouse "$(port_of greenhouse)" led 1
	expect program "^led 1, by us: .*IoTKit"
}

steps() {
	hide_lines broker # a board says much
	commands_of_ours
	commands_by_mqtt
	commands_that_fail
}
