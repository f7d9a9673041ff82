/* SPDX-License-Identifier: MIT */
#include "mqtt/password.h"

#include "base/error.h"
#include "base/private_file.h"
#include "base/secret.h"

enum { PASSWORD_SIZE = 65536 }; /* the standard's limit, and a NUL */

/* Whatever is wrong with the file, only a person can mend it. */
static iotkit_status read_file(const char *path, char *password)
{
	const struct private_file file = {
		.what = "password file", .option = "mqtt.password_file", .path = path};

	if (private_file_read_line(&file, password, PASSWORD_SIZE) == IOTKIT_OK)
		return IOTKIT_OK;
	struct reason reason;
	reason_capture(&reason);
	return error_set(IOTKIT_EINVAL, "%s", reason.text);
}

static iotkit_status from_file(const char *path, char **out)
{
	char *password = secret_alloc(PASSWORD_SIZE);

	if (password == NULL)
		return error_set_no_memory();
	iotkit_status status = read_file(path, password);
	if (status == IOTKIT_OK)
		*out = password;
	else
		secret_free(password);
	return status;
}

static iotkit_status from_option(const char *text, char **out)
{
	*out = secret_copy(text);
	return *out != NULL ? IOTKIT_OK : error_set_no_memory();
}

iotkit_status password_get(const struct session_settings *settings, char **out)
{
	bool has_file = settings->password_file[0] != '\0';

	*out = NULL;
	if (!has_file && settings->password[0] == '\0')
		return IOTKIT_OK;
	/* MQTT 3.1.1 section 3.1.2.9 */
	if (!settings->version_5 && settings->username[0] == '\0')
		return error_set(IOTKIT_EINVAL, "MQTT 3.1.1 has no password without a user name: "
						"set mqtt.username, or mqtt.version to 5");
	return has_file ? from_file(settings->password_file, out)
			: from_option(settings->password, out);
}
