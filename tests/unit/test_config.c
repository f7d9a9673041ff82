/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "iotkit.h"
#include "suite.h"

static iotkit *iot;
static char folder[64];
static char path[128];

static void start(void)
{
	strcpy(folder, "/tmp/iotkit-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/gateway.ini", folder);
	ck_assert_int_eq(iotkit_open(NULL, &iot), IOTKIT_OK);
}

static void stop(void)
{
	iotkit_close(iot);
	unlink(path);
	rmdir(folder);
}

static void write_file(const void *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
	fclose(file);
	ck_assert_int_eq(chmod(path, 0600), 0);
}

static iotkit_status load(const char *text)
{
	write_file(text, strlen(text));
	return iotkit_load_config(iot, path);
}

static void assert_value(const char *name, const char *expected)
{
	char value[512];

	ck_assert_int_eq(iotkit_get_option(iot, name, value, sizeof value), IOTKIT_OK);
	ck_assert_str_eq(value, expected);
}

static void assert_device(const char *name, bool exists)
{
	iotkit_status status = iotkit_remove_device(iot, name);

	ck_assert_msg(status == (exists ? IOTKIT_OK : IOTKIT_ENOENT), "%s: %s", name,
		      iotkit_last_error());
}

/* ---- passwords in it ---- */

START_TEST(a_password_that_others_can_read_is_refused_with_the_mend)
{
	static const char *const texts[] = {
		"payload = json\n[mqtt]\npassword = hunter2\n",
		"payload = json\n\nbroker = mqtt://anna:hunter2@broker\n",
		"payload = json\n\nbroker = mqtt://broker?mqtt%2Epassword=hunter2\n"};
	static const mode_t modes[] = {0644, 0640, 0604, 0620, 0601};
	char mend[512];

	snprintf(mend, sizeof mend, "%s:3: others can read the password in %s: run 'chmod 600 %s'",
		 path, path, path);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		write_file(texts[i], strlen(texts[i]));
		for (size_t j = 0; j < sizeof modes / sizeof modes[0]; j++) {
			chmod(path, modes[j]);
			assert_fails(iotkit_load_config(iot, path), IOTKIT_EINVAL, mend);
			ck_assert_ptr_null(strstr(iotkit_last_error(), "hunter2"));
			assert_value("payload", "text");
		}
		chmod(path, 0400);
		ck_assert_msg(iotkit_load_config(iot, path) == IOTKIT_OK, "%s",
			      iotkit_last_error());
		assert_value("payload", "json");
		ck_assert_int_eq(iotkit_set_option(iot, "payload", "text"), IOTKIT_OK);
	}
}
END_TEST

START_TEST(a_file_without_a_password_may_be_everybodys)
{
	static const char text[] = "broker = mqtt://anna@broker\n[mqtt]\npassword =\n"
				   "password_file = /etc/password\n";

	write_file(text, strlen(text));
	chmod(path, 0644);
	ck_assert_msg(iotkit_load_config(iot, path) == IOTKIT_OK, "%s", iotkit_last_error());
}
END_TEST

/* ---- what it understands ---- */

START_TEST(keys_in_sections_are_options)
{
	ck_assert_msg(load("# the greenhouse\n"
			   "broker = mqtt://anna:secret@broker:1884?mqtt.window=7\n"
			   "payload=json\n"
			   "\n"
			   "[mqtt]\n"
			   "client_id = greenhouse-pi ; on the wall\n"
			   "keepalive_s: 10\n"
			   "[topic]\n"
			   "base = house/garden\n"
			   "[device greenhouse]\n"
			   "port = serial:/dev/no-such-port?baud=9600\n"
			   "[device my shed]\n"
			   "port = serial:/dev/no-such-port-2\n") == IOTKIT_OK,
		      "%s", iotkit_last_error());
	assert_value("broker", "mqtt://broker:1884");
	assert_value("mqtt.username", "anna");
	assert_value("mqtt.window", "7");
	assert_value("payload", "json");
	assert_value("mqtt.client_id", "greenhouse-pi");
	assert_value("mqtt.keepalive_s", "10");
	assert_value("topic.base", "house/garden");
	assert_device("greenhouse", true);
	assert_device("my shed", true);
}
END_TEST

