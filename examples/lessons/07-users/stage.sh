# What `./run lesson 7` does; examples/lessons/lesson.sh has the words.

targets=(iotkit-certs) # for iotkit-broker, which the README has one try
umask 077 # passwords are no one else's

# A user, with its password in a file that only we can read.
add_user() {
	printf '%s\n' "$2" >"$place/$1.password"
	mosquitto_passwd -b "$place/passwords" "$1" "$2"
}

# mosquitto.conf(5): the file of rights. What is not granted is forbidden.
write_acl() {
	cat >"$place/acl" <<-'END'
		user anna
		topic write lesson/07/anna/#
		topic read lesson/07/notes

		user bert
		topic read lesson/07/#

		user operator
		topic readwrite lesson/07/#
	END
}

broker_settings() {
	: >"$place/passwords"
	for user in anna bert operator; do
		add_user "$user" "of-$user"
	done
	write_acl
	printf 'allow_anonymous false\npassword_file %s\nacl_file %s\n' "$place/passwords" "$place/acl"
}

watching() {
	say "  mosquitto_sub -p $port -u operator -P of-operator -v -t '#'"
}

# From now on the program is this user. The password is in a file: a command line is everybody's.
as() {
	uri="mqtt://$1@127.0.0.1:$port?mqtt.password_file=$place/$1.password${2:+&$2}"
}

# What the broker refuses ends the program with a failure, as it should.
refused() {
	! lesson "$@" || give_up "this should have been refused"
}

reload() {
	say "  \$ kill -HUP $broker"
	kill -HUP "$broker"
	expect broker "Reloading config"
}

publish() {
	run_as operator mosquitto_pub -p "$port" -u operator -P of-operator -q 1 "$@"
}

who_comes_in() {
	step "Nobody comes in without a name"
	refused write lesson/07/anna/a 1
	expect program "refuses the connection: not authorised"

	step "Nor with a wrong password, and the broker says as little"
	as anna
	printf 'guessed\n' >"$place/anna.guess"
	uri=${uri/anna.password/anna.guess}
	refused write lesson/07/anna/a 1
	expect program "refuses the connection: not authorised"
}

who_writes() {
	as anna
	step "anna writes where she may, and where she may not: MQTT 5 says so at QoS 1"
	lesson write lesson/07/anna/a 1
	expect program "acknowledged: lesson/07/anna/a"
	refused write lesson/07/bert/a 1
	expect program "refused: .*[Nn]ot authori[sz]ed"
	expect broker "Denied PUBLISH from .*lesson/07/bert/a"

	step "At QoS 0, and in MQTT 3.1.1, nobody says so: only the broker's log knows"
	lesson write lesson/07/bert/b 0
	expect program "sent: lesson/07/bert/b"
	expect broker "Denied PUBLISH from .*lesson/07/bert/b"
	as anna mqtt.version=3.1.1
	lesson write lesson/07/bert/c 1
	expect program "acknowledged: lesson/07/bert/c"
	expect broker "Denied PUBLISH from .*lesson/07/bert/c"
}

who_reads() {
	as anna
	step "anna subscribes to all, is granted it, and gets what she may read"
	start_lesson read 'lesson/07/#'
	local reader=$!
	expect program "granted: lesson/07/#"
	publish -t lesson/07/bert/secret -m "not for anna"
	publish -t lesson/07/notes -m "for all"
	expect program "read: lesson/07/notes for all"
	reject program "not for anna"
	end_child "$reader"
	unset "names[$reader]"
}

what_a_reload_does() {
	as carla
	step "A new user is there once the broker has read its files again"
	add_user carla of-carla
	refused write lesson/07/carla/a 1
	expect program "refuses the connection: not authorised"
	printf '\nuser carla\ntopic write lesson/07/carla/#\n' >>"$place/acl"
	reload
	lesson write lesson/07/carla/a 1
	expect program "acknowledged: lesson/07/carla/a"

	as bert
	step "A new password ends the connection of who came in with the old one"
	start_lesson read 'lesson/07/#'
	local reader=$!
	expect program "granted"
	mosquitto_passwd -b "$place/passwords" bert another
	reload
	expect program "refuses the connection: not authorised"
	wait "$reader" || true
	unset "names[$reader]"
}

steps() {
	who_comes_in
	who_writes
	who_reads
	what_a_reload_does
}
