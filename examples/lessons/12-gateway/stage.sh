# What `./run lesson 12` does; examples/lessons/lesson.sh has the words.

targets=(simboard porch_sketch iotkit-gateway iotkit-certs iotkit-sub iotkit-outbox)
service= # what plays systemd

broker_uri() {
	say "mqtts://localhost:$port"
}

watching() {
	say "  iotkit-sub --broker mqtts://viewer@localhost:$port --cafile $place/broker/ca.crt \\"
	say "    --option mqtt.password_file=$place/broker/viewer.password -v -t 'iotkit/#'"
}

# The gateway's configuration is the one that iotkit-broker makes, with our board in it.
configure_broker() {
	rm -rf "$place/broker"
	iotkit-broker init "$place/broker" --listen 127.0.0.1 --port "$port" >/dev/null
	sed -i '/^\[device /,$d' "$place/broker/gateway.conf"
	cat >>"$place/broker/gateway.conf" <<-END
		[metric]
		qos = 2

		[reconnect]
		max_ms = 1000

		[device porch]
		port = serial:$place/porch?baud=115200
	END
	ln -sf broker/mosquitto.conf "$place/mosquitto.conf"
}

start_viewer() {
	start_as viewer iotkit-sub --broker "mqtts://viewer@localhost:$port" -i viewer -c -q 2 \
		--cafile "$place/broker/ca.crt" --option reconnect.max_ms=1000 \
		--option "mqtt.password_file=$place/broker/viewer.password" -v -t 'iotkit/#'
}

start_service() {
	start_as service python3 -u "$folder/supervise.py" "$@" "$place/broker/gateway.conf"
	service=$!
	expect service "^systemd: .*READY=1"
}

stop_service() {
	kill -TERM "$service"
	expect service "^systemd: ended with status 0"
	wait "$service"
	unset "names[$service]"
}

# The pid of the gateway that runs now.
gateway() {
	sed -n 's/^systemd: started .*, pid //p' "$place/service.log" | tail -n 1
}

count_exceeds() {
	(($(grep -c "porch/reading " "$place/viewer.log") > $1))
}

# Readings count 1 2 3 ...: after some more have come, none may be missing, and none have come twice.
expect_no_gap() {
	local count
	count=$(grep -c "porch/reading " "$place/viewer.log") || true
	await $$ count_exceeds $((count + 3)) || give_up "no more readings come"
	awk '/porch\/reading / { bad += count++ && $2 != last + 1; last = $2 }
		END { printf "  %d readings, %d of them out of turn\n", count, bad; exit bad > 0 }' \
		"$place/viewer.log" || give_up "a reading is missing, or came twice"
}

it_runs() {
	step "It is started, and says when it is ready; the board is read, the broker reached"
	start_as porch "$built/tests/simboard" --link "$place/porch" "$built/sketches/porch_sketch.elf"
	expect porch "^/dev/pts/"
	start_viewer
	# Not by way of stdbuf, which there is for what programs print on standard output.
	[[ ${program[0]} != stdbuf ]] || program=("${program[@]:2}")
	start_service "${program[@]}"
	expect viewer "^iotkit/gateway/porch/status online"
	expect viewer "^iotkit/gateway/gateway/own/status online"
	expect_no_gap
}

it_is_killed() {
	step "It is killed: systemd starts it again, and nothing is lost"
	kill -KILL "$(gateway)"
	expect service "^systemd: failed with status -9; starting it again"
	expect service "READY=1"
	expect viewer "^iotkit/gateway/gateway/own/status offline"
	expect viewer "^iotkit/gateway/gateway/own/status online"
	expect_no_gap
}

the_broker_is_away() {
	step "The broker is stopped: readings wait in the outbox, and follow"
	stop_broker
	expect service "connect"
	await $$ waits || give_up "nothing waits in the outbox"
	run_as outbox iotkit-outbox "$place/broker/gateway.outbox"
	start_broker
	expect_no_gap
}

waits() {
	iotkit-outbox "$place/broker/gateway.outbox" | grep -q reading
}

it_ends() {
	step "It is told to end, and says goodbye"
	stop_service
	expect viewer "^iotkit/gateway/porch/status offline"
	expect viewer "^iotkit/gateway/gateway/own/status offline"
}

the_real_one() {
	step "iotkit-gateway is the same, whole: it says how it is, and takes up new files on SIGHUP"
	start_service iotkit-gateway -c
	expect service "STATUS=connected"
	expect_no_gap
	kill -HUP "$service"
	expect service "RELOADING=1"
	expect service "READY=1"
	expect_no_gap
	stop_service
}

steps() {
	it_runs
	it_is_killed
	the_broker_is_away
	it_ends
	# It is the same in either language: one check of it is enough.
	[[ -n $check && $language == python ]] || the_real_one
}
