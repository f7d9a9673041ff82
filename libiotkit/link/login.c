/* SPDX-License-Identifier: MIT */
#include "link/login.h"

#include <string.h>

#include "base/error.h"
#include "base/secret.h"

enum {
	CONNECT_MAX = 6 * 65536, /* five fields of at most 65535 bytes, and properties */
	LENGTH_MAX = 4, /* bytes of a remaining length */
	CONNECT_BYTE = 0x10,
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

/* MQTT 5.0 section 1.5.5; how many bytes it takes, 0 while some are missing. */
static size_t read_length(const unsigned char *bytes, size_t size, size_t *length)
{
	*length = 0;
	for (size_t i = 0; i < size && i < LENGTH_MAX; i++) {
		*length |= (size_t)(bytes[i] & 0x7f) << (7 * i);
		if ((bytes[i] & 0x80) == 0)
			return i + 1;
	}
	return 0;
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

/* What follows CONNECT goes out behind it. */
static iotkit_status make_packet(struct login *login, size_t body_at, size_t body_size)
{
	const unsigned char *from = (const unsigned char *)login->gathered.bytes;
	size_t password_size = strlen(login->password);
	size_t rest_at = body_at + body_size;
	size_t rest_size = login->gathered.size - rest_at;
	unsigned char *to =
		secret_alloc(1 + LENGTH_MAX + body_size + 2 + password_size + rest_size);

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
	at += password_size;
	memcpy(to + at, from + rest_at, rest_size);
	login->packet = (char *)to;
	login->size = at + rest_size;
	return IOTKIT_OK;
}

iotkit_status login_take(struct login *login, const char *bytes, size_t size)
{
	iotkit_status status = buffer_append(&login->gathered, bytes, size);
	const unsigned char *gathered = (const unsigned char *)login->gathered.bytes;
	size_t body_size;

	if (status != IOTKIT_OK || login->gathered.size < 2)
		return status;
	size_t length_size = read_length(gathered + 1, login->gathered.size - 1, &body_size);
	size_t body_at = 1 + length_size;
	if (length_size == 0 || login->gathered.size < body_at + body_size)
		return IOTKIT_OK;
	if (gathered[0] != CONNECT_BYTE || body_size <= FLAGS_AT)
		return error_set(IOTKIT_EPROTOCOL,
				 "the MQTT client did not begin with a CONNECT to put the password "
				 "into");
	return make_packet(login, body_at, body_size);
}
