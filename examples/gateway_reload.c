/* SPDX-License-Identifier: MIT
 *
 * Options are settled once connected, but the files that they name are read for each
 * connection. So a second client logs in with them first, and only if it is let in does
 * the gateway connect anew. What is measured meanwhile waits in the outbox.
 */
#include "gateway_reload.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "gateway_log.h"

#define JUDGE_MS 10000
#define GOODBYE_MS 5000
#define VALUE_MAX 65536
#define REPORT_SIZE 16384

static const char *config_path;
static struct timespec config_time;
static bool put_off;

static struct timespec changed_at(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? status.st_mtim : (struct timespec){0, 0};
}

void gateway_reload_start(const char *config)
{
	config_path = config;
	if (config != NULL)
		config_time = changed_at(config);
}

static void tell_changed_config(void)
{
	if (config_path == NULL)
		return;
	struct timespec now = changed_at(config_path);
	if (now.tv_sec != config_time.tv_sec || now.tv_nsec != config_time.tv_nsec)
		gateway_log_warning("%s has changed, which a reload does not take up: restart the "
				    "gateway",
				    config_path);
}

/* "" also when it is a secret, which nobody is told. */
static const char *value_of(iotkit *iot, const char *name)
{
	static char value[VALUE_MAX];

	return iotkit_get_option(iot, name, value, sizeof value) == IOTKIT_OK ? value : "";
}

static bool is_set(iotkit *iot, const char *name)
{
	return value_of(iot, name)[0] != '\0';
}

/* How to reach the broker and log in there, which is not all that a gateway has set. */
static bool is_for_login(const char *name)
{
	static const char *const prefixes[] = {"tls.", "mqtt.username", "mqtt.password_file",
					       "mqtt.version"};

	for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

static iotkit_status copy_option(iotkit *from, iotkit *to, const char *name)
{
	return is_set(from, name) ? iotkit_set_option(to, name, value_of(from, name)) : IOTKIT_OK;
}

/* Under a name of its own, since the broker would end the session of a client whose name
 * comes a second time; and it leaves no session behind. */
static iotkit_status name_second(iotkit *iot, iotkit *second)
{
	char id[512];

	snprintf(id, sizeof id, "%.500s-reload", value_of(iot, "mqtt.client_id"));
	iotkit_status status = iotkit_set_option(second, "mqtt.client_id", id);
	if (status == IOTKIT_OK)
		status = iotkit_set_option(second, "mqtt.clean_start", "on");
	return status != IOTKIT_OK ? status
				   : iotkit_set_option(second, "mqtt.session_expiry_s", "0");
}

static iotkit_status log_in(iotkit *iot, iotkit *second)
{
	const iotkit_option_info *info;
	iotkit_status status = copy_option(iot, second, "broker");

	for (int32_t i = 0; status == IOTKIT_OK && (info = iotkit_option_at(i)) != NULL; i++)
		if (is_for_login(info->name))
			status = copy_option(iot, second, info->name);
	if (status == IOTKIT_OK)
		status = name_second(iot, second);
	return status != IOTKIT_OK ? status : iotkit_connect(second, JUDGE_MS);
}

static iotkit_status try_login(iotkit *iot)
{
	iotkit *second = NULL;
	iotkit_status status = iotkit_open(NULL, &second);

	if (status == IOTKIT_OK)
		status = log_in(iot, second);
	/* The sentence of a failure is kept: closing never fails. */
	iotkit_close(second);
	return status;
}

/* A password that is in no file is the library's secret: then a handshake must do. */
static iotkit_status judge_files(iotkit *iot)
{
	static char report[REPORT_SIZE];

	if (is_set(iot, "mqtt.password_file") || !is_set(iot, "mqtt.username"))
		return try_login(iot);
	if (strncmp(value_of(iot, "broker"), "mqtts:", strlen("mqtts:")) != 0)
		return IOTKIT_OK;
	return iotkit_check_broker(iot, JUDGE_MS, report, sizeof report);
}

static bool is_connected(iotkit *iot)
{
	iotkit_stats stats = {.struct_size = sizeof stats};

	return iotkit_get_stats(iot, &stats) == IOTKIT_OK && stats.connected != 0;
}

static bool connect_anew(iotkit *iot)
{
	/* What cannot be delivered by then stays in the outbox. */
	(void)iotkit_disconnect(iot, GOODBYE_MS);
	if (iotkit_connect(iot, 0) == IOTKIT_OK)
		return true;
	gateway_log_error("%s", iotkit_last_error());
	return false;
}

static bool reload(iotkit *iot)
{
	/* Each attempt reads the files anew, but one may be under way. */
	put_off = !is_connected(iot);
	if (put_off) {
		gateway_log("reload: not connected now; it follows once that is so");
		return true;
	}
	if (judge_files(iot) != IOTKIT_OK) {
		gateway_log_error("reload: the connection stays as it is, since a new one would "
				  "fail: %s",
				  iotkit_last_error());
		return true;
	}
	gateway_log("reload: connecting anew with the files as they are now");
	return connect_anew(iot);
}

bool gateway_reload(iotkit *iot)
{
	tell_changed_config();
	return reload(iot);
}

bool gateway_reload_connected(iotkit *iot)
{
	return !put_off || reload(iot);
}
