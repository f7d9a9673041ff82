# shellcheck shell=bash
# What `./run lesson 6` does; examples/lessons/lesson.sh has the words.

targets=(iotkit-outbox)

# Not to lose what the watcher is slow to take: by default 1000 may wait for it.
broker_settings() {
	printf '%s\n' "allow_anonymous true" "max_queued_messages 100000"
}

steps() {
	local outbox=$place/numbers.outbox pid

	step "There is no broker, and the program is killed"
	start_as watcher mosquitto_sub -p "$port" -q 2 -i watcher -c -t lesson/06/number -F "got %p"
	expect broker "Sending SUBACK to watcher"
	say "  \$ kill $broker"
	stop_broker
	start_lesson "$outbox" 1 5
	pid=$!
	expect program "accepted: 5"
	kill_hard "$pid"
	run_as outbox iotkit-outbox "$outbox"
	expect outbox "^Messages +5,"

	step "There is a broker, and the program is started with nothing new to say"
	start_broker
	lesson "$outbox"
	expect program "waiting from before: 5"
	expect program "the broker has them all"
	expect watcher "got 5"

	step "The program is killed in the midst of it"
	tell "It is to publish 20000 numbers. From here on there is too much to show: $place/*.log have it."
	hide_lines broker program watcher
	start_lesson "$outbox" 6 20000
	pid=$!
	expect watcher "got 50$"
	kill_hard "$pid"
	run_as outbox iotkit-outbox --rows 3 "$outbox"

	step "It is started again, and each number has come exactly once, in order"
	run_as again "${program[@]}" "$uri" "$outbox"
	expect again "the broker has them all"
	run_as pub mosquitto_pub -p "$port" -q 2 -t lesson/06/number -m end
	expect watcher "got end"
	tell "This is how it began, of the broker's log:"
	last_greeting
	check_numbers
}

# What the broker heard first from the program's last life.
last_greeting() {
	awk '/New client connected .* as lesson-06/ { lines = ""; count = 0 }
		/lesson-06/ && count++ < 6 { lines = lines "  broker   | " $0 "\n" }
		END { printf "%s", lines }' "$place/broker.log"
}

check_numbers() {
	local came accepted
	came=$(sed -n 's/^got \([0-9]*\)$/\1/p' "$place/watcher.log")
	accepted=$(sed -n 's/^accepted: //p' "$place/program.log" | tail -n 1)
	[[ $came == "$(seq "$accepted")" || $came == "$(seq $((accepted + 1)))" ]] ||
		give_up "numbers were lost or came twice: $place/watcher.log"
	tell "Accepted: 1 to $accepted, then came kill -9. The watcher got $(wc -l <<<"$came") numbers," \
		"each once and in order."
}
