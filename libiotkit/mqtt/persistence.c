/* SPDX-License-Identifier: MIT */
#include "mqtt/persistence.h"

#include <MQTTAsync.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt/client.h"
#include "mqtt/packet.h"

enum { KEY_SIZE = 16, MQTT_PACKET_MAX = 268435460 };

/* What was received in an earlier life, for paho to read. */
struct item {
	struct item *next;
	char key[KEY_SIZE];
	size_t size;
	char bytes[];
};

struct persistence {
	MQTTClient_persistence paho;
	struct client *client;
	pthread_mutex_t lock; /* guards the items */
	struct item *items;
};

/* What a key stands for. */
struct key {
	bool is_received; /* others are not kept */
	bool version_5;
	uint16_t packet_id;
};

static struct key read_key(const char *text)
{
	const char *dash = strchr(text, '-');
	struct key key = {.is_received = *text == 'r'};

	if (dash == NULL)
		return key;
	key.version_5 = dash > text && dash[-1] == '5';
	key.packet_id = (uint16_t)strtoul(dash + 1, NULL, 10);
	return key;
}

static bool is_of_this_version(const struct persistence *persistence, const struct key *key)
{
	return key->version_5 == persistence->client->settings->version_5;
}

/* ---- in memory ---- */

static struct item **find_item(struct persistence *persistence, const char *key)
{
	struct item **link = &persistence->items;

	while (*link != NULL && strcmp((*link)->key, key) != 0)
		link = &(*link)->next;
	return link;
}

static struct item *gather(const char *key, int count, char *buffers[], int sizes[])
{
	size_t size = 0, at = 0;

	for (int i = 0; i < count; i++)
		size += (size_t)sizes[i];
	struct item *item = malloc(sizeof *item + size);
	if (item == NULL)
		return NULL;
	item->next = NULL;
	item->size = size;
	snprintf(item->key, sizeof item->key, "%s", key);
	for (int i = 0; i < count; i++) {
		if (sizes[i] > 0)
			memcpy(item->bytes + at, buffers[i], (size_t)sizes[i]);
		at += (size_t)sizes[i];
	}
	return item;
}

static void remove_item(struct persistence *persistence, const char *key)
{
	pthread_mutex_lock(&persistence->lock);
	struct item **link = find_item(persistence, key);
	struct item *item = *link;
	if (item != NULL)
		*link = item->next;
	pthread_mutex_unlock(&persistence->lock);
	free(item);
}

static void add_item(struct persistence *persistence, struct item *item)
{
	remove_item(persistence, item->key);
	pthread_mutex_lock(&persistence->lock);
	item->next = persistence->items;
	persistence->items = item;
	pthread_mutex_unlock(&persistence->lock);
}

/* ---- put ---- */

static int put_received(struct persistence *persistence, const struct key *key, const char *text,
			int count, char *buffers[], int sizes[])
{
	struct item *item = gather(text, count, buffers, sizes);

	if (item == NULL)
		return MQTTCLIENT_PERSISTENCE_ERROR;
	iotkit_status status = inbound_note_received(persistence->client->inbound, key->packet_id,
						     item->bytes, item->size);
	free(item);
	return status == IOTKIT_OK ? 0 : MQTTCLIENT_PERSISTENCE_ERROR;
}

static int put(void *handle, char *text, int count, char *buffers[], int sizes[])
{
	const struct key key = read_key(text);

	return key.is_received ? put_received(handle, &key, text, count, buffers, sizes) : 0;
}

/* ---- get ---- */

static int hand_over(const void *bytes, size_t size, char **out, int *size_out)
{
	*out = MQTTAsync_malloc(size > 0 ? size : 1);
	if (*out == NULL)
		return MQTTCLIENT_PERSISTENCE_ERROR;
	memcpy(*out, bytes, size);
	*size_out = (int)size;
	return 0;
}

static int get(void *handle, char *text, char **out, int *size_out)
{
	struct persistence *persistence = handle;
	int rc = MQTTCLIENT_PERSISTENCE_ERROR;

	pthread_mutex_lock(&persistence->lock);
	const struct item *item = *find_item(persistence, text);
	if (item != NULL)
		rc = hand_over(item->bytes, item->size, out, size_out);
	pthread_mutex_unlock(&persistence->lock);
	return rc;
}

/* ---- remove ---- */

static int remove_key(void *handle, char *text)
{
	struct persistence *persistence = handle;
	const struct key key = read_key(text);

	remove_item(persistence, text);
	if (!key.is_received || !is_of_this_version(persistence, &key))
		return 0;
	iotkit_status status = inbound_note_finished(persistence->client->inbound, key.packet_id);
	return status == IOTKIT_OK ? 0 : MQTTCLIENT_PERSISTENCE_ERROR;
}

