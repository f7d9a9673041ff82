# What `./run lesson 9` does; examples/lessons/lesson.sh has the words.

targets=(iotkit-pub iotkit-sub)

both_ways() {
	step "Each packet, both ways; the broker's log has the same from its side"
	run_as pub mosquitto_pub -p "$port" -q 1 -r -t lesson/09/kept -m "for later"
	lesson
	expect program "sent CONNECT \(MQTT 5, 'lesson-09', clean start 1, keep-alive 60 s"
	expect program "received CONNACK \(session present 0, reason 0x00"
	expect program "sent PUBLISH \(d0, q0, r0, m0, 'lesson/09/a', 6 bytes\)"
	expect program "received PUBACK \(m32768, reason 0x10 no matching subscribers\)"
	expect broker "Sending PUBACK to lesson-09 \(m32768, rc16\)"
	expect program "received PUBREC \(m32769, .*"
	expect program "sent PUBREL \(m32769, .*"
	expect program "received PUBCOMP \(m32769, .*"
	expect program "received PUBLISH \(d0, q1, r1, m1, 'lesson/09/kept', 9 bytes\)"
	expect program "sent DISCONNECT"
}

# A frozen broker takes packets and does not answer; killed, and started again, it knows the
# session, which it saves at SIGUSR1.
sent_again() {
	step "What was not acknowledged is sent again, and marked: d1"
	mkfifo "$place/messages"
	start_as pub iotkit-pub -p "$port" -i lesson-09-dup -c -q 1 -t lesson/09/a -l -d <>"$place/messages"
	local pub=$!
	exec 3>"$place/messages"
	say one >&3
	expect pub "sent PUBLISH \(d0, q1, r0, m32768, 'lesson/09/a', 3 bytes\)"
	expect pub "received PUBACK \(m32768"
	kill -USR1 "$broker"
	await $$ test -s "$place/mosquitto.db" || give_up "the broker does not save its sessions"
	say "  (the broker is frozen, and then killed)"
	kill -STOP "$broker"
	say two >&3
	expect pub "sent PUBLISH \(d0, q1, r0, m32769, 'lesson/09/a', 3 bytes\)"
	kill_hard "$broker"
	start_broker
	expect pub "received CONNACK \(session present 1"
	expect pub "sent PUBLISH \(d1, q1, r0, m32769, 'lesson/09/a', 3 bytes\)"
	expect pub "received PUBACK \(m32769"
	exec 3>&-
	end_child "$pub"
	unset "names[$pub]"
}

# The numbers are those of the standard: 1 is CONNECT, 3 PUBLISH, 4 PUBACK, 14 DISCONNECT. Packets
# that went together are in one line, with commas.
in_a_file() {
	step "A file for Wireshark, which tshark reads in a terminal"
	uri+="?trace.pcap=$place/seen.pcapng"
	lesson
	run_as tshark tshark -r "$place/seen.pcapng" -Y mqtt -T fields -e mqtt.msgtype -e mqtt.dupflag \
		-e mqtt.qos -e mqtt.retain -e mqtt.msgid -e mqtt.topic
	expect tshark "^1	"
	expect tshark "^3(,3)?	0(,0)?	0(,1)?	0(,0)?	(32768)?	lesson/09/a"
	expect tshark "^(3,)?3	(0,)?0	(0,)?1	(0,)?0	32768	.*lesson/09/a"
	expect tshark "^4	.*	32768	"
	expect tshark "^3	0	2	0	32769	lesson/09/a"
	expect tshark "^(4,)?14	"
}

steps() {
	both_ways
	sent_again
	in_a_file
}
