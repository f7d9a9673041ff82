/* SPDX-License-Identifier: MIT */
#include "simboard_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct machine machines[] = {
	{"atmega328p", '0', {0, 1}}, {"atmega2560", '0', {0, 1}}, {"atmega32u4", '1', {7, 6}}};

static void print_help(void)
{
	puts("Usage: simboard [OPTION]... FIRMWARE.elf\n"
	     "Run a sketch on a simulated Arduino whose serial port is a pseudo-terminal.\n"
	     "\n"
	     "  --mcu NAME        atmega328p (Uno, the default), atmega2560 (Mega), or\n"
	     "                    atmega32u4 (Leonardo): of that the port is Serial1, on the\n"
	     "                    pins 0 and 1; its USB is not simulated\n"
	     "  --link PATH       make PATH a symbolic link to the serial port\n"
	     "  --seconds N       stop after N seconds; default: at SIGINT or SIGTERM\n"
	     "  --reset-on-open   restart the sketch when the port is opened, as a real Uno\n"
	     "  --watch-pin PIN   say when a pin changes, as \"pin B5 1\"; up to 8 times. The LED\n"
	     "                    is B5 on the Uno, B7 on the Mega, C7 on the Leonardo\n"
	     "  --help            show this\n"
	     "\n"
	     "Prints the serial port's path once it can be opened. A0 is driven by a slow\n"
	     "sine, A1 by a noisy ramp. What nobody reads is lost, as on a real board.\n"
	     "\n"
	     "SIGUSR1 presses the reset button; the sketch's RAM keeps what is in it. SIGUSR2\n"
	     "pulls the cable out, and again puts it back, while the sketch goes on. Then\n"
	     "\"reset\", \"unplugged\" and \"plugged /dev/pts/N\" are printed.");
}

static bool parse_machine(const char *text, const struct machine **out)
{
	for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
		if (strcmp(text, machines[i].mcu) == 0) {
			*out = &machines[i];
			return true;
		}
	}
	return false;
}

static bool parse_seconds(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && *end == '\0' && *out > 0 && *out < 1e9;
}

static bool add_pin(const char *text, struct options *options)
{
	struct pin_name pin = {.port = text[0], .bit = 0};

	if (options->pin_count == WATCHED_PINS || pin.port < 'A' || pin.port > 'L' ||
	    text[1] < '0' || text[1] > '7' || text[2] != '\0')
		return false;
	pin.bit = text[1] - '0';
	options->pins[options->pin_count++] = pin;
	return true;
}

static bool take(int name, const char *value, struct options *options)
{
	switch (name) {
	case 'l':
		options->link = value;
		return true;
	case 'r':
		options->reset_on_open = true;
		return true;
	case 'm':
		return parse_machine(value, &options->machine);
	case 's':
		return parse_seconds(value, &options->seconds);
	case 'p':
		return add_pin(value, options);
	default:
		return false;
	}
}

int options_parse(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {{"link", required_argument, NULL, 'l'},
					      {"mcu", required_argument, NULL, 'm'},
					      {"seconds", required_argument, NULL, 's'},
					      {"reset-on-open", no_argument, NULL, 'r'},
					      {"watch-pin", required_argument, NULL, 'p'},
					      {"help", no_argument, NULL, 'h'},
					      {0}};
	int name;

	*options = (struct options){.machine = machines};
	while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (name == 'h') {
			print_help();
			return EXIT_SUCCESS;
		}
		if (!take(name, optarg, options)) {
			fprintf(stderr, "simboard: see simboard --help\n");
			return 2;
		}
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "simboard: name one firmware file; see simboard --help\n");
		return 2;
	}
	options->firmware = argv[optind];
	return -1;
}