START_TEST(indentation_means_nothing)
{
	ck_assert_msg(load("  payload = json\n[mqtt]\n  client_id = a\n\tusername = b\n"
			   "    [topic]\n    base = c\n") == IOTKIT_OK,
		      "%s", iotkit_last_error());
	assert_value("payload", "json");
	assert_value("mqtt.client_id", "a");
	assert_value("mqtt.username", "b");
	assert_value("topic.base", "c");
}
END_TEST

START_TEST(windows_line_ends_and_a_byte_order_mark_are_fine)
{
	ck_assert_msg(load("\xef\xbb\xbfpayload = json\r\n[mqtt]\r\nclient_id = a\r\n") ==
			      IOTKIT_OK,
		      "%s", iotkit_last_error());
	assert_value("payload", "json");
	assert_value("mqtt.client_id", "a");
}
END_TEST

START_TEST(the_last_line_needs_no_end)
{
	ck_assert_int_eq(load("payload = json"), IOTKIT_OK);
	assert_value("payload", "json");
	ck_assert_int_eq(load(""), IOTKIT_OK);
}
END_TEST

START_TEST(paths_are_relative_to_the_file)
{
	char expected[256];

	ck_assert_int_eq(load("[mqtt]\npassword_file = secrets/password\n"), IOTKIT_OK);
	snprintf(expected, sizeof expected, "%s/secrets/password", folder);
	assert_value("mqtt.password_file", expected);
	ck_assert_int_eq(load("[mqtt]\npassword_file = /etc/password\n"), IOTKIT_OK);
	assert_value("mqtt.password_file", "/etc/password");
	ck_assert_int_eq(load("[mqtt]\npassword_file =\n"), IOTKIT_OK);
	assert_value("mqtt.password_file", "");
}
END_TEST

/* ---- what it refuses ---- */

START_TEST(errors_name_the_file_and_the_line)
{
	static const struct {
		const char *text;
		iotkit_status status;
		const char *part;
	} wrong[] = {
		{"\n\npayload = xml\n", IOTKIT_EINVAL, "gateway.ini:3: the option payload"},
		{"# c\npaylod = json\n", IOTKIT_ENOENT, "gateway.ini:2: there is no option"},
		{"[mqtt]\nkeepalive = 3\n", IOTKIT_ENOENT, "did you mean 'mqtt.keepalive_s'"},
		{"[mqqt]\nwindow = 3\n", IOTKIT_ENOENT, "'mqtt.window'"},
		{"broker = mqtt://h:x\n", IOTKIT_EINVAL, "gateway.ini:1: the broker URI's port"},
		{"payload = json\nnonsense\n", IOTKIT_EINVAL, "gateway.ini:2: neither"},
		{"[mqtt\nwindow = 3\n", IOTKIT_EINVAL, "gateway.ini:1:"},
		{"[device a]\nprot = serial:/dev/x\n", IOTKIT_ENOENT, "only the key 'port'"},
		{"[device b]\n", IOTKIT_EINVAL, "gateway.ini:1: the device 'b' has no port"},
		{"payload = json\n[device b]\n\n[mqtt]\nwindow = 3\n", IOTKIT_EINVAL,
		 "gateway.ini:2: the device 'b' has no port"},
		{"[device a]\nport = usb:x\n", IOTKIT_EINVAL, "gateway.ini"},
		{"[device a]\nport = serial:/x\n[device a]\nport = serial:/y\n", IOTKIT_EEXIST,
		 "gateway.ini:4: the device 'a'"},
		{"[device a]\nport = serial:/x\nport = serial:/y\n", IOTKIT_EEXIST, ":3:"},
	};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_fails(load(wrong[i].text), wrong[i].status, wrong[i].part);
}
END_TEST

