# shellcheck shell=bash
# What `./run lesson 3` does; examples/lessons/lesson.sh has the words.

steps() {
	local frozen

	step "What silence costs"
	tell "With the usual keep-alive of 60 s the broker hears PINGREQ after one minute. So as not to" \
		"take that long, it is 6 s here: wait for two pings."
	lesson 6
	expect broker "Received PINGREQ from lesson-03"
	expect broker "Sending PINGRESP to lesson-03"

	step "What happens to a client that says nothing at all"
	tell "The program is frozen, as if its machine had lost its power: its connection stays open, but" \
		"no ping comes. After one and a half keep-alives, of 4 s here, the broker gives it up as" \
		"soon as it looks, which it does every few seconds."
	start_lesson 4
	frozen=$!
	expect program "connected, with"
	say "  \$ kill -STOP $frozen"
	kill -STOP "$frozen"
	expect broker "Client lesson-03 has exceeded timeout, disconnecting"
	tell "It is woken, sees that the connection has gone, and connects again."
	say "  \$ kill -CONT $frozen"
	kill -CONT "$frozen"
	expect program "disconnected: "
	expect broker "Sending CONNACK to lesson-03 \(1," # 1: it knew the session
	kill_hard "$frozen"
}
