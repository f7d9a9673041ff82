/* SPDX-License-Identifier: MIT
 *
 * Each function is called with every bad argument. It answers what the header says, with a
 * sentence, and leaves alone where it would have written to.
 */
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bad_calls.h"
#include "suite.h"

enum { LONG_SIZE = 70000, FILLER = 0xa5 };

static char long_text[LONG_SIZE + 1], text_256[256 + 1];

/* ---- the stage ---- */

static void path_in(const struct stage *stage, char path[STAGE_PATH_SIZE], const char *name)
{
	snprintf(path, STAGE_PATH_SIZE, "%s/%s", stage->folder, name);
}

static void make_config(const struct stage *stage)
{
	FILE *file = fopen(stage->config, "w");

	ck_assert_ptr_nonnull(file);
	fputs("payload = json\n[device porch]\nport = serial:/nowhere/tty\n", file);
	fclose(file);
}

static void make_box(const struct stage *stage)
{
	iotkit *iot = NULL;

	ck_assert_int_eq(iotkit_open(NULL, &iot), IOTKIT_OK);
	ck_assert_int_eq(iotkit_set_option(iot, "outbox.path", stage->box), IOTKIT_OK);
	ck_assert_int_eq(iotkit_publish(iot, "t", "x", 1, 1, 0, NULL), IOTKIT_OK);
	iotkit_close(iot);
}

static void request_in(struct stage *stage, const char *certificate, const char *key)
{
	stage->request = (iotkit_certificate_request){.struct_size = sizeof stage->request,
						      .kind = IOTKIT_CERTIFICATE_CA,
						      .name = "calls",
						      .certificate_file = certificate,
						      .key_file = key};
}

