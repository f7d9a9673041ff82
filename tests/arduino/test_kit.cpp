/* SPDX-License-Identifier: MIT
 *
 * "What the board does" of docs/line-protocol.md, rule by rule, on a line and a clock in the hands
 * of the test.
 */
#include <IoTKit.h>

#include <cmath>
#include <cstring>

#include "check.h"
#include "wire.h"

static const char id[] = "5f3a9c01";
static std::string commands; /* what handlers were called with */

/* A kit on its line, with a gateway that only says what the test has it say. */
struct Bench {
	Wire wire;
	IoTKit kit{wire, "greenhouse"};

	explicit Bench(uint32_t start = 5)
	{
		host_ms = start;
		commands.clear();
		kit.begin("test", "1");
	}

	/* One round of loop() after so many milliseconds. Returns what was written. */
	std::string round(uint32_t ms = 0)
	{
		host_ms += ms;
		kit.loop();
		return wire.take();
	}

	std::string hear(const std::string &body)
	{
		wire.send(frame_of(body) + "\n");
		return round();
	}

	std::string nonce()
	{
		std::string hello = round();
		CHECK_EQ(hello.substr(0, 5), "~H - ");
		return hello.substr(5, 8);
	}

	void welcome()
	{
		CHECK_EQ(hear("W " + nonce() + " " + id), "");
	}

	/* Rounds until nothing is written. */
	std::string all()
	{
		std::string got, part;
		while (!(part = round()).empty())
			got += part;
		return got;
	}
};

static std::string reading(int seq, int base, int age, const std::string &rest)
{
	return frame_of("M " + std::string(id) + " " + std::to_string(seq) + " " +
			std::to_string(base) + " " + std::to_string(age) + " " + rest) +
	       "\n";
}

static std::string addressed(const std::string &kind, const std::string &rest)
{
	return kind + " " + id + " " + rest;
}

static std::string from_us(const std::string &kind, const std::string &rest)
{
	return frame_of(addressed(kind, rest)) + "\n";
}

static void on_led(const char *value)
{
	commands += "led=" + std::string(value) + ";";
}

/* ---- 1: hello ---------------------------------------------------------- */

static void says_hello_until_it_is_welcome()
{
	Bench bench;
	static const uint32_t after[] = {0, 1000, 2000, 4000, 4000, 4000};

	CHECK(bench.kit.publish("waits", 1));
	for (uint32_t ms : after) {
		if (ms > 0)
			CHECK_EQ(bench.round(ms - 1), "");
		CHECK_EQ(bench.round(ms > 0).substr(0, 5), "~H - ");
		CHECK(!bench.kit.connected());
	}
	CHECK_EQ(bench.kit.pending(), 1);
}

static void hello_tells_who_it_is()
{
	Bench bench;
	CHECK(bench.kit.onCommand("led", on_led));
	CHECK(bench.kit.onCommand("a b", on_led));
	std::string got = bench.round();
	std::string nonce = got.substr(5, 8);
	CHECK_EQ(got, frame_of("H - " + nonce + " 1 64 greenhouse test 1 led,a%20b") + "\n");
	bench.hear("W " + nonce + " " + id);
	CHECK_EQ(bench.hear("?"), frame_of("H " + std::string(id) + " " + nonce +
					   " 1 64 greenhouse test 1 led,a%20b") +
					  "\n");
}

static void takes_the_first_welcome_with_its_nonce()
{
	Bench bench;
	std::string nonce = bench.nonce();
	std::string other = nonce == "12345678" ? "12345679" : "12345678";

	bench.kit.publish("n", 1);
	CHECK_EQ(bench.hear("W " + other + " " + id), "");
	CHECK_EQ(bench.hear("W " + nonce + " " + id), reading(1, 1, 0, "n 1 -"));
	CHECK(bench.kit.connected());
	CHECK_EQ(bench.hear("W " + nonce + " 00000002"), "");
	bench.kit.publish("n", 2);
	CHECK_EQ(bench.wire.take(), reading(2, 1, 0, "n 2 -"));
}