START_TEST(a_file_with_an_error_changes_nothing)
{
	assert_fails(load("payload = json\n[device a]\nport = serial:/dev/no-such-port\n"
			  "[mqtt]\nwindow = 0\n"),
		     IOTKIT_EINVAL, ":5:");
	assert_value("payload", "text");
	assert_device("a", false);
}
END_TEST

START_TEST(a_device_that_exists_takes_those_before_it_out_again)
{
	ck_assert_int_eq(iotkit_add_device(iot, "b", "serial:/dev/no-such-port"), IOTKIT_OK);
	assert_fails(load("payload = json\n[device a]\nport = serial:/dev/no-such-port\n"
			  "[device b]\nport = serial:/dev/no-such-port\n"),
		     IOTKIT_EEXIST, "gateway.ini");
	assert_value("payload", "text");
	assert_device("a", false);
	assert_device("b", true);
}
END_TEST

START_TEST(a_line_that_is_too_long_is_refused_not_cut)
{
	static char text[20000];
	int n = snprintf(text, sizeof text, "payload = json\n[mqtt]\nusername = ");

	memset(text + n, 'u', sizeof text - (size_t)n - 1);
	assert_fails(load(text), IOTKIT_EINVAL, "gateway.ini:3: a line is longer than");
	assert_value("payload", "text");
	assert_value("mqtt.username", "");
}
END_TEST

START_TEST(a_path_of_ordinary_length_fits_into_a_line)
{
	char text[400], directory[160];

	memset(directory, 'd', sizeof directory - 1);
	directory[sizeof directory - 1] = '\0';
	snprintf(text, sizeof text, "[mqtt]\npassword_file = /%s/%s\n", directory, "file");
	ck_assert_msg(load(text) == IOTKIT_OK, "%s", iotkit_last_error());
}
END_TEST

START_TEST(noise_is_refused)
{
	static const char noise[] = "\x7f"
				    "ELF\x02\x01\x01\0\0\0\xff\xfe\n=\n[]\n\0\n";

	write_file(noise, sizeof noise);
	ck_assert_int_eq(iotkit_load_config(iot, path), IOTKIT_EINVAL);
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "gateway.ini:1"));
}
END_TEST

START_TEST(what_cannot_be_read_is_told)
{
	assert_fails(iotkit_load_config(iot, NULL), IOTKIT_EINVAL, "NULL");
	assert_fails(iotkit_load_config(NULL, path), IOTKIT_EINVAL, "iotkit_open()");
	assert_fails(iotkit_load_config(iot, path), IOTKIT_ENOENT, path);
	assert_fails(iotkit_load_config(iot, folder), IOTKIT_ESYSTEM, strerror(EISDIR));
	assert_fails(iotkit_load_config(iot, "/dev/null/x"), IOTKIT_ESYSTEM, strerror(ENOTDIR));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config");
	TCase *config = tcase_create("config");

	tcase_add_checked_fixture(config, start, stop);
	tcase_add_test(config, a_password_that_others_can_read_is_refused_with_the_mend);
	tcase_add_test(config, a_file_without_a_password_may_be_everybodys);
	tcase_add_test(config, keys_in_sections_are_options);
	tcase_add_test(config, indentation_means_nothing);
	tcase_add_test(config, windows_line_ends_and_a_byte_order_mark_are_fine);
	tcase_add_test(config, the_last_line_needs_no_end);
	tcase_add_test(config, paths_are_relative_to_the_file);
	tcase_add_test(config, errors_name_the_file_and_the_line);
	tcase_add_test(config, a_file_with_an_error_changes_nothing);
	tcase_add_test(config, a_device_that_exists_takes_those_before_it_out_again);
	tcase_add_test(config, a_line_that_is_too_long_is_refused_not_cut);
	tcase_add_test(config, a_path_of_ordinary_length_fits_into_a_line);
	tcase_add_test(config, noise_is_refused);
	tcase_add_test(config, what_cannot_be_read_is_told);
	suite_add_tcase(suite, config);
	return suite_run(suite);
}