static void open_stage(struct stage *stage)
{
	memset(long_text, 'a', LONG_SIZE);
	memset(text_256, 'a', sizeof text_256 - 1);
	stage->long_text = long_text;
	stage->text_256 = text_256;
	stage->a_filter = "a/+";
	strcpy(stage->folder, "/tmp/iotkit-calls-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(stage->folder));
	path_in(stage, stage->config, "config");
	path_in(stage, stage->box, "box");
	path_in(stage, stage->certificate, "ca.crt");
	path_in(stage, stage->dedup_path, "dedup");
	path_in(stage, stage->new_certificate, "new.crt");
	path_in(stage, stage->new_key, "new.key");
	make_config(stage);
	make_box(stage);
	char key[STAGE_PATH_SIZE];
	path_in(stage, key, "ca.key");
	request_in(stage, stage->certificate, key);
	ck_assert_msg(iotkit_create_certificate(&stage->request) == IOTKIT_OK, "%s",
		      iotkit_last_error());
}

static void close_stage(const struct stage *stage)
{
	DIR *entries = opendir(stage->folder);
	struct dirent *entry;
	char path[STAGE_PATH_SIZE + 256];

	while ((entry = readdir(entries)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", stage->folder, entry->d_name);
		unlink(path);
	}
	closedir(entries);
	rmdir(stage->folder);
}

static void begin(struct stage *stage, const char *payload)
{
	ck_assert_int_eq(iotkit_open("mqtt://127.0.0.1:1", &stage->iot), IOTKIT_OK);
	ck_assert_int_eq(iotkit_set_option(stage->iot, "payload", payload), IOTKIT_OK);
	ck_assert_int_eq(iotkit_dedup_open(stage->dedup_path, &stage->dedup), IOTKIT_OK);
	ck_assert_int_eq(iotkit_outbox_rows_open(stage->box, 0, &stage->rows), IOTKIT_OK);
	request_in(stage, stage->new_certificate, stage->new_key);
	memset(&stage->out, FILLER, sizeof stage->out);
	stage->out.stats.struct_size = sizeof stage->out.stats;
	stage->out.summary.struct_size = sizeof stage->out.summary;
	stage->out.ports[0].struct_size = sizeof stage->out.ports[0];
}

/* Also what the call has made. */
static void end(struct stage *stage)
{
	if (stage->out.iot != stage->before.iot)
		iotkit_close(stage->out.iot);
	if (stage->out.dedup != stage->before.dedup)
		iotkit_dedup_close(stage->out.dedup);
	if (stage->out.rows != stage->before.rows)
		iotkit_outbox_rows_close(stage->out.rows);
	iotkit_close(stage->iot);
	iotkit_dedup_close(stage->dedup);
	iotkit_outbox_rows_close(stage->rows);
	unlink(stage->new_certificate);
	unlink(stage->new_key);
}

/* ---- what the calls use ---- */

void stage_add_device(struct stage *stage)
{
	if (iotkit_add_device(stage->iot, "shed", "serial:/nowhere/tty") != IOTKIT_OK)
		abort();
}

void stage_use_tls(struct stage *stage)
{
	if (iotkit_set_option(stage->iot, "broker", "mqtts://127.0.0.1:1") != IOTKIT_OK)
		abort();
}

void stage_ready(struct stage *stage)
{
	stage->before = stage->out;
}

iotkit_status refused(struct stage *stage, const void *pointer)
{
	(void)stage;
	return pointer == NULL && iotkit_last_error()[0] != '\0' ? IOTKIT_EINVAL : IOTKIT_OK;
}

iotkit_status seen(int32_t answer)
{
	return answer == 0 || answer == 1 ? IOTKIT_OK : answer;
}

void is_text(const char *text)
{
	if (text == NULL)
		abort();
}

void ignore_event(const iotkit_event *event, void *context)
{
	(void)event;
	(void)context;
}

/* ---- one call after the other ---- */

struct answer {
	const struct bad_call *call;
	struct stage *stage;
	iotkit_status status;
	char sentence[1024];
};

/* On a thread of its own, where nothing has failed yet. */
static void *make_call(void *context)
{
	struct answer *answer = context;

	answer->status = answer->call->make(answer->stage);
	snprintf(answer->sentence, sizeof answer->sentence, "%s", iotkit_last_error());
	return NULL;
}

static bool is_sentence(const char *text)
{
	return strlen(text) > 10 && strchr(text, '\n') == NULL && strchr(text, ' ') != NULL;
}

/* What is wrong with an answer; NULL for nothing. */
static const char *judge(const struct answer *answer)
{
	const struct stage *stage = answer->stage;

	if (answer->status > 0 || answer->status < IOTKIT_EBUSY)
		return "that is no status";
	if ((answer->call->allowed & ONE(answer->status)) == 0)
		return "the header says otherwise";
	if (answer->status == IOTKIT_OK)
		return answer->sentence[0] != '\0' ? "nothing failed, and yet there is an error"
						   : NULL;
	if (!is_sentence(answer->sentence))
		return "there is no sentence";
	if (!answer->call->reports && memcmp(&stage->out, &stage->before, sizeof stage->out) != 0)
		return "it failed, and yet wrote to an output";
	return NULL;
}

static bool is_well(struct stage *stage, const struct bad_call *call, const char *payload)
{
	struct answer answer = {.call = call, .stage = stage};
	pthread_t thread;

	begin(stage, payload);
	ck_assert_int_eq(pthread_create(&thread, NULL, make_call, &answer), 0);
	pthread_join(thread, NULL);
	const char *fault = judge(&answer);
	if (fault != NULL)
		fprintf(stderr, "%s: %d '%s': %s\n", call->what, (int)answer.status,
			answer.sentence, fault);
	end(stage);
	return fault == NULL;
}

START_TEST(each_bad_argument_is_refused_with_a_sentence_and_nothing_is_written)
{
	static const char *const payloads[] = {"text", "json", "senml"};
	static struct stage stage;
	size_t faults = 0;

	open_stage(&stage);
	for (size_t i = 0; i < 3 * bad_calls_count; i++)
		faults += is_well(&stage, &bad_calls[i / 3], payloads[i % 3]) ? 0 : 1;
	close_stage(&stage);
	ck_assert_msg(faults == 0, "%zu calls went wrong: see above", faults);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bad_calls");
	TCase *calls = tcase_create("calls");

	tcase_set_timeout(calls, 200);
	tcase_add_test(calls, each_bad_argument_is_refused_with_a_sentence_and_nothing_is_written);
	suite_add_tcase(suite, calls);
	return suite_run(suite);
}