static void another_boot_has_another_nonce()
{
	Bench one, two;
	CHECK(one.nonce() != two.nonce());
}

/* ---- 2 and 3: readings ------------------------------------------------- */

static void keeps_readings_until_they_are_acknowledged()
{
	Bench bench;
	bench.welcome();
	CHECK(bench.kit.publish("temperature", 23.5, "Cel"));
	CHECK_EQ(bench.wire.take(), reading(1, 1, 0, "temperature 23.50 Cel"));
	CHECK(bench.kit.report("door", "wide open"));
	CHECK_EQ(bench.wire.take(), from_us("S", "2 1 0 door wide%20open"));
	CHECK_EQ(bench.hear("A 00000002 2"), "");
	CHECK_EQ(bench.hear(addressed("A", "0")), "");
	CHECK_EQ(bench.hear(addressed("A", "3")), "");
	CHECK_EQ(bench.hear(addressed("A", "4294967295")), "");
	CHECK_EQ(bench.kit.pending(), 2);
	bench.hear(addressed("A", "1"));
	CHECK_EQ(bench.kit.pending(), 1);
	bench.hear(addressed("A", "1"));
	CHECK_EQ(bench.kit.pending(), 1);
	bench.hear(addressed("A", "2"));
	CHECK_EQ(bench.kit.pending(), 0);
}

static void sends_one_frame_a_round()
{
	Bench bench;
	for (int i = 1; i <= 3; i++)
		CHECK(bench.kit.publish("n", i));
	CHECK_EQ(bench.hear("W " + bench.nonce() + " " + id), reading(1, 1, 0, "n 1 -"));
	CHECK_EQ(bench.round(7), reading(2, 1, 7, "n 2 -"));
	CHECK_EQ(bench.round(), reading(3, 1, 7, "n 3 -"));
	CHECK_EQ(bench.round(), "");
}

static void sends_again_after_longer_and_longer()
{
	Bench bench;
	static const uint32_t after[] = {250, 500, 1000, 2000, 4000, 4000};
	uint32_t age = 0;

	bench.welcome();
	bench.kit.publish("n", 1);
	bench.kit.publish("n", 2);
	bench.wire.take();
	for (uint32_t ms : after) {
		/* A gateway that is there, but keeps nothing. */
		bench.hear(addressed("A", "0"));
		CHECK_EQ(bench.round(ms - 1), "");
		age += ms;
		bench.wire.send(frame_of(addressed("A", "0")) + "\n");
		CHECK_EQ(bench.round(1), reading(1, 1, (int)age, "n 1 -"));
		CHECK_EQ(bench.round(), reading(2, 1, (int)age, "n 2 -"));
		CHECK_EQ(bench.round(), "");
	}
	bench.hear(addressed("A", "1"));
	CHECK_EQ(bench.round(249), "");
	CHECK_EQ(bench.round(1), reading(2, 2, (int)age + 250, "n 2 -"));
}

static void a_new_reading_does_not_put_off_sending_again()
{
	Bench bench;
	bench.welcome();
	bench.kit.publish("n", 1);
	host_ms += 200;
	bench.kit.publish("n", 2);
	bench.wire.take();
	CHECK_EQ(bench.round(49), "");
	CHECK_EQ(bench.round(1), reading(1, 1, 250, "n 1 -"));
}

