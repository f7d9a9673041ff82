/* SPDX-License-Identifier: MIT */
#include "metric/topic.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "metric/metric.h"

static const char share[] = "$share/";

static uint32_t code_point(const char *character, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)character;
	uint32_t code = length == 1 ? bytes[0] : bytes[0] & (0x7fu >> length);

	for (size_t i = 1; i < length; i++)
		code = code << 6 | (bytes[i] & 0x3fu);
	return code;
}

/* What MQTT lets a receiver hang up on: MQTT 5.0 section 1.5.4. */
static bool is_discouraged(uint32_t code)
{
	bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
	bool noncharacter = (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) == 0xfffe;

	return control || noncharacter;
}

/* Bytes of the character that text begins with; 0 when no topic may have it. */
static size_t topic_character(const char *text, size_t size)
{
	size_t length = utf8_character(text, size);

	return length > 0 && is_discouraged(code_point(text, length)) ? 0 : length;
}

/* Most characters of most topics, which need no closer look. */
static bool is_plain(char byte)
{
	return byte >= ' ' && byte < 0x7f;
}

static bool valid_text(const char *text, size_t size)
{
	size_t plain = 0;

	if (size == 0 || size > TOPIC_SIZE_MAX)
		return false;
	while (plain < size && is_plain(text[plain]))
		plain++;
	text += plain;
	size -= plain;
	while (size > 0) {
		size_t length = topic_character(text, size);
		if (length == 0)
			return false;
		text += length;
		size -= length;
	}
	return true;
}

static bool has_wildcard(const char *text, size_t size)
{
	return memchr(text, '+', size) != NULL || memchr(text, '#', size) != NULL;
}

bool topic_valid_name(const char *topic, size_t size)
{
	return valid_text(topic, size) && !has_wildcard(topic, size);
}

/* A wildcard fills a whole level, and "#" is the last. */
static bool wildcards_in_place(const char *filter, const char *end)
{
	for (;;) {
		const char *slash = memchr(filter, '/', (size_t)(end - filter));
		size_t size = (size_t)((slash != NULL ? slash : end) - filter);
		if (has_wildcard(filter, size) && size > 1)
			return false;
		if (slash == NULL)
			return true;
		if (size == 1 && *filter == '#')
			return false;
		filter = slash + 1;
	}
}

bool topic_valid_filter(const char *filter, size_t size)
{
	const char *end = filter + size;

	if (!valid_text(filter, size))
		return false;
	if (size < strlen(share) || memcmp(filter, share, strlen(share)) != 0)
		return wildcards_in_place(filter, end);
	const char *group = filter + strlen(share);
	const char *slash = memchr(group, '/', (size_t)(end - group));
	if (slash == NULL || slash == group || has_wildcard(group, (size_t)(slash - group)))
		return false;
	return slash + 1 < end && wildcards_in_place(slash + 1, end);
}

/* How many bytes of it a level can have as they are. */
static size_t plain_size(const char *name)
{
	size_t size = 0;

	while (is_plain(name[size]) && name[size] != '+' && name[size] != '#' && name[size] != '/')
		size++;
	return size;
}

bool topic_level(char *out, size_t size, const char *name)
{
	size_t plain = plain_size(name);
	size_t used = plain < size ? plain : size - 1;
	size_t left = strlen(name + used);
	bool changed = used + left == 0;

	memcpy(out, name, used);
	name += used;
	while (left > 0) {
		size_t length = utf8_character(name, left);
		bool fits = topic_character(name, left) > 0 && strchr("+#/", *name) == NULL;
		size_t wanted = fits ? length : 1;
		changed = changed || !fits;
		if (used + wanted >= size) {
			changed = true;
			break;
		}
		memcpy(out + used, fits ? name : "_", wanted);
		used += wanted;
		/* Bytes that are no character are replaced one by one. */
		length = length > 0 ? length : 1;
		name += length;
		left -= length;
	}
	if (used == 0)
		out[used++] = '_';
	out[used] = '\0';
	return changed;
}

iotkit_status topic_metric(struct buffer *out, const char *base, const char *device,
			   const char *name)
{
	char device_level[METRIC_NAME_MAX + 1];
	char name_level[METRIC_NAME_MAX + 1];
	char *at;

	topic_level(device_level, sizeof device_level, device);
	topic_level(name_level, sizeof name_level, name);
	size_t size = strlen(base) + strlen(device_level) + strlen(name_level) + sizeof "//";
	iotkit_status status = buffer_extend(out, size, &at);
	if (status != IOTKIT_OK)
		return status;
	at = stpcpy(at, base);
	*at++ = '/';
	at = stpcpy(at, device_level);
	*at++ = '/';
	strcpy(at, name_level);
	return IOTKIT_OK;
}
