/* SPDX-License-Identifier: MIT */
#include "link/login.h"

#include <string.h>

#include "base/error.h"
#include "base/secret.h"

enum {
	CONNECT_MAX = 6 * 65536, /* five fields of at most 65535 bytes, and properties */
	LENGTH_MAX = 4, /* bytes of a remaining length */
	FLAGS_AT = 7, /* in the body: behind "MQTT" and the version */
	PASSWORD_FLAG = 0x40
};

void login_begin(struct login *login, char *password)
{
	*login = (struct login){.password = password};
	buffer_init(&login->gathered, CONNECT_MAX);
}

void login_end(struct login *login)
{
	buffer_free(&login->gathered);
	secret_free(login->packet);
	secret_free(login->password);
	*login = (struct login){0};
}

bool login_is_pending(const struct login *login)
{
	return login->password != NULL;
}

/* MQTT 5.0 section 1.5.5; returns how many bytes it takes. */
static size_t read_length(const unsigned char *bytes, size_t *length)
{
	size_t used = 0;

	*length = 0;
	do
		*length |= (size_t)(bytes[used] & 0x7f) << (7 * used);
	while ((bytes[used++] & 0x80) != 0 && used < LENGTH_MAX);
	return used;
}

static size_t write_length(unsigned char *bytes, size_t length)
{
	size_t used = 0;

	do {
		bytes[used] = (unsigned char)(length & 0x7f);
		length >>= 7;
		bytes[used++] |= length > 0 ? 0x80 : 0;
	} while (length > 0);
	return used;
}

static iotkit_status make_packet(struct login *login)
{
	const unsigned char *from = (const unsigned char *)login->gathered.bytes;
	size_t password_size = strlen(login->password);
	size_t body_size;
	size_t body_at = 1 + read_length(from + 1, &body_size);
	unsigned char *to = secret_alloc(1 + LENGTH_MAX + body_size + 2 + password_size);

	if (to == NULL)
		return error_set_no_memory();
	to[0] = from[0];
	size_t at = 1 + write_length(to + 1, body_size + 2 + password_size);
	memcpy(to + at, from + body_at, body_size);
	to[at + FLAGS_AT] |= PASSWORD_FLAG;
	at += body_size;
	to[at++] = (unsigned char)(password_size >> 8);
	to[at++] = (unsigned char)(password_size & 0xff);
	memcpy(to + at, login->password, password_size);
	login->packet = (char *)to;
	login->size = at + password_size;
	return IOTKIT_OK;
}

iotkit_status login_take(struct login *login, const char *bytes, size_t size)
{
	framing_pass(&login->framing, bytes, size);
	iotkit_status status = buffer_append(&login->gathered, bytes, size);
	if (status == IOTKIT_OK && size > 0 && framing_is_between(&login->framing))
		status = make_packet(login);
	return status;
}