static void goes_back_to_what_is_missing()
{
	Bench bench;
	bench.welcome();
	for (int i = 1; i <= 5; i++)
		bench.kit.publish("n", i);
	bench.wire.take();
	bench.hear(addressed("A", "1"));
	CHECK_EQ(bench.hear(addressed("N", "4")), reading(4, 2, 0, "n 4 -"));
	CHECK_EQ(bench.round(), reading(5, 2, 0, "n 5 -"));
	CHECK_EQ(bench.hear(addressed("N", "1")), reading(2, 2, 0, "n 2 -"));
	CHECK_EQ(bench.hear(addressed("N", "5")), reading(3, 2, 0, "n 3 -"));
	CHECK_EQ(bench.hear("N 00000002 2"), reading(4, 2, 0, "n 4 -"));
	CHECK_EQ(bench.round(), reading(5, 2, 0, "n 5 -"));
	CHECK_EQ(bench.hear(addressed("N", "6")), "");
	CHECK_EQ(bench.hear(addressed("N", "4294967295")), "");
}

static void drops_the_oldest_when_it_is_full()
{
	Bench bench;
	int taken = 0;

	bench.welcome();
	while (bench.kit.ready(8)) {
		CHECK(bench.kit.publish("name", 1000 + taken));
		taken++;
	}
	CHECK_EQ(taken, 192 / (9 + 8));
	CHECK_EQ(bench.kit.dropped(), 0);
	bench.wire.take();
	CHECK(!bench.kit.publish("name", 1000 + taken));
	CHECK_EQ(bench.kit.dropped(), 1);
	CHECK_EQ(bench.kit.pending(), taken);
	CHECK_EQ(bench.wire.take(), reading(taken + 1, 2, 0, "name 1011 -"));
	/* A large one pushes out several. */
	CHECK(!bench.kit.report("text", std::string(100, 'x').c_str()));
	CHECK(bench.kit.dropped() > 5);
	bench.wire.take();
	std::string got = bench.round(250);
	CHECK(got.find(" name 10") != std::string::npos);
	bench.hear(addressed("A", "13"));
	CHECK_EQ(bench.kit.pending(), 0);
	CHECK(bench.kit.publish("name", 1));
	CHECK_EQ(bench.wire.take(), reading(14, 14, 0, "name 1 -"));
}

/* Long enough for every position in the memory, with as many ways to end as there are. */
static void numbers_and_texts_stay_together_for_long()
{
	Bench bench;
	uint32_t random = 1, sent = 0;

	bench.welcome();
	for (uint32_t seq = 1; seq < 20000; seq++) {
		random = random * 1664525 + 1013904223;
		std::string text((random >> 20) % 60, (char)('a' + seq % 26));
		bench.kit.report("text", text.c_str());
		std::string got = bench.wire.take();
		if (!got.empty()) {
			CHECK(got.find(" text " + (text.empty() ? "-" : text) + " ~") !=
			      std::string::npos);
			CHECK(got.find(addressed("S", std::to_string(seq) + " ")) == 1);
			sent++;
		}
		if ((random >> 10) % 3 == 0)
			bench.hear(addressed("A", std::to_string(seq - bench.kit.pending() / 2)));
		CHECK(bench.kit.pending() <= 19);
		bench.all();
	}
	CHECK_EQ(sent, 19999);
}

/* Each byte that a Leonardo writes waits for a quarter of a second then. */
static void waits_once_a_frame_where_nobody_reads()
{
	Bench bench;

	bench.welcome();
	bench.wire.stuck = true;
	CHECK(bench.kit.publish("t", 1));
	CHECK_EQ(bench.round(), "");
	CHECK_EQ(bench.wire.refused, 1);
	bench.wire.stuck = false;
	CHECK_EQ(bench.round(250), reading(1, 1, 250, "t 1 -"));
}

static void refuses_what_can_never_be_sent()
{
	Bench bench;
	bench.welcome();
	CHECK(bench.kit.publish("n", 1));
	CHECK(!bench.kit.publish("", 1));
	CHECK(!bench.kit.publish("n", NAN));
	CHECK(!bench.kit.publish("n", INFINITY));
	CHECK(!bench.kit.publish("n", -INFINITY));
	CHECK_EQ(bench.kit.dropped(), 0);
	CHECK(!bench.kit.publish(std::string(200, 'n').c_str(), 1));
	CHECK(!bench.kit.report("n", std::string(70000, 'x').c_str()));
	CHECK_EQ(bench.kit.dropped(), 2);
	CHECK_EQ(bench.kit.pending(), 1);
}

