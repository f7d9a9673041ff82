# What `./run lesson 10` does; examples/lessons/lesson.sh has the words.

targets=(simboard plain_sketch porch_sketch iotkit-ports)
board= # the pid of the one that runs
reader= # that of the program

start_board() {
	local name=$1 sketch=$2
	start_as "$name" "$built/tests/simboard" --link "$place/$name" "$built/sketches/$sketch.elf"
	board=$!
	expect "$name" "^/dev/pts/"
	start_lesson "$name" "serial:$place/$name?baud=115200"
	reader=$!
	expect program "^$name is online"
}

end() {
	local pid
	for pid in "$reader" "$board"; do
		end_child "$pid"
		unset "names[$pid]"
	done
}

# The cable of the board: out, and in again. Meanwhile the sketch goes on.
pull() {
	say "  (the cable is pulled)"
	kill -USR2 "$board"
	expect program "^$1 is offline"
	run_as sub mosquitto_sub -p "$port" -t "iotkit/$1/status" -v -C 1
	expect sub "iotkit/$1/status offline"
	sleep 2
}

plug() {
	say "  (and put back)"
	kill -USR2 "$board"
	expect program "^$1 is online"
}

# How many of a board's numbers, which count 1 2 3 ..., are not among those that the program printed.
missing() {
	awk -v board="$1" -v metric="$2" '
		$1 == board && $2 == metric { lost += count++ ? $3 - last - 1 : 0; last = $3 }
		END { print lost + 0 }' "$place/program.log"
}

# So that there are some after the cable was put back.
expect_more() {
	local count
	count=$(grep -c "^$1 $2 " "$place/program.log")
	await $$ count_exceeds "$1 $2" $((count + 3)) || give_up "$1 measures no more"
}

count_exceeds() {
	(($(grep -c "^$1 " "$place/program.log") > $2))
}

plain_board() {
	local lost
	step "A plain sketch: it prints three numbers ten times a second"
	start_board greenhouse plain_sketch
	expect program "^greenhouse temperature [0-9.-]+$"
	run_as sub mosquitto_sub -p "$port" -t 'iotkit/greenhouse/+' -v -C 4
	expect sub "iotkit/greenhouse/status online"
	expect sub "iotkit/greenhouse/(temperature|light|sample) [0-9]"

	step "The cable is pulled for two seconds: what the board measured meanwhile is lost"
	(($(missing greenhouse sample) == 0)) || give_up "some lines were lost before that"
	pull greenhouse
	plug greenhouse
	expect_more greenhouse sample
	lost=$(missing greenhouse sample)
	say "  $lost samples are missing"
	((lost > 0)) || give_up "no sample is missing"
	end
}

board_with_the_library() {
	local lost
	step "A sketch with the library IoTKit keeps each reading until it is safe in the gateway"
	start_board porch porch_sketch
	expect program "^porch reading [0-9]"
	expect program "^porch temperature [0-9.-]+ Cel"
	pull porch
	plug porch
	expect_more porch reading
	lost=$(missing porch reading)
	say "  $lost readings are missing"
	((lost == 0)) || give_up "there should be none"
	end
}

steps() {
	hide_lines broker # a board says much
	plain_board
	board_with_the_library
}
