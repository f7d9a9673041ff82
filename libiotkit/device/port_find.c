/* SPDX-License-Identifier: MIT */
#include "device/port_find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "device/port.h"
#include "device/port_list.h"

enum {
	CENSUS_GOOD_MS = 50,
	NAMED_MAX = 3 /* boards named in a sentence */
};

/* ---- What there is ------------------------------------------------------ */

iotkit_status port_census_look(struct port_census *census, int64_t now_ms)
{
	if (now_ms < census->good_until_ms)
		return IOTKIT_OK;
	port_census_free(census);
	iotkit_status status = port_list(&census->ports, &census->count);
	if (status == IOTKIT_OK)
		census->good_until_ms = now_ms + CENSUS_GOOD_MS;
	return status;
}

void port_census_forget(struct port_census *census)
{
	census->good_until_ms = 0;
}

void port_census_free(struct port_census *census)
{
	free(census->ports);
	*census = (struct port_census){0};
}

/* ---- Which of them it is ------------------------------------------------ */

/* What udev's own link says, whose name may be of a form that port_place() does not
 * know; NULL where there is none. To be freed. */
static char *follow_link(const struct port_identity *identity)
{
	char link[sizeof "/dev/serial/by-path/" + PORT_IDENTITY_PART_MAX];

	if (*identity->by_path == '\0' || strchr(identity->by_path, '/') != NULL)
		return NULL;
	snprintf(link, sizeof link, "/dev/serial/by-path/%s", identity->by_path);
	return realpath(link, NULL);
}

static bool fits(const struct port_identity *identity, const char *linked,
		 const iotkit_port_info *port)
{
	struct port_identity rest = *identity;

	if (linked != NULL && strcmp(linked, port->path) == 0)
		*rest.by_path = '\0';
	return port_identity_fits(&rest, port);
}

bool port_is_of(const char *path, const struct port_identity *identity)
{
	iotkit_port_info port = {0};
	char *linked = follow_link(identity);
	bool is = port_describe(path, &port) == IOTKIT_OK && fits(identity, linked, &port);

	free(linked);
	return is;
}

/* ---- Sentences ---------------------------------------------------------- */

struct sentence {
	char text[384];
	size_t size;
	size_t named;
	size_t not_named;
};

/* Adds "serial:usb=2341:0043,serial=75 (Arduino Uno R3 at /dev/ttyACM0)". */
static void name_port(struct sentence *sentence, const iotkit_port_info *port)
{
	size_t room = sizeof sentence->text - sentence->size;
	const char *kind = *port->board != '\0' ? port->board : port->description;

	int size = snprintf(sentence->text + sentence->size, room, "%s%s (%s%sat %s)",
			    sentence->named > 0 ? ", " : "", port->uri, kind,
			    *kind != '\0' ? " " : "", port->path);
	if (sentence->named == NAMED_MAX || size < 0 || (size_t)size >= room) {
		sentence->text[sentence->size] = '\0';
		sentence->not_named++;
		return;
	}
	sentence->size += (size_t)size;
	sentence->named++;
}

static const char *end_sentence(struct sentence *sentence)
{
	size_t room = sizeof sentence->text - sentence->size;

	if (sentence->not_named > 0)
		snprintf(sentence->text + sentence->size, room, " and %zu more",
			 sentence->not_named);
	return sentence->text;
}

static iotkit_status explain_none(const struct port_census *census,
				  const struct port_identity *identity)
{
	struct sentence there = {.size = 0};

	for (size_t i = 0; i < census->count; i++)
		if (census->ports[i].usb_vid >= 0)
			name_port(&there, &census->ports[i]);
	if (there.named + there.not_named == 0)
		return error_set(IOTKIT_ENOENT,
				 "no board %s is plugged in, nor any other USB one; plug it in",
				 identity->text);
	return error_set(IOTKIT_ENOENT,
			 "no board %s is plugged in; there is %s; plug it in, or take the URI of "
			 "one that is there",
			 identity->text, end_sentence(&there));
}

iotkit_status port_find(const struct port_census *census, const struct port_identity *identity,
			const struct port_taken *taken, char *path_out, size_t path_size)
{
	struct sentence found = {.size = 0};
	const char *free_one = NULL;
	size_t last_taken = census->count; /* none */
	char *linked = follow_link(identity);
	size_t free_count = 0;

	for (size_t i = 0; i < census->count; i++) {
		const iotkit_port_info *port = &census->ports[i];
		if (!fits(identity, linked, port))
			continue;
		if (taken->is(taken->context, port->path)) {
			last_taken = i;
			continue;
		}
		free_one = port->path;
		free_count++;
		name_port(&found, port);
	}
	free(linked);
	if (free_count > 1)
		return error_set(IOTKIT_EINVAL,
				 "%zu boards are %s: %s; take the URI of the one that is meant",
				 free_count, identity->text, end_sentence(&found));
	if (free_count == 1) {
		snprintf(path_out, path_size, "%s", free_one);
		return IOTKIT_OK;
	}
	if (last_taken < census->count)
		return error_set(
			IOTKIT_EBUSY,
			"the board %s at %s is another device's already; plug in one more, "
			"or remove a device",
			identity->text, census->ports[last_taken].path);
	return explain_none(census, identity);
}