static void sends_numbers_as_text()
{
	Bench bench;
	bench.welcome();
	auto sends = [&](const char *text) {
		std::string got = bench.wire.take();
		CHECK(got.find(std::string(" n ") + text + " - ~") != std::string::npos ||
		      (fprintf(stderr, "%s instead of %s\n", got.c_str(), text), false));
		bench.hear(addressed("A", std::to_string(4294967295U)));
		for (int seq = 1; bench.kit.pending() > 0; seq++)
			bench.hear(addressed("A", std::to_string(seq)));
		bench.wire.take();
	};
	struct {
		double value;
		uint8_t digits;
		const char *text;
	} const decimals[] = {
		{0, 2, "0.00"},
		{23.456, 2, "23.46"},
		{-0.07, 2, "-0.07"},
		{-12.5, 1, "-12.5"},
		{0.999, 2, "1.00"},
		{99.996, 2, "100.00"},
		{7, 0, "7"},
		{2.5, 0, "3"},
		{0.000123, 6, "0.000123"},
		{3.14159265, 4, "3.1416"},
		{3.14159265, 255, "3.141592650"},
		{0.0, 14, "0.000000000"},
		{-1e-9, 200, "-0.000000001"},
		{4.1e-10, 9, "0.000000000"},
		{4294967040.0, 2, "4294967040"},
		{42949670.25, 2, "42949670.25"},
		{429496700.25, 2, "429496700.3"},
		{5e9, 2, "5.000000e9"},
		{-6.022141e23, 0, "-6.022141e23"},
		{1.7e308, 1, "1.700000e308"},
	};
	for (auto &decimal : decimals) {
		CHECK(bench.kit.publish("n", decimal.value, "", decimal.digits));
		sends(decimal.text);
	}
	bench.kit.publish("n", 5.0f);
	sends("5.00");
	bench.kit.publish("n", -32768);
	sends("-32768");
	bench.kit.publish("n", (long)-2147483648L);
	sends("-2147483648");
	bench.kit.publish("n", 4294967295UL);
	sends("4294967295");
	bench.kit.publish("n", 7U);
	sends("7");
	bench.kit.publish("n", (uint8_t)200);
	sends("200");
}

static void never_sends_what_is_no_utf8()
{
	Bench bench;
	bench.welcome();
	bench.kit.publish("t\xe4", 1,
			  "\xb0"
			  "C");
	CHECK_EQ(bench.wire.take(), reading(1, 1, 0, "t? 1 ?C"));
	bench.kit.publish("\xc2\xb5g", 1, "\xe6\xb8\xa9\xf0\x9f\x8c\xa1");
	CHECK_EQ(bench.wire.take(), reading(2, 1, 0, "\xc2\xb5g 1 \xe6\xb8\xa9\xf0\x9f\x8c\xa1"));
	bench.kit.publish("n", 1, "\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82");
	CHECK_EQ(bench.wire.take(), reading(3, 1, 0, "n 1 " + std::string(11, '?')));
}

/* ---- 4: commands ------------------------------------------------------- */

static IoTKit *answering;

static void on_quiet(const char *value)
{
	commands += value;
	answering->publish("quiet", 21);
	answering->loop();
	CHECK(!answering->flush(10));
}

static void obeys_once_and_reports_before_it_answers()
{
	Bench bench;
	bench.welcome();
	bench.kit.onCommand("led", on_led);
	bench.all();
	CHECK_EQ(bench.hear(addressed("C", "7 led on%20%7E")),
		 from_us("S", "1 1 0 led on%20%7E") + from_us("R", "7 0"));
	CHECK_EQ(commands, "led=on ~;");
	CHECK_EQ(bench.hear(addressed("C", "7 led on%20%7E")), from_us("R", "7 0"));
	CHECK_EQ(bench.hear(addressed("C", "7 led off")), from_us("R", "7 0"));
	CHECK_EQ(commands, "led=on ~;");
	bench.hear(addressed("C", "8 led -"));
	CHECK_EQ(commands, "led=on ~;led=;");
}

