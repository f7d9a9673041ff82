/* SPDX-License-Identifier: MIT
 *
 * iotkit-ports lists this machine's serial ports, and which boards are there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <iotkit.h>

#include "common/cli.h"
#include "common/text.h"

enum { KEY_JSON = CLI_LONG_ONLY };

static const struct cli_option options[] = {
	{KEY_JSON, "json", NULL, "print a JSON array"},
	{0, NULL, NULL, NULL},
};

static const struct cli_program program = {
	.name = "iotkit-ports",
	.usage = "[--json]",
	.summary = "List serial ports: path, board where known, and the URI that is this very\n"
		   "board wherever it is plugged in, for 'port =' and iotkit_add_device().",
	.options = options,
	.notes = "Boards marked with * are known, so that serial:auto takes them. Where a port\n"
		 "may not be used, or ModemManager disturbs new boards, see the udev rules in\n"
		 "share/libiotkit/udev/60-iotkit.rules.\n"
		 "Exit status: 0 also when there are none, 1 it failed, 2 called wrongly.",
};

/* The list may grow between asking for its length and for itself. NULL after
 * telling why. */
static iotkit_port_info *list_ports(size_t *count)
{
	size_t capacity = 16;

	for (;;) {
		iotkit_port_info *ports = calloc(capacity, sizeof *ports);
		if (ports == NULL) {
			cli_error("out of memory");
			return NULL;
		}
		ports[0].struct_size = sizeof *ports;
		if (iotkit_list_ports(ports, capacity, count) != IOTKIT_OK) {
			cli_error("%s", iotkit_last_error());
			free(ports);
			return NULL;
		}
		if (*count <= capacity)
			return ports;
		free(ports);
		capacity = *count + 16;
	}
}

/* A device chooses its own texts: none may steer the terminal. */
static void print_plain(const char *text)
{
	for (; *text != '\0'; text++)
		putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

static int width_of(const char *text, int width)
{
	int length = (int)strlen(text);

	return length > width ? length : width;
}

static void print_column(const char *text, int width)
{
	print_plain(text[0] != '\0' ? text : "-");
	printf("%*s", width - (int)strlen(text[0] != '\0' ? text : "-") + 2, "");
}

/* What a person would call it. */
static const char *kind_of(const iotkit_port_info *port)
{
	return port->board[0] != '\0' ? port->board : port->description;
}

static void print_table(const iotkit_port_info *ports, size_t count)
{
	int path = (int)strlen("PORT"), kind = (int)strlen("BOARD");

	for (size_t i = 0; i < count; i++) {
		path = width_of(ports[i].path, path);
		kind = width_of(kind_of(&ports[i]), kind);
	}
	printf("%-*s    %-*s  %s\n", path, "PORT", kind, "BOARD", "URI");
	for (size_t i = 0; i < count; i++) {
		print_column(ports[i].path, path);
		fputs(ports[i].board[0] != '\0' ? "* " : "  ", stdout);
		print_column(kind_of(&ports[i]), kind);
		print_plain(ports[i].uri);
		putchar('\n');
	}
}

static void print_json_text(const char *name, const char *text)
{
	printf("\"%s\": ", name);
	text_print_json(text, strlen(text));
}

static void print_json_id(const char *name, int32_t id)
{
	if (id >= 0)
		printf(", \"%s\": \"%04x\"", name, (unsigned)id);
	else
		printf(", \"%s\": null", name);
}

static void print_json(const iotkit_port_info *ports, size_t count)
{
	printf("[");
	for (size_t i = 0; i < count; i++) {
		printf("%s\n  {", i > 0 ? "," : "");
		print_json_text("path", ports[i].path);
		print_json_id("usb_vid", ports[i].usb_vid);
		print_json_id("usb_pid", ports[i].usb_pid);
		printf(", ");
		print_json_text("serial_number", ports[i].serial_number);
		printf(", ");
		print_json_text("description", ports[i].description);
		printf(", ");
		print_json_text("board", ports[i].board);
		printf(", ");
		print_json_text("usb_path", ports[i].usb_path);
		printf(", ");
		print_json_text("uri", ports[i].uri);
		printf("}");
	}
	printf("%s]\n", count > 0 ? "\n" : "");
}

int main(int argc, char **argv)
{
	char *argument = NULL;
	bool json = false;
	size_t count = 0;
	int key;

	cli_start(&program, argc, argv);
	while ((key = cli_next(&argument)) != -1)
		json = json || key == KEY_JSON;
	iotkit_port_info *ports = list_ports(&count);
	if (ports == NULL)
		return EXIT_FAILURE;
	if (count == 0)
		cli_error("no serial ports found");
	if (json)
		print_json(ports, count);
	else if (count > 0)
		print_table(ports, count);
	free(ports);
	return cli_flush_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}