/* ---- list ---- */

struct key_list {
	char **keys;
	size_t count;
	bool is_short; /* of memory */
};

static void list_key(struct key_list *list, bool version_5, unsigned packet_id)
{
	char *key = list->is_short ? NULL : MQTTAsync_malloc(KEY_SIZE);

	list->is_short = key == NULL;
	if (key == NULL)
		return;
	snprintf(key, KEY_SIZE, "r%s-%u", version_5 ? "5" : "", packet_id);
	list->keys[list->count++] = key;
}

static int list_keys(void *handle, char ***keys_out, int *count_out)
{
	struct persistence *persistence = handle;
	uint16_t *ids = malloc(PACKET_IDS * sizeof *ids);
	struct key_list list = {0};

	if (ids == NULL)
		return MQTTCLIENT_PERSISTENCE_ERROR;
	size_t received = inbound_list(persistence->client->inbound, ids);
	list.keys = MQTTAsync_malloc((received + 1) * sizeof(char *));
	list.is_short = list.keys == NULL;
	for (size_t i = 0; i < received; i++)
		list_key(&list, persistence->client->settings->version_5, ids[i]);
	free(ids);
	*keys_out = list.keys;
	*count_out = (int)list.count;
	return list.is_short ? MQTTCLIENT_PERSISTENCE_ERROR : 0;
}

/* ---- the rest ---- */

static int open_for_paho(void **handle, const char *client_id, const char *uri, void *context)
{
	(void)client_id;
	(void)uri;
	*handle = context;
	return 0;
}

static int close_for_paho(void *handle)
{
	(void)handle;
	return 0;
}

/* paho 1.3 has no use for it: it removes key by key. */
static int clear(void *handle)
{
	(void)handle;
	return 0;
}

/* paho's 0 is yes. */
static int contains(void *handle, char *text)
{
	struct persistence *persistence = handle;

	pthread_mutex_lock(&persistence->lock);
	bool found = *find_item(persistence, text) != NULL;
	pthread_mutex_unlock(&persistence->lock);
	return found ? 0 : MQTTCLIENT_PERSISTENCE_ERROR;
}

/* ---- life ---- */

/* What was received in an earlier life. With MQTT 5 the application has taken it, with
 * MQTT 3.1.1 it has not; what was kept for the other version cannot be gone on with. */
static void take_received(void *context, uint16_t packet_id, const void *packet, size_t size)
{
	struct persistence *persistence = context;
	struct client *client = persistence->client;
	bool version_5 = client->settings->version_5;
	struct buffer bytes;
	char key[KEY_SIZE];

	inbound_note_known(client->inbound, packet_id);
	if (version_5 != (size == 0)) {
		if (size > 0)
			client->sink->warned(client->sink->context, IOTKIT_ESTATE,
					     "a message with QoS 2 that was received with MQTT "
					     "3.1.1 and not taken is lost, since mqtt.version is "
					     "another now");
		inbound_note_finished(client->inbound, packet_id);
		return;
	}
	buffer_init(&bytes, MQTT_PACKET_MAX);
	iotkit_status status = version_5 ? packet_placeholder(packet_id, true, &bytes)
					 : buffer_append(&bytes, packet, size);
	int length = (int)bytes.size;
	snprintf(key, sizeof key, "r%s-%u", version_5 ? "5" : "", (unsigned)packet_id);
	struct item *item =
		status == IOTKIT_OK ? gather(key, 1, (char *[]){bytes.bytes}, &length) : NULL;
	if (item != NULL)
		add_item(persistence, item);
	buffer_free(&bytes);
}

iotkit_status persistence_open(struct client *client, struct persistence **out)
{
	struct persistence *persistence = calloc(1, sizeof *persistence);

	if (persistence == NULL)
		return error_set_no_memory();
	persistence->client = client;
	pthread_mutex_init(&persistence->lock, NULL);
	persistence->paho = (MQTTClient_persistence){
		.context = persistence,
		.popen = open_for_paho,
		.pclose = close_for_paho,
		.pput = put,
		.pget = get,
		.premove = remove_key,
		.pkeys = list_keys,
		.pclear = clear,
		.pcontainskey = contains,
	};
	outbox_received(client->outbox, take_received, persistence);
	*out = persistence;
	return IOTKIT_OK;
}

void persistence_close(struct persistence *persistence)
{
	if (persistence == NULL)
		return;
	while (persistence->items != NULL) {
		struct item *item = persistence->items;
		persistence->items = item->next;
		free(item);
	}
	pthread_mutex_destroy(&persistence->lock);
	free(persistence);
}

void *persistence_for_paho(struct persistence *persistence)
{
	return &persistence->paho;
}
