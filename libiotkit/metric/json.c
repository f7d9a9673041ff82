/* SPDX-License-Identifier: MIT
 *
 * Source: RFC 8259.
 */
#include "metric/json.h"

#include <string.h>

#include "metric/number.h"

void json_begin(struct json *json, struct buffer *out)
{
	*json = (struct json){.out = out, .before = out->size, .status = IOTKIT_OK};
}

iotkit_status json_end(struct json *json)
{
	if (json->status != IOTKIT_OK)
		json->out->size = json->before;
	return json->status;
}

/* Where size bytes are to be written; NULL when there is no room for them. */
static char *extend(struct json *json, size_t size)
{
	char *at = NULL;

	if (json->status == IOTKIT_OK)
		json->status = buffer_extend(json->out, size, &at);
	return at;
}

void json_open(struct json *json, char bracket)
{
	char *at = extend(json, json->comma_due ? 2 : 1);

	if (at != NULL && json->comma_due)
		*at++ = ',';
	if (at != NULL)
		*at = bracket;
	json->comma_due = false;
}

void json_close(struct json *json, char bracket)
{
	char *at = extend(json, 1);

	if (at != NULL)
		*at = bracket;
	json->comma_due = true;
}

/* Writes the key, and returns where the value's bytes are to be written. */
static char *add_member(struct json *json, const char *key, size_t value_size)
{
	char *at = extend(json, strlen(key) + 3 + value_size + (json->comma_due ? 1 : 0));

	if (at == NULL)
		return NULL;
	if (json->comma_due)
		*at++ = ',';
	json->comma_due = true;
	*at++ = '"';
	at = stpcpy(at, key);
	*at++ = '"';
	*at++ = ':';
	return at;
}

/* ---- Texts ---- */

/* How many bytes of it stand for themselves: all, as a rule. */
static size_t plain_size(const char *text)
{
	size_t size = 0;

	while ((unsigned char)text[size] >= ' ' && text[size] != '"' && text[size] != '\\')
		size++;
	return size;
}

/* Bytes that stand for this one in a text. */
static size_t escaped_size(char byte)
{
	if (byte == '"' || byte == '\\')
		return 2;
	if ((unsigned char)byte >= ' ')
		return 1;
	return strchr("\b\f\n\r\t", byte) != NULL ? 2 : 6;
}

static void write_escape(char *at, char byte)
{
	static const char named[] = "\"\\\b\f\n\r\t";
	static const char letters[] = "\"\\bfnrt";
	const char *name = strchr(named, byte);

	*at++ = '\\';
	if (name != NULL) {
		*at = letters[name - named];
		return;
	}
	at[0] = 'u';
	at[1] = at[2] = '0';
	at[3] = "0123456789abcdef"[byte >> 4];
	at[4] = "0123456789abcdef"[byte & 15];
}

void json_add_text(struct json *json, const char *key, const char *text)
{
	const size_t plain = plain_size(text);
	size_t size = plain;

	for (const char *from = text + plain; *from != '\0'; from++)
		size += escaped_size(*from);
	char *at = add_member(json, key, size + 2);
	if (at == NULL)
		return;
	*at++ = '"';
	memcpy(at, text, plain);
	at += plain;
	for (text += plain; *text != '\0'; text++) {
		size = escaped_size(*text);
		if (size == 1)
			*at = *text;
		else
			write_escape(at, *text);
		at += size;
	}
	*at = '"';
}

/* ---- Numbers ---- */

static void add_digits(struct json *json, const char *key, const char *digits, size_t size)
{
	char *at = add_member(json, key, size);

	if (at != NULL)
		memcpy(at, digits, size);
}

void json_add_number(struct json *json, const char *key, double value)
{
	char text[NUMBER_TEXT_SIZE];

	add_digits(json, key, text, number_format(value, text));
}

static void add_integer(struct json *json, const char *key, uint64_t value)
{
	char text[NUMBER_TEXT_SIZE];

	add_digits(json, key, text, number_format_whole(value, text));
}

void json_add_stamp(struct json *json, const struct metric_stamp *stamp)
{
	if (stamp == NULL)
		return;
	add_integer(json, "epoch", stamp->epoch);
	add_integer(json, "seq", stamp->seq);
}

/* ---- The payload "json": one object that says all there is to say ---- */

iotkit_status metric_encode_json(const struct metric *metric, const struct metric_stamp *stamp,
				 struct buffer *out)
{
	struct json json;

	json_begin(&json, out);
	json_open(&json, '{');
	json_add_text(&json, "device", metric->device);
	json_add_text(&json, "name", metric->name);
	json_add_number(&json, "value", metric->value);
	if (*metric->unit != '\0')
		json_add_text(&json, "unit", metric->unit);
	json_add_number(&json, "time", (double)metric->time_ms / 1000.0);
	json_add_stamp(&json, stamp);
	json_close(&json, '}');
	return json_end(&json);
}