static void says_that_there_is_no_such_command()
{
	Bench bench;
	bench.welcome();
	CHECK_EQ(bench.hear(addressed("C", "0 led 1")), from_us("R", "0 1"));
	CHECK_EQ(bench.hear(addressed("C", "0 led 1")), from_us("R", "0 1"));
	CHECK_EQ(bench.kit.pending(), 0);
}

static void a_handler_may_report_itself()
{
	Bench bench;
	bench.welcome();
	answering = &bench.kit;
	bench.kit.onCommand("quiet", on_quiet);
	bench.all();
	CHECK_EQ(bench.hear(addressed("C", "1 quiet 20")),
		 reading(1, 1, 0, "quiet 21 -") + from_us("R", "1 0"));
	CHECK_EQ(bench.kit.pending(), 1);
	CHECK_EQ(commands, "20");
}

static void answers_behind_the_readings_that_wait()
{
	Bench bench;
	bench.kit.onCommand("led", on_led);
	bench.kit.publish("n", 1);
	bench.kit.publish("n", 2);
	std::string nonce = bench.nonce();
	bench.wire.send(frame_of("W " + nonce + " " + id) + "\n" +
			frame_of(addressed("C", "5 led 1")) + "\r\n");
	CHECK_EQ(bench.round(), reading(1, 1, 0, "n 1 -"));
	/* The gateway asks again before the answer has gone: it goes once. */
	CHECK_EQ(bench.hear(addressed("C", "5 led 1")), reading(2, 1, 0, "n 2 -"));
	CHECK_EQ(bench.round(), from_us("S", "3 1 0 led 1"));
	CHECK_EQ(bench.round(), from_us("R", "5 0"));
	CHECK_EQ(bench.round(), "");
	CHECK_EQ(commands, "led=1;");
}

static void has_room_for_so_many_commands()
{
	Bench bench;
	CHECK(!bench.kit.onCommand("", on_led));
	CHECK(!bench.kit.onCommand("a,b", on_led));
	CHECK(!bench.kit.onCommand("-", on_led));
	CHECK(!bench.kit.onCommand("nobody", nullptr));
	for (const char *name : {"a", "b", "c", "d", "a"})
		CHECK(bench.kit.onCommand(name, on_led));
	CHECK(!bench.kit.onCommand("e", on_led));
	/* Who has said hello already says so again. */
	bench.round();
	bench.kit.onCommand("b", on_led);
	CHECK_EQ(bench.round().substr(0, 3), "~H ");
}

/* ---- 5 and 6: being there, and what is not meant ------------------------ */

static void says_hello_when_it_hears_nothing()
{
	Bench bench;
	bench.welcome();
	CHECK_EQ(bench.round(3999), "");
	CHECK_EQ(bench.round(1).substr(0, 12), "~H " + std::string(id) + " ");
	CHECK(bench.kit.connected());
	CHECK_EQ(bench.round(3999), "");
	CHECK_EQ(bench.round(1).substr(0, 3), "~H ");
	CHECK(!bench.kit.connected());
	bench.hear(addressed("A", "0"));
	CHECK(bench.kit.connected());
	CHECK_EQ(bench.round(3999), "");
	/* What is for another boot does not tell that it is known. */
	bench.hear("A 00000002 1");
	bench.hear("W 00000000 " + std::string(id));
	CHECK_EQ(bench.round(1).substr(0, 3), "~H ");
}

