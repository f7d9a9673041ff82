/* SPDX-License-Identifier: MIT
 *
 * The handle: where the rooms are joined.
 *
 *     device --> uplink --> metric --> outbox --> mqtt        (uplink.c, status.c)
 *     application <-- events <-- mqtt                         (downlink.c)
 *     device <-- commands <-- mqtt, application               (commands.c)
 *
 * Lock order: options, then the locks inside the rooms.
 */
#ifndef IOTKIT_API_HANDLE_H
#define IOTKIT_API_HANDLE_H

#include <pthread.h>
#include <stdatomic.h>

#include "api/events.h"
#include "api/options.h"
#include "api/uri.h"
#include "base/birthplace.h"
#include "device/device.h"
#include "metric/batch.h"
#include "mqtt/session.h"
#include "outbox/outbox.h"

/* A board's last known state, for its status topic. */
struct board_status {
	char *device;
	bool online;
	bool told; /* the broker knows, or will */
	struct board_status *next;
};

/* A name that had to be changed to fit into a topic, and was told. */
struct told_name {
	char *name;
	struct told_name *next;
};

struct iotkit {
	struct birthplace birthplace;
	struct outbox *outbox;
	struct devices *devices; /* NULL once it is closing: see devices_lock */
	struct session *session;
	struct events events;
	atomic_uint_fast64_t metrics; /* published by the application */
	atomic_uint_fast64_t received;
	uint64_t epoch; /* of publish.id: this handle, as no other one */
	atomic_uint_fast64_t seq; /* of publish.id: the last one given */
	atomic_uint_fast64_t refused; /* metrics of boards that the outbox did not take */

	/* Guards what follows, which is settled once started is set. */
	pthread_rwlock_t options_lock;
	bool started; /* iotkit_connect() was called */
	struct options options;
	struct batches *batches; /* NULL unless payload is senml */
	struct session_will will;
	struct broker_list brokers;
	struct session_settings settings; /* as the session wants them */

	pthread_mutex_t callback_lock;
	struct dispatcher *dispatcher; /* guarded by callback_lock; NULL: no callback */

	pthread_mutex_t names_lock;
	struct told_name *told_names; /* guarded by names_lock */
	size_t told_count;

	/* Boards are closed before the session and the outbox, which call back until they are
	 * too: they use the boards under this lock. Taken before those inside the room. */
	pthread_mutex_t devices_lock;

	pthread_mutex_t commanded_lock; /* taken before the options' and the session's */
	struct commanded_board *commanded; /* guarded by commanded_lock */
	atomic_uint_fast64_t commands_sent; /* by the application: the last number given */
	atomic_uint_fast64_t commands_done;

	pthread_mutex_t status_lock;
	struct board_status *statuses; /* guarded by status_lock */
	bool announcing; /* guarded by status_lock: the broker is told of changes */
	bool withdrawn; /* guarded by status_lock: all are offline to the broker */
};

/* IOTKIT_EINVAL when the application gave no handle, IOTKIT_ESTATE in a child of the process
 * that opened it. */
iotkit_status handle_check(const iotkit *iot);

/* IOTKIT_ESTATE once iotkit_connect() was called. The options lock is held. */
iotkit_status handle_check_not_started(const iotkit *iot);

/* Takes over new options, and gives them to the rooms. The options lock is
 * held for writing; options is emptied on success. */
iotkit_status handle_adopt(iotkit *iot, struct options *options);

/* What the options say, borrowed. */
struct tls_settings handle_tls_settings(const struct options *options);

/* How a metric is to be taken. */
struct uplink_manner {
	enum outbox_care care;
	const struct outbox_origin *origin; /* of a kit's reading, else NULL; then care is
					     * OUTBOX_QUEUED */
};

/* Encodes one metric and puts it into the outbox, or into its pack. */
iotkit_status uplink_publish(iotkit *iot, const struct metric *metric,
			     const struct uplink_manner *manner);

/* Tells, once a name, where a topic cannot have it as it is. */
void uplink_tell_changed_names(iotkit *iot, const char *device, const char *name);

/* The name to publish under: `status` is the board's own topic. */
const char *uplink_free_name(iotkit *iot, const char *device, const char *name);

/* Metrics that cannot be published, where nobody is there to be told by a return value: an
 * event tells, with this thread's last error. */
void uplink_drop_metrics(iotkit *iot, const struct metric *metrics, size_t count);

/* Packs of metrics; NULL with another payload than senml. The options lock is held. */
iotkit_status packs_open(iotkit *iot, const struct options *options, struct batches **out);
iotkit_status packs_add(iotkit *iot, const struct metric *metric,
			const struct uplink_manner *manner);

/* Closes the packs that are due by a monotonic moment; CLOCK_NEVER for all. */
iotkit_status packs_flush(iotkit *iot, int64_t now_ms);

struct device_sink uplink_sink(iotkit *iot);
void uplink_forget_names(iotkit *iot);
struct session_sink downlink_sink(iotkit *iot);
struct outbox_listener downlink_listener(iotkit *iot);

/* Board statuses on `{topic.base}/{device}/status`. */
void status_change(iotkit *iot, const char *device, bool online);
void status_forget(iotkit *iot, const char *device);
void status_announce(iotkit *iot); /* all, to a broker that may not know them */
bool status_tell(iotkit *iot); /* what a full outbox did not take; whether it did now */
void status_pause(iotkit *iot); /* the connection is gone */
void status_withdraw(iotkit *iot); /* nobody carries their metrics from now on */
void status_return(iotkit *iot); /* somebody does again */
void status_free(iotkit *iot);

/* The next event of this turn, for events_keep() or events_drop(). */
const iotkit_event *event_next(iotkit *iot, uint64_t turn, int64_t deadline);

/* Events without a message. */
void event_log(iotkit *iot, const char *device, iotkit_status status, const char *text);

/* What goes with every message: when it was accepted, until when it is worth
 * delivering, and who published it as what. The options lock is held. */
void publish_stamp(iotkit *iot, struct outbox_message *message);

#endif
