# shellcheck shell=bash
# What `./run lesson 2` does; examples/lessons/lesson.sh has the words.

steps() {
	local publisher="lesson-02-publisher" subscriber="lesson/02/2"

	step "Each QoS to publish with, and each to subscribe with"
	tell "What comes has the lower one of the two. In the broker's log, count the packets of each" \
		"message: one with QoS 0, two with QoS 1, four with QoS 2."
	lesson
	expect program "published with QoS 2, came with QoS 2"
	expect broker "Received PUBLISH from $publisher .*q2"
	expect broker "Sending PUBREC to $publisher"
	expect broker "Received PUBREL from $publisher"
	expect broker "Sending PUBCOMP to $publisher"
	expect broker "Received PUBREC from $subscriber"
	expect broker "Sending PUBREL to $subscriber"
	expect broker "Client $publisher .*disconnected"
	reject broker "Received PUBREC from lesson/02/1"
}