static void passes_over_what_is_for_others()
{
	Bench bench;
	bench.kit.onCommand("led", on_led);
	std::string nonce = bench.nonce();
	/* It has no id yet. */
	CHECK_EQ(bench.hear(addressed("C", "1 led 1")), "");
	CHECK_EQ(bench.hear(addressed("A", "1")), "");
	CHECK_EQ(bench.hear("W " + nonce + " " + id), "");
	CHECK_EQ(bench.hear("C 00000002 1 led 1"), "");
	CHECK_EQ(commands, "");
}

/* ---- lines ------------------------------------------------------------- */

static void reads_lines_in_any_pieces()
{
	Bench bench;
	bench.welcome();
	for (int seq = 1; seq <= 2; seq++)
		bench.kit.publish("n", seq);
	std::string line = "noise ~x " + frame_of(addressed("A", "1")) + "\r\n";
	for (char byte : line) {
		CHECK_EQ(bench.kit.pending(), 2);
		bench.wire.send(std::string(1, byte));
		bench.round();
	}
	CHECK_EQ(bench.kit.pending(), 1);
}

static void passes_over_lines_that_are_too_long()
{
	for (size_t size = 40; size < 700; size++) {
		Bench bench;
		bench.welcome();
		for (int seq = 1; seq <= 2; seq++)
			bench.kit.publish("n", seq);
		std::string frame = frame_of(addressed("A", "1"));
		bench.wire.send(std::string(size - 1 - frame.size(), 'x') + frame + "\n");
		for (int i = 0; i < 4; i++)
			bench.round();
		/* Its room is 64, with the newline. */
		CHECK_EQ(bench.kit.pending(), size <= 64 ? 1 : 2);
		bench.hear(addressed("A", "2"));
		CHECK_EQ(bench.kit.pending(), 0);
	}
}

static void a_flood_does_not_hold_up_the_sketch()
{
	Bench bench;
	bench.wire.send(std::string(10000, 'x'));
	bench.round();
	CHECK(bench.wire.available() > 9000);
}

/* Each bit of each frame, wrong by itself, and each byte lost or doubled. */
static void never_obeys_a_damaged_frame()
{
	Bench bench;
	std::string nonce = bench.nonce();
	const std::string bodies[] = {"W " + nonce + " " + id, addressed("A", "2"),
				      addressed("N", "1"), addressed("C", "3 led 1"), "?"};
	bench.kit.onCommand("led", on_led);
	bench.all();
	auto unmoved = [&](std::string bytes) {
		IoTKitFrame frame;
		std::string line = bytes;
		line += '\0';
		/* A newline makes two lines of it, which are read below. */
		if (bytes.find('\n') == std::string::npos)
			CHECK(!iotkitRead(&line[0], (uint8_t)bytes.size(), frame));
		bench.wire.send(bytes + "\n");
		CHECK_EQ(bench.round(), "");
	};
	for (const std::string &body : bodies) {
		const std::string whole = frame_of(body);
		for (size_t at = 0; at < whole.size(); at++) {
			for (int bit = 0; bit < 8; bit++) {
				std::string wrong = whole;
				wrong[at] = (char)(wrong[at] ^ 1 << bit);
				unmoved(wrong);
			}
			unmoved(std::string(whole).erase(at, 1));
			/* A doubled ~ at the beginning is noise before the frame. */
			if (at > 0)
				unmoved(std::string(whole).insert(at, 1, whole[at]));
			unmoved(whole.substr(0, at));
		}
		/* After the first round they are for this boot. */
		if (body == bodies[0]) {
			bench.hear(body);
			bench.kit.publish("n", 1);
			bench.kit.publish("n", 2);
			bench.wire.take();
		}
	}
	CHECK_EQ(bench.kit.pending(), 2);
	CHECK_EQ(commands, "");
}

/* ---- time -------------------------------------------------------------- */

static void lives_through_the_end_of_millis()
{
	Bench bench(0xffffffff - 100);
	bench.welcome();
	bench.kit.publish("n", 1);
	bench.wire.take();
	CHECK_EQ(bench.round(249), "");
	CHECK_EQ(bench.round(1), reading(1, 1, 250, "n 1 -"));
	CHECK_EQ(bench.hear(addressed("A", "1")), "");
	CHECK_EQ(bench.round(3999), "");
	CHECK_EQ(bench.round(1).substr(0, 3), "~H ");
}

static void tells_when_a_period_has_passed()
{
	Bench bench(1500);
	int hits = 0, twice = 0;
	bench.round();
	CHECK(!bench.kit.every(1000));
	for (int i = 0; i < 10000; i++) {
		bench.round(1);
		hits += bench.kit.every(250);
		twice += bench.kit.every(250) && bench.kit.every(1000);
	}
	CHECK_EQ(hits, 40);
	CHECK_EQ(twice, 10);
	/* After a long time once; a period while flush() waits is not forgotten. */
	bench.round(5500);
	CHECK(bench.kit.every(1000));
	bench.round();
	CHECK(!bench.kit.every(1000));
	CHECK(bench.kit.every(0));
}

static void sleep_makes_readings_older()
{
	Bench bench;
	bench.kit.publish("n", 1);
	bench.round();
	bench.kit.slept(3600000);
	std::string hello = bench.round();
	CHECK(bench.kit.every(60000));
	CHECK_EQ(hello.substr(0, 5), "~H - ");
	CHECK_EQ(bench.hear("W " + hello.substr(5, 8) + " " + id), reading(1, 1, 3600000, "n 1 -"));
}

static Bench *flushed;

static void acknowledge_later()
{
	host_ms += 10;
	if (host_ms % 100 == 0)
		flushed->wire.send(frame_of(addressed("A", std::to_string(host_ms / 1000))) + "\n");
}

static void pass_time()
{
	host_ms += 10;
}

static void flush_waits_until_all_is_safe()
{
	Bench bench(0);
	flushed = &bench;
	bench.welcome();
	for (int i = 1; i <= 3; i++)
		bench.kit.publish("n", i);
	host_yield = acknowledge_later;
	CHECK(bench.kit.flush(60000));
	CHECK_EQ(bench.kit.pending(), 0);
	CHECK_EQ(host_ms, 3010);
	bench.kit.publish("n", 4);
	host_yield = pass_time;
	CHECK(!bench.kit.flush(700));
	CHECK_EQ(host_ms, 3710);
	CHECK_EQ(bench.kit.pending(), 1);
	host_yield = nullptr;
	bench.round();
	CHECK(bench.kit.every(1000)); /* it passed while flush() waited */
}

int main()
{
	static void (*const tests[])() = {
		says_hello_until_it_is_welcome,
		hello_tells_who_it_is,
		takes_the_first_welcome_with_its_nonce,
		another_boot_has_another_nonce,
		keeps_readings_until_they_are_acknowledged,
		sends_one_frame_a_round,
		sends_again_after_longer_and_longer,
		a_new_reading_does_not_put_off_sending_again,
		goes_back_to_what_is_missing,
		drops_the_oldest_when_it_is_full,
		numbers_and_texts_stay_together_for_long,
		refuses_what_can_never_be_sent,
		waits_once_a_frame_where_nobody_reads,
		sends_numbers_as_text,
		never_sends_what_is_no_utf8,
		obeys_once_and_reports_before_it_answers,
		says_that_there_is_no_such_command,
		a_handler_may_report_itself,
		answers_behind_the_readings_that_wait,
		has_room_for_so_many_commands,
		says_hello_when_it_hears_nothing,
		passes_over_what_is_for_others,
		reads_lines_in_any_pieces,
		passes_over_lines_that_are_too_long,
		a_flood_does_not_hold_up_the_sketch,
		never_obeys_a_damaged_frame,
		lives_through_the_end_of_millis,
		tells_when_a_period_has_passed,
		sleep_makes_readings_older,
		flush_waits_until_all_is_safe,
	};
	for (auto test : tests)
		test();
	printf("%zu tests passed\n", sizeof tests / sizeof *tests);
	return 0;
}
