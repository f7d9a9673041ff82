/* SPDX-License-Identifier: MIT
 *
 * libiotkit - sensor metrics from Arduino boards into MQTT.
 */
#ifndef IOTKIT_H
#define IOTKIT_H

/**
 * @file iotkit.h
 * @brief The whole public ABI. What is not declared here is not public.
 *
 * @section start In ten lines
 *
 *     iotkit *iot = NULL;
 *     iotkit_open("mqtt://localhost:1883", &iot);
 *     iotkit_add_device(iot, "greenhouse", "serial:/dev/ttyACM0?baud=115200");
 *     iotkit_connect(iot, 10000);
 *     const iotkit_event *event;
 *     while ((event = iotkit_next_event(iot, -1)) != NULL)
 *             if (event->text != NULL)
 *                     puts(event->text);
 *     iotkit_close(iot);
 *
 * A handle is one MQTT session with the boards that feed it. Metrics read from
 * a board, or given to iotkit_publish_metric(), go to the topic
 * `{topic.base}/{device}/{name}`.
 *
 * @section rules Rules that hold for every function
 *
 * - **Return.** 0 (::IOTKIT_OK) or a negative `IOTKIT_E*` code, never a
 *   positive status. iotkit_last_error() then has the whole sentence: what was
 *   tried, on what, why it failed, what mends it.
 * - **Outputs.** Parameters named `out` or `*_out` are written on success only.
 * - **Ownership.** What you pass in is copied before the call returns. What you
 *   are handed belongs to the library; each text says until when it is valid.
 * - **Strings.** UTF-8, ended by a NUL.
 * - **Time.** `*_ms` are milliseconds. A timeout of 0 does not wait, a negative
 *   one waits without limit. `time_ms` is a moment: milliseconds since
 *   1970-01-01 UTC.
 * - **Threads.** Every function may be called from any thread at any time, also in an
 *   ::iotkit_event_callback, but what closes something must be the last call on it, and an
 *   ::iotkit_outbox_rows is for one thread at a time. Different handles share nothing.
 * - **Processes.** A handle belongs to the process that opened it. In a child made by fork()
 *   each function refuses it with ::IOTKIT_ESTATE, and iotkit_close() does nothing.
 * - **Side effects.** The library prints nothing, installs no signal handler
 *   and never exits. paho.mqtt.c, which it stands on, sets SIGPIPE to be
 *   ignored when the first handle connects.
 * - **Refusals.** A pointer may be NULL where its text says so, and is else refused with
 *   ::IOTKIT_EINVAL.
 * - **Growth.** Constants keep their value for ever. Structs begin with
 *   `struct_size` and only ever grow at the end. One that is smaller than the library knows is
 *   filled as far as it reaches; of one that is larger the library clears what it does not know,
 *   or refuses a request that has something there. docs/abi.md has all that is promised.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Marks what the library shows. */
#if defined(__GNUC__)
#define IOTKIT_API __attribute__((visibility("default")))
#else
#define IOTKIT_API
#endif

/**
 * @name Version of this header
 * iotkit_version() is that of the library at run time.
 * @{
 */
#define IOTKIT_VERSION_MAJOR 1 /**< that of the ABI, and of the SONAME */
#define IOTKIT_VERSION_MINOR 0 /**< grows with what is added */
#define IOTKIT_VERSION_PATCH 0 /**< grows with what is mended */
/** @} */

/**
 * @name Status codes
 * Part of the ABI: never renumbered, never reused.
 * @{
 */
/** What most functions return: 0, or one of the negative codes below. */
typedef int32_t iotkit_status;

enum {
	/** Success. */
	IOTKIT_OK = 0,
	/** An argument breaks a documented rule; calling again cannot help. */
	IOTKIT_EINVAL = -1,
	/** Memory could not be had; nothing was changed. */
	IOTKIT_ENOMEM = -2,
	/** Right call, wrong moment, as setting an option after connecting. */
	IOTKIT_ESTATE = -3,
	/** The time allowed ran out; the work goes on in the background. */
	IOTKIT_ETIMEOUT = -4,
	/** The outbox is full; the message was not taken. */
	IOTKIT_EFULL = -5,
	/** There is no such option, device, file or subscription. */
	IOTKIT_ENOENT = -6,
	/** A device of that name exists already. */
	IOTKIT_EEXIST = -7,
	/** The operating system refused. */
	IOTKIT_ESYSTEM = -8,
	/** The broker's host name could not be looked up. */
	IOTKIT_ERESOLVE = -9,
	/** The broker could not be reached, or the connection was lost. */
	IOTKIT_ENETWORK = -10,
	/** What the peer sent is not MQTT, or breaks its rules. */
	IOTKIT_EPROTOCOL = -11,
	/** Wrong user name or password, or not authorised. */
	IOTKIT_EAUTH = -12,
	/** The broker refused for another reason; the sentence has its words. */
	IOTKIT_EREFUSED = -13,
	/** This build of the library cannot do it. */
	IOTKIT_ENOTSUP = -14,
	/** TLS failed: a certificate, a key or the handshake. */
	IOTKIT_ETLS = -15,
	/** What a board sent is not a metric. */
	IOTKIT_EFORMAT = -16,
	/** Another process, or another handle, has the file. */
	IOTKIT_EBUSY = -17
};
/** @} */

/** An MQTT session and the boards that feed it. */
typedef struct iotkit iotkit;

/* ---- 1. Opening and closing ------------------------------------------- */

/**
 * Make a handle. Nothing is connected yet.
 *
 * @param broker_uri `mqtts://[user[:password]@]host[:port][,host[:port]...][?option=value&...]`,
 *   or the same with `mqtt://` for a connection without TLS; several hosts are
 *   tried in turn. The port defaults to 8883, or 1883 for `mqtt`. User, password
 *   and values are percent-decoded; options are those of iotkit_option_at().
 *   NULL means `mqtt://localhost:1883`. Give passwords by
 *   `mqtt.password_file` rather than in the URI: others can read a command line.
 * @param out Receives the handle; free it with iotkit_close().
 *
 * @retval IOTKIT_EINVAL  @p out is NULL, or the URI cannot be understood.
 * @retval IOTKIT_ENOENT  The query names an option that does not exist.
 * @retval IOTKIT_ENOMEM  Memory could not be had.
 * @retval IOTKIT_ESYSTEM No descriptor could be had for iotkit_event_fd().
 * @retval IOTKIT_ESTATE  This process was made by fork() while its parent had handles open.
 */
IOTKIT_API iotkit_status iotkit_open(const char *broker_uri, iotkit **out);

/**
 * Disconnect if connected, stop the threads, and free the handle.
 *
 * Tells the broker goodbye, so the last will is not sent, but does not wait
 * for messages that still lie in the outbox, nor tell that the boards are
 * `offline`: call iotkit_disconnect() first to have both delivered. What is left is lost,
 * unless the outbox has a file (`outbox.path`). Returns within about a second.
 * Event pointers of this handle become invalid. Inside the handle's own
 * ::iotkit_event_callback it returns at once, and the handle is closed when the callback
 * returns.
 *
 * @param iot Handle, or NULL, which does nothing. No other call on the handle
 *   may be under way or follow.
 */
IOTKIT_API void iotkit_close(iotkit *iot);

/* ---- 2. Options ------------------------------------------------------- */

/**
 * @name Types of an option's value
 * @{
 */
enum {
	IOTKIT_OPTION_STRING = 1, /**< any text */
	IOTKIT_OPTION_INTEGER = 2, /**< a whole number from `min` to `max` */
	IOTKIT_OPTION_BOOLEAN = 3, /**< on/off, true/false, yes/no, 1/0 */
	IOTKIT_OPTION_CHOICE = 4, /**< one of `choices` */
	IOTKIT_OPTION_PATH = 5, /**< a file; in a configuration file, relative to it */
	IOTKIT_OPTION_SECRET = 6 /**< text that is never shown again */
};
/** @} */

/** One row of the option table. Static: valid for ever, never changes. */
typedef struct iotkit_option_info {
	uint32_t struct_size; /**< size the library knows, in bytes */
	int32_t type; /**< `IOTKIT_OPTION_*` */
	const char *name; /**< as `mqtt.keepalive_s` */
	const char *default_value; /**< as text; "" for none */
	const char *unit; /**< as "ms"; "" for none */
	const char *choices; /**< as "text|json|senml"; "" unless a choice */
	const char *sentence; /**< what it does */
	int64_t min; /**< least value of an integer */
	int64_t max; /**< greatest value of an integer */
} iotkit_option_info;

/** @return How many options there are. */
IOTKIT_API int32_t iotkit_option_count(void);

/**
 * @param index From 0 to iotkit_option_count() - 1.
 * @return The row, or NULL when @p index is out of range, which is no failure: so a loop over
 *   all of them ends.
 */
IOTKIT_API const iotkit_option_info *iotkit_option_at(int32_t index);

/**
 * Set one option. Only before iotkit_connect().
 *
 * @param iot   Handle.
 * @param name  A name from the option table, as `mqtt.keepalive_s`.
 * @param value Its value as text.
 *
 * @retval IOTKIT_EINVAL @p value is not of the option's type or out of range.
 * @retval IOTKIT_ENOENT No option has this name; the sentence suggests the nearest.
 * @retval IOTKIT_ESTATE iotkit_connect() was called already; or `outbox.path` is set after
 *   the first message, or a second time.
 * @retval IOTKIT_EFULL  A SenML pack waits, and the outbox has no room for it.
 * @retval IOTKIT_EBUSY  Another process or handle has the file of `outbox.path`.
 * @retval IOTKIT_ESYSTEM The file of `outbox.path` cannot be opened or made.
 * @retval IOTKIT_ENOTSUP A newer version of the library made it.
 * @retval IOTKIT_ENOMEM Memory could not be had.
 */
IOTKIT_API iotkit_status iotkit_set_option(iotkit *iot, const char *name, const char *value);

/**
 * Read one option's value as text.
 *
 * @param iot  Handle.
 * @param name A name from the option table.
 * @param buffer Receives the text and its NUL.
 * @param size Size of @p buffer in bytes.
 *
 * @retval IOTKIT_EINVAL @p buffer is too small for the value, and was left as it was.
 * @retval IOTKIT_ENOENT No option has this name.
 * @retval IOTKIT_ENOTSUP The option is a secret, which is never shown.
 */
IOTKIT_API iotkit_status iotkit_get_option(iotkit *iot, const char *name, char *buffer,
					   size_t size);

/**
 * Read options and boards from an INI file. Only before iotkit_connect().
 *
 *     broker = mqtt://localhost:1883
 *     payload = json
 *     [mqtt]
 *     client_id = greenhouse-pi
 *     [device greenhouse]
 *     port = serial:/dev/ttyACM0?baud=115200
 *
 * A key `k` in section `[s]` is the option `s.k`. All of the file takes effect
 * or none of it.
 * A file with a password in it must be readable by its owner alone (chmod 600).
 *
 * @param iot  Handle.
 * @param path The file.
 *
 * @retval IOTKIT_ENOENT  The file, or an option in it, does not exist.
 * @retval IOTKIT_EINVAL  A line cannot be understood, or it has a password and others
 *   can read the file; the sentence has its number.
 * @retval IOTKIT_EEXIST  A device is named twice.
 * @retval IOTKIT_EFULL   There would be more than 256 devices, or a SenML pack
 *   waits and the outbox has no room for it.
 * @retval IOTKIT_ESTATE  iotkit_connect() was called already.
 * @retval IOTKIT_ESYSTEM The file cannot be read.
 * @retval IOTKIT_ENOMEM  Memory could not be had.
 */
IOTKIT_API iotkit_status iotkit_load_config(iotkit *iot, const char *path);

/**
 * Set the message that the broker publishes if this client vanishes without
 * goodbye. Only before iotkit_connect(); a later call replaces an earlier one.
 *
 * @param iot     Handle.
 * @param topic   Topic without wildcards, or NULL for no will.
 * @param payload Bytes; may be NULL when @p size is 0.
 * @param size    Bytes in @p payload, at most 65535.
 * @param qos     0, 1 or 2.
 * @param retain  Not 0: the broker keeps it for later subscribers.
 *
 * @retval IOTKIT_EINVAL An argument is out of its range.
 * @retval IOTKIT_ESTATE iotkit_connect() was called already.
 * @retval IOTKIT_ENOMEM Memory could not be had.
 *
 * Source: MQTT 3.1.1 section 3.1.2.5; MQTT 5.0 section 3.1.2.5.
 */
IOTKIT_API iotkit_status iotkit_set_will(iotkit *iot, const char *topic, const void *payload,
					 size_t size, int32_t qos, int32_t retain);

/* ---- 3. The connection ------------------------------------------------ */

/**
 * Start the session, and wait until it is connected.
 *
 * From here on the library reconnects by itself, with growing pauses, until
 * iotkit_disconnect(), or until the broker refuses for a reason that trying
 * again cannot mend. Calling it when connected does nothing; after such a
 * refusal or after iotkit_disconnect() it starts anew.
 *
 * @param iot        Handle.
 * @param timeout_ms How long to wait; 0 only starts, negative waits without limit.
 *
 * @retval IOTKIT_ETIMEOUT  Not connected yet; it keeps trying in the background.
 *   The sentence has the reason of the last attempt.
 * @retval IOTKIT_EAUTH     The broker refuses user name, password or client id.
 * @retval IOTKIT_ETLS      The broker's certificate is refused, or TLS failed in
 *   another way that trying again cannot mend. Once a connection has succeeded
 *   the library goes on trying after such a failure, since certificates are renewed.
 * @retval IOTKIT_EREFUSED  The broker refuses for another lasting reason.
 * @retval IOTKIT_EPROTOCOL The peer does not speak this version of MQTT.
 * @retval IOTKIT_EINVAL    An option is wrong in a way seen only now, as an
 *   unreadable `mqtt.password_file` or `tls.ca_file`, or a `trace.pcap` that others can read.
 * @retval IOTKIT_EBUSY     Another process or handle writes the file of `trace.pcap`.
 * @retval IOTKIT_ESTATE    iotkit_disconnect() is under way in another thread.
 * @retval IOTKIT_ESYSTEM   A thread or socket could not be had, or the file of `trace.pcap`
 *   cannot be made.
 * @retval IOTKIT_ENOMEM    Memory could not be had.
 */
IOTKIT_API iotkit_status iotkit_connect(iotkit *iot, int32_t timeout_ms);

/**
 * Deliver what the outbox holds, then disconnect.
 *
 * Tells the broker that the boards are `offline`, since nobody carries their
 * metrics any more; the next iotkit_connect() tells what they are then.
 * Boards go on being read; their metrics wait in the outbox for the next
 * iotkit_connect().
 *
 * @param iot        Handle.
 * @param timeout_ms How long delivering may take; then it disconnects anyway.
 *
 * @retval IOTKIT_ETIMEOUT Disconnected, with messages left in the outbox; the
 *   sentence has their number.
 */
IOTKIT_API iotkit_status iotkit_disconnect(iotkit *iot, int32_t timeout_ms);

/* ---- 4. Sending ------------------------------------------------------- */

/**
 * Put a message into the outbox. It is sent when connected.
 *
 * With the option `outbox.path` it returns once the message is in that file, and so
 * survives the end of the process (`outbox.sync=process`) or of the power
 * (`outbox.sync=power`): it is delivered by whichever process opens the file next. docs/delivery.md
 * says what is guaranteed when. Without, the message is in memory.
 *
 * @param iot     Handle.
 * @param topic   Topic without wildcards, 1 to 65535 bytes of UTF-8.
 * @param payload Bytes; may be NULL when @p size is 0.
 * @param size    Bytes in @p payload, at most 268435455 less the topic.
 * @param qos     0 at most once, 1 at least once, 2 exactly once.
 * @param retain  Not 0: the broker keeps it for later subscribers.
 * @param id_out  Receives the message's number, which its DELIVERED or DROPPED
 *   event carries; may be NULL. Numbers rise from 1, with `outbox.path` over all
 *   processes that ever use the file.
 *
 * @retval IOTKIT_EINVAL An argument is out of its range.
 * @retval IOTKIT_EFULL  The outbox is full and `outbox.policy` is `reject`, or
 *   the message alone is larger than `outbox.max_bytes`.
 * @retval IOTKIT_ESYSTEM The outbox's file cannot be written, as on a full disk; the
 *   message was not taken.
 * @retval IOTKIT_ENOMEM Memory could not be had.
 *
 * Source: MQTT 5.0 sections 3.3 and 4.3.
 */
IOTKIT_API iotkit_status iotkit_publish(iotkit *iot, const char *topic, const void *payload,
					size_t size, int32_t qos, int32_t retain, uint64_t *id_out);

/**
 * Publish one measurement to `{topic.base}/{device}/{name}`, in the form that
 * the option `payload` chooses.
 *
 * @param iot     Handle.
 * @param device  Where it was measured, as "greenhouse". Characters that a
 *   topic level cannot have (`+ # /` and control characters) become `_`, which
 *   is told once a name by a LOG event; the same holds for @p name. The name
 *   `status` becomes `status_`, since that topic tells whether a board is there.
 * @param name    What was measured, as "temperature".
 * @param value   A finite number.
 * @param unit    As SenML names it, "Cel", "%RH", "V"; NULL or "" for none.
 * @param time_ms When it was measured; 0 means now.
 *
 * @retval IOTKIT_EINVAL A name is NULL, empty, longer than 255 bytes or not
 *   UTF-8, the unit is longer than 63 bytes, or the value is not finite.
 * @retval IOTKIT_EFULL  As iotkit_publish().
 * @retval IOTKIT_ESYSTEM As iotkit_publish().
 * @retval IOTKIT_ENOMEM Memory could not be had.
 *
 * Source: RFC 8428 for units and the `senml` payload.
 */
IOTKIT_API iotkit_status iotkit_publish_metric(iotkit *iot, const char *device, const char *name,
					       double value, const char *unit, int64_t time_ms);

/**
 * Wait until the broker has acknowledged everything that was published before
 * this call (QoS 0: until it was handed to the network).
 *
 * Acknowledgements come the same way as messages: a program that subscribes
 * must go on taking events meanwhile, in another thread, or use short timeouts.
 *
 * @param iot        Handle.
 * @param timeout_ms How long to wait.
 *
 * @retval IOTKIT_ETIMEOUT Messages are left; the sentence has their number and
 *   why they wait.
 * @retval IOTKIT_ESTATE   There are messages, but the session is not started,
 *   or has ended for a reason that trying again cannot mend.
 * @retval IOTKIT_ENOMEM   Memory could not be had.
 */
IOTKIT_API iotkit_status iotkit_flush(iotkit *iot, int32_t timeout_ms);

/* ---- 5. Receiving ----------------------------------------------------- */

/**
 * Subscribe to topics; their messages come as MESSAGE events.
 *
 * May be called before connecting. The library subscribes again when a broker
 * has forgotten the session. The broker's answer comes as a SUBSCRIBED event,
 * whose status tells a refusal.
 *
 * @param iot    Handle.
 * @param filter A topic, or a filter with the wildcards `+` and `#`.
 * @param qos    The highest QoS wanted, 0 to 2. A second call with the same
 *   filter changes it.
 *
 * @retval IOTKIT_EINVAL The filter is not valid, or @p qos out of range.
 * @retval IOTKIT_EFULL  There are 1024 subscriptions already.
 * @retval IOTKIT_ENOMEM Memory could not be had.
 *
 * Source: MQTT 5.0 sections 3.8 and 4.7.
 */
IOTKIT_API iotkit_status iotkit_subscribe(iotkit *iot, const char *filter, int32_t qos);

/**
 * Take a subscription back. Messages under way may still come.
 *
 * @retval IOTKIT_EINVAL The filter is not valid.
 * @retval IOTKIT_ENOENT There is no subscription with this filter.
 */
IOTKIT_API iotkit_status iotkit_unsubscribe(iotkit *iot, const char *filter);

/* ---- 6. Boards -------------------------------------------------------- */

/**
 * Read a board's lines from now on, and publish what they say.
 *
 * The port need not be there yet: it is opened as soon as it is, and again
 * whenever the board comes back. Each change is told by a DEVICE_ONLINE or
 * DEVICE_OFFLINE event and by `online` or `offline`, retained, on
 * `{topic.base}/{name}/status`.
 *
 * Understood are the lines that sketches print anyway: `name:value` pairs
 * separated by commas, tabs or spaces, with units as in `t:23.5C`; one JSON
 * object a line; bare numbers and CSV, named by `columns=` or by a header
 * line. A line that begins with `#` becomes a LOG event. A board with the Arduino library
 * IoTKit sends frames, each kept until it is in the outbox (docs/line-protocol.md);
 * what else it prints becomes LOG events.
 *
 * @param iot      Handle.
 * @param name     The device's name in topics, at most 255 bytes.
 * @param port_uri Where the board is:
 *   - `serial:PATH`, as "serial:/dev/ttyACM0";
 *   - `serial:usb=VID:PID`, `serial:usb=VID:PID,serial=NUMBER`, `serial:by-path=PATH`: this very
 *     board or socket, whatever its name is now; iotkit_list_ports() has each one's;
 *   - `serial:auto`: every known board that no other device is; each is named by its own
 *     hello, or after its kind, and @p name is only for iotkit_remove_device();
 *   - `tcp://HOST:PORT`: a serial port behind ser2net or ESP-link.
 *
 *   Then perhaps `?key=value&...` with the keys `baud` (300 to
 *   2000000, default 115200), `data_bits` (7, 8), `parity` (none, even, odd),
 *   `stop_bits` (1, 2), `flow` (none, rtscts, xonxoff), `columns`
 *   (`columns=temperature,humidity`), `lines` (auto, plain, framed), `silent_ms`
 *   (as the option `device.silent_ms`, also for plain boards) and `reset.on_open` (as the option).
 *
 * @retval IOTKIT_EINVAL  A name or the URI cannot be understood.
 * @retval IOTKIT_EEXIST  There is a device of this name.
 * @retval IOTKIT_EFULL   There are 256 devices already.
 * @retval IOTKIT_ESYSTEM A thread could not be had.
 * @retval IOTKIT_ENOMEM  Memory could not be had.
 */
IOTKIT_API iotkit_status iotkit_add_device(iotkit *iot, const char *name, const char *port_uri);

/**
 * Close a board's port and forget the board. When this returns, nothing more
 * of it will be published but its `offline`.
 *
 * @retval IOTKIT_ENOENT There is no device of this name.
 */
IOTKIT_API iotkit_status iotkit_remove_device(iotkit *iot, const char *name);

/**
 * Have a board do something, as "led" "1". For boards that use the Arduino library
 * IoTKit, or speak docs/line-protocol.md.
 *
 * Returns at once; a COMMAND event tells what became of it. A board that is absent gets
 * it when it is back within `command.ttl_ms`. Commands of one board go in order, one at a
 * time; the board obeys each at most once. They are in memory: those that wait when the
 * process ends are lost. The state that a board reports goes, retained, to
 * `{topic.base}/{device}/{state}`.
 *
 * The same is had by MQTT: a message to `{topic.base}/{device}/{name}/set` is a command,
 * its payload the value. The library subscribes to those of its boards unless the option
 * `command.mqtt` is off; retained ones are passed over, since they would be
 * obeyed at each connect.
 *
 * @param iot    Handle.
 * @param device The board's name.
 * @param name   The command, as "led": 1 to 32 bytes of UTF-8.
 * @param value  Its value, may be "": UTF-8 that the board has room for (usually some 20
 *   bytes).
 * @param id_out Receives the command's number, which its event carries; may be NULL.
 *   Numbers rise from 1.
 *
 * @retval IOTKIT_EINVAL An argument is NULL or too long, or not UTF-8.
 * @retval IOTKIT_ENOENT There is no device of this name.
 * @retval IOTKIT_EFULL  16 commands wait for this board already.
 * @retval IOTKIT_ENOMEM Memory could not be had.
 */
IOTKIT_API iotkit_status iotkit_send_command(iotkit *iot, const char *device, const char *name,
					     const char *value, uint64_t *id_out);

/** A serial port of this machine. */
typedef struct iotkit_port_info {
	uint32_t struct_size; /**< set it to sizeof(iotkit_port_info) */
	int32_t usb_vid; /**< USB vendor id, -1 when it is no USB port */
	int32_t usb_pid; /**< USB product id, or -1 */
	int32_t reserved; /**< 0 */
	char path[256]; /**< as "/dev/ttyACM0" */
	char description[128]; /**< as the system names it, or "" */
	char serial_number[128]; /**< of the USB device, or "" */
	char board[128]; /**< as "Arduino Uno", where the ids are known, or "" */
	char usb_path[128]; /**< the socket it is plugged into, as udev names it, or "" */
	char uri[256]; /**< for iotkit_add_device(): this board, wherever it is plugged in */
} iotkit_port_info;

/**
 * List the serial ports of this machine.
 *
 * @param ports     Array to fill; may be NULL when @p capacity is 0. The
 *   `struct_size` of its first element tells the size of all.
 * @param capacity  Elements in @p ports.
 * @param count_out Receives how many ports there are, which may be more.
 *
 * @retval IOTKIT_EINVAL  @p count_out is NULL, or `struct_size` is wrong.
 * @retval IOTKIT_ESYSTEM The system's list cannot be read.
 * @retval IOTKIT_ENOMEM  Memory could not be had.
 */
IOTKIT_API iotkit_status iotkit_list_ports(iotkit_port_info *ports, size_t capacity,
					   size_t *count_out);

/* ---- 7. Events -------------------------------------------------------- */

/**
 * @name What an event tells
 * @{
 */
enum {
	/** Connected. `text`: to which broker; `retain` not 0: it knew the session. */
	IOTKIT_EVENT_CONNECTED = 1,
	/** An attempt failed, or the connection ended. `status` and `text`: why;
	 *  `retry_ms`: pause before the next attempt, -1 when there is none. */
	IOTKIT_EVENT_DISCONNECTED = 2,
	/** A message came. `topic`, `payload`, `payload_size`, `qos`, `retain`. */
	IOTKIT_EVENT_MESSAGE = 3,
	/** A message of ours is with the broker. Not with the option `events.delivered` off. `id`,
	 *  `topic`. */
	IOTKIT_EVENT_DELIVERED = 4,
	/** A message of ours was given up. `id`, `topic`, `status`, `text`: why. */
	IOTKIT_EVENT_DROPPED = 5,
	/** The broker answered a subscription. `topic`: the filter; `qos`: granted;
	 *  `status`: OK or refused. */
	IOTKIT_EVENT_SUBSCRIBED = 6,
	/** A board's port is open. `device`, `text`. */
	IOTKIT_EVENT_DEVICE_ONLINE = 7,
	/** A board is gone, or not there yet. `device`, `status` and `text`: why. */
	IOTKIT_EVENT_DEVICE_OFFLINE = 8,
	/** A board measured. Only with the option `events.metrics`. `device`,
	 *  `topic`: the metric's name; `value`, `unit`, `time_ms`. */
	IOTKIT_EVENT_METRIC = 9,
	/** Worth knowing. `text`; `device` when a board said or caused it;
	 *  `status` negative for a warning. */
	IOTKIT_EVENT_LOG = 10,
	/** What became of a command. `id`: as iotkit_send_command() gave it, 0 when it came
	 *  by MQTT; `device`, `topic`: the command's name, `payload`: its value; `status`:
	 *  OK when the board has done it, ETIMEOUT when it did not answer in
	 *  `command.ttl_ms`, ENOENT when it has no such command, EINVAL when the value is too
	 *  long for it, ENOTSUP when it runs a plain sketch; `text`. */
	IOTKIT_EVENT_COMMAND = 11,
	/** An MQTT packet went to the broker, or came from it. Only with the option
	 *  `trace=packets`. `text`: the packet in words, as
	 *  "sent PUBLISH (d0, q1, r0, m7, 'a/b', 5 bytes)" or "received PUBACK (m7, reason 0x00
	 *  success)"; it never has the password. `time_ms`; `id`: the packet id, not that of
	 *  iotkit_publish(), 0 when the packet has none. Of a PUBLISH also `topic` (NULL when the
	 *  packet has a topic alias in its place), `qos`, `retain`, and `value`: how many bytes
	 *  its payload has, which is not given. When the queue is full these go first, and no
	 *  other event goes because of one. */
	IOTKIT_EVENT_TRACE = 12
};
/** @} */

/** One event. Which fields are set is told at its type; all others are 0 or NULL. */
typedef struct iotkit_event {
	uint32_t struct_size; /**< size the library knows, in bytes */
	int32_t type; /**< `IOTKIT_EVENT_*`; skip the ones you do not know */
	iotkit_status status; /**< IOTKIT_OK, or why */
	int32_t qos; /**< 0, 1 or 2 */
	int32_t retain; /**< 0 or 1 */
	int32_t retry_ms; /**< pause before the next attempt, -1 for none */
	uint64_t id; /**< as iotkit_publish() gave it; of a TRACE the packet id */
	uint64_t missed; /**< events dropped just before this one, the queue being full */
	int64_t time_ms; /**< when it happened, or when the metric was measured */
	double value; /**< of a metric; of a PUBLISH in a TRACE, bytes of its payload */
	const char *topic; /**< topic, filter or metric name */
	const void *payload; /**< bytes, followed by a NUL that does not count */
	size_t payload_size; /**< bytes in `payload` */
	const char *device; /**< the board's name */
	const char *unit; /**< of a metric, or NULL */
	const char *text; /**< a sentence for people */
	uint64_t epoch; /**< of a MESSAGE published with `publish.id`: who published it; or 0 */
	uint64_t seq; /**< and as which of theirs, from 1; or 0 */
} iotkit_event;

/**
 * Take the next event.
 *
 * The queue holds `events.max` events. When nobody takes them the oldest go
 * (counted in `missed`), except messages, which the library then stops
 * reading from the broker until there is room; a LOG event tells.
 *
 * A message with QoS 1 or 2 is acknowledged to the broker once it was taken here, not
 * before: what was not taken when the process ends comes again (at least once).
 *
 * @param iot        Handle.
 * @param timeout_ms How long to wait for one.
 * @return The event, valid until the same thread asks this handle for the next
 *   one, or the handle is closed; NULL when none came in time or @p iot is NULL.
 */
IOTKIT_API const iotkit_event *iotkit_next_event(iotkit *iot, int32_t timeout_ms);

/**
 * @return A descriptor that is readable while an event waits, for poll(),
 *   epoll, libuv, asyncio or GLib; -1 when @p iot is NULL. It belongs to the
 *   handle: neither read nor close it.
 */
IOTKIT_API int32_t iotkit_event_fd(iotkit *iot);

/**
 * What iotkit_set_event_callback() calls.
 *
 * @param event   Valid until the callback returns.
 * @param context As it was given.
 */
typedef void (*iotkit_event_callback)(const iotkit_event *event, void *context);

/**
 * Have events brought instead of taking them: one after the other, in order, on a thread of the
 * handle's own. While the callback works, further events wait as they do for
 * iotkit_next_event(), which returns NULL as long as there is a callback.
 *
 * @param iot      Handle.
 * @param callback May call every function, also with this handle; NULL: none from now on.
 *   An earlier one is done when this returns, unless it is the one that calls.
 * @param context  Handed to the callback; it stays the caller's.
 *
 * @retval IOTKIT_ESTATE  iotkit_close() was called in the callback.
 * @retval IOTKIT_ESYSTEM A thread could not be had; there is no callback now.
 * @retval IOTKIT_ENOMEM  Memory could not be had; there is no callback now.
 */
IOTKIT_API iotkit_status iotkit_set_event_callback(iotkit *iot, iotkit_event_callback callback,
						   void *context);

/** @return The name of a type of event, as "connected"; "unknown" for any other number. */
IOTKIT_API const char *iotkit_event_name(int32_t type);

/* ---- 8. Repeats ------------------------------------------------------- */

/**
 * Recognises messages that came before. For consumers of QoS 1, or behind a bridge, or
 * of a broker that has forgotten the session: the publisher sets `publish.id=on`, and the
 * consumer drops what this says is not new.
 */
typedef struct iotkit_dedup iotkit_dedup;

/**
 * Make a memory of what has come.
 *
 * @param path A file that keeps it over restarts, made with mode 0600 if it does not exist;
 *   NULL for none.
 * @param out  Receives the memory; free it with iotkit_dedup_close().
 *
 * @retval IOTKIT_EINVAL  @p out is NULL, @p path is empty, or the file is not one of these.
 * @retval IOTKIT_ESYSTEM The file cannot be read or made.
 * @retval IOTKIT_ENOMEM  Memory could not be had.
 */
IOTKIT_API iotkit_status iotkit_dedup_open(const char *path, iotkit_dedup **out);

/**
 * Has this one come before? From now on it has.
 *
 * Order does not matter. The 64 publishers heard last are remembered, and of each up to
 * 1024 gaps; beyond that the oldest is forgotten, so that a repeat may pass for new, but
 * never a new one for a repeat. Who subscribes to some of a publisher's topics only sees
 * a gap at nearly every message, so that the last 1024 or so are remembered.
 *
 * @param dedup The memory.
 * @param epoch As the event, the user property or the JSON object says.
 * @param seq   Likewise.
 *
 * @return 1 when it is new, 0 when it came before, or a negative status.
 * @retval IOTKIT_EINVAL @p dedup is NULL, or @p epoch or @p seq is 0.
 * @retval IOTKIT_ENOMEM Memory could not be had; it counts as not seen.
 */
IOTKIT_API int32_t iotkit_dedup_is_new(iotkit_dedup *dedup, uint64_t epoch, uint64_t seq);

/**
 * Write the memory to its file, in one step: after a crash there is the old or the new one.
 * Call it once the effects of what came are as safe as you want them.
 *
 * @retval IOTKIT_EINVAL  @p dedup is NULL.
 * @retval IOTKIT_ESTATE  There is no file.
 * @retval IOTKIT_ESYSTEM It cannot be written.
 * @retval IOTKIT_ENOMEM  Memory could not be had.
 */
IOTKIT_API iotkit_status iotkit_dedup_save(iotkit_dedup *dedup);

/** Free the memory, without saving it. NULL does nothing. */
IOTKIT_API void iotkit_dedup_close(iotkit_dedup *dedup);

/* ---- 9. The outbox's file --------------------------------------------- */

/** What is in an outbox's file. */
typedef struct iotkit_outbox_summary {
	uint32_t struct_size; /**< set it to sizeof(iotkit_outbox_summary) before the call */
	int32_t in_use; /**< 1: a process has it open now */
	uint64_t rows; /**< messages, in flight or not */
	uint64_t bytes; /**< their topics and payloads */
	uint64_t in_flight; /**< of them, those whose exchange with the broker has begun */
	uint64_t received; /**< messages from the broker that are not finished (QoS 2) */
	uint64_t first_id; /**< of the oldest message, or 0 */
	uint64_t last_id; /**< the highest ever given, or 0 */
	int64_t oldest_ms; /**< when the oldest was accepted, or 0 */
	int64_t newest_ms; /**< when the newest was accepted, or 0 */
	uint64_t disk_bytes; /**< of the file and its log */
	int32_t schema; /**< version of the file's format */
	int32_t reserved; /**< 0 */
	char client_id[128]; /**< whose session it belongs to, or "" */
} iotkit_outbox_summary;

/** One message in an outbox's file. */
typedef struct iotkit_outbox_row {
	uint32_t struct_size; /**< size the library knows, in bytes */
	int32_t qos; /**< 0, 1 or 2 */
	int32_t retain; /**< 0 or 1 */
	int32_t packet_id; /**< in flight under this packet id, or 0 */
	uint64_t id; /**< as iotkit_publish() gave it */
	int64_t time_ms; /**< when it was accepted */
	int64_t expires_ms; /**< from when nobody wants it, or 0 */
	const char *topic; /**< NULL when the row is damaged */
	const void *payload; /**< bytes */
	size_t payload_size; /**< bytes in `payload` */
} iotkit_outbox_row;

/** A walk through an outbox's file. */
typedef struct iotkit_outbox_rows iotkit_outbox_rows;

/**
 * Count what is in an outbox's file. Changes nothing; a process may have it open.
 *
 * @retval IOTKIT_ENOENT  There is no such file.
 * @retval IOTKIT_EINVAL  It is no outbox, or `struct_size` is wrong.
 * @retval IOTKIT_ENOTSUP A newer library made it.
 * @retval IOTKIT_ESYSTEM It cannot be read, or is damaged.
 * @retval IOTKIT_ENOMEM  Memory could not be had.
 */
IOTKIT_API iotkit_status iotkit_outbox_summarize(const char *path, iotkit_outbox_summary *summary);

/**
 * Begin to walk through the messages of an outbox's file, oldest first. Changes nothing.
 *
 * @param path     The file.
 * @param after_id Begin after this message; 0: at the oldest.
 * @param out      Receives the walk; free it with iotkit_outbox_rows_close().
 *
 * Fails as iotkit_outbox_summarize().
 */
IOTKIT_API iotkit_status iotkit_outbox_rows_open(const char *path, uint64_t after_id,
						 iotkit_outbox_rows **out);

/**
 * @return The next message, valid until the next call on @p rows; NULL at the end, when
 *   @p rows is NULL, or when the file cannot be read on: then iotkit_outbox_rows_status() is
 *   not IOTKIT_OK.
 */
IOTKIT_API const iotkit_outbox_row *iotkit_outbox_rows_next(iotkit_outbox_rows *rows);

/**
 * @return IOTKIT_OK, or why the walk ended early; iotkit_last_error() has the sentence.
 * @retval IOTKIT_EINVAL  @p rows is NULL.
 * @retval IOTKIT_ESYSTEM The file cannot be read on, or is damaged.
 */
IOTKIT_API iotkit_status iotkit_outbox_rows_status(const iotkit_outbox_rows *rows);

/** End the walk. NULL does nothing. */
IOTKIT_API void iotkit_outbox_rows_close(iotkit_outbox_rows *rows);

/**
 * Delete messages from an outbox's file, which no process may have open.
 *
 * @param path      The file.
 * @param before_ms Those accepted before this moment; INT64_MAX: all.
 * @param count_out Receives how many there were; may be NULL.
 *
 * @retval IOTKIT_EBUSY A process has it open.
 * Else it fails as iotkit_outbox_summarize().
 */
IOTKIT_API iotkit_status iotkit_outbox_purge(const char *path, int64_t before_ms,
					     uint64_t *count_out);

/* ---- 10. Certificates ------------------------------------------------- */

/**
 * @name Kinds of certificate
 * @{
 */
enum {
	IOTKIT_CERTIFICATE_CA = 1, /**< signs others, and itself */
	IOTKIT_CERTIFICATE_SERVER = 2, /**< for a broker */
	IOTKIT_CERTIFICATE_CLIENT = 3 /**< for a client, whose name it gives to the broker */
};
/** @} */

/**
 * @name Kinds of key
 * @{
 */
enum {
	IOTKIT_KEY_EC_P256 = 1, /**< elliptic curve P-256, the default */
	IOTKIT_KEY_RSA_2048 = 2,
	IOTKIT_KEY_RSA_4096 = 3 /**< takes minutes on a small computer */
};
/** @} */

/** What iotkit_create_certificate() is to make. Paths and texts that are not
 *  wanted are NULL. */
typedef struct iotkit_certificate_request {
	uint32_t struct_size; /**< set it to sizeof(iotkit_certificate_request) */
	int32_t kind; /**< `IOTKIT_CERTIFICATE_*` */
	int32_t key; /**< `IOTKIT_KEY_*`; 0: EC P-256 */
	int32_t days; /**< of validity; 0: 3650 for a CA, 825 for others */
	int32_t renew; /**< not 0: replace @p certificate_file, keeping its key, and its
			*   names unless @p name is given */
	int32_t reserved; /**< 0 */
	const char *name; /**< common name; for a server also its first host name */
	const char *alternative_names; /**< of a server: more host names and IP addresses,
					*   with commas between */
	const char *certificate_file; /**< where to write the certificate (PEM) */
	const char *key_file; /**< where to write the private key (PEM, mode 0600) */
	const char *ca_certificate_file; /**< who signs; not for a CA */
	const char *ca_key_file; /**< with which key; not for a CA */
	const char *ca_password_file; /**< its first line is the pass phrase of the CA's key,
				       *   which a new CA's key is encrypted with */
} iotkit_certificate_request;

/**
 * Make a private key and a certificate for it, signed by a CA.
 *
 * A server's certificate has its names as subjectAltName. Serial numbers are
 * random. A certificate never outlives the CA that signs it. Validity begins an
 * hour ago, for clocks that are behind.
 *
 * @param request What to make; all it points to stays the caller's.
 *
 * @retval IOTKIT_EINVAL  The request, or a file that it names, is not good.
 * @retval IOTKIT_EEXIST  A file to be written exists already; without `renew` nothing
 *   is ever overwritten.
 * @retval IOTKIT_ENOENT  A file to be read, or a folder to be written to, does not exist.
 * @retval IOTKIT_ESYSTEM A file cannot be read or written.
 * @retval IOTKIT_ETLS    mbedTLS failed.
 * @retval IOTKIT_ENOTSUP The request asks for what a newer version of the library does: it is
 *   larger than this one knows, and what is beyond is not 0.
 * @retval IOTKIT_ENOMEM  Memory could not be had.
 *
 * Source: RFC 5280; RFC 6125 section 6.4 for names.
 */
IOTKIT_API iotkit_status iotkit_create_certificate(const iotkit_certificate_request *request);

/**
 * Describe what is in a PEM or DER file: certificates, a private key (its kind
 * only), a revocation list.
 *
 * @param path   The file.
 * @param buffer Receives the text and its NUL.
 * @param size   Size of @p buffer in bytes; 16384 is enough for most.
 *
 * @retval IOTKIT_EINVAL  There is nothing of the kind in the file, or @p buffer
 *   is too small.
 * @retval IOTKIT_ENOENT  The file does not exist.
 * @retval IOTKIT_ESYSTEM The file cannot be read.
 * @retval IOTKIT_ENOMEM  Memory could not be had.
 */
IOTKIT_API iotkit_status iotkit_describe_certificate(const char *path, char *buffer, size_t size);

/**
 * Connect to the handle's first broker, shake hands, describe what it presents,
 * and hang up: chain, names, dates, version, cipher. No MQTT is spoken. May be
 * called at any time; iotkit_connect() need not have been.
 *
 * @param iot        Handle, whose options `tls.*` are used as by iotkit_connect().
 * @param timeout_ms How long it may take.
 * @param buffer     Receives the text and its NUL, as much as is known, also when
 *   the verdict is bad.
 * @param size       Size of @p buffer in bytes; a text that is longer is cut.
 *
 * @return The verdict: IOTKIT_OK when iotkit_connect() would connect to this broker
 *   (with `tls.verify=none` that is no judgement, but for `tls.pin_sha256`), else why not.
 * @retval IOTKIT_EINVAL The broker's scheme is `mqtt`, @p size is 0, or an option is wrong as
 *   for iotkit_connect().
 * @retval IOTKIT_ETLS   The broker's certificate is refused, or TLS failed in another way.
 * @retval IOTKIT_ERESOLVE Its host name could not be looked up.
 * @retval IOTKIT_ENETWORK It could not be reached, or the connection was lost.
 * @retval IOTKIT_ETIMEOUT It did not answer in time.
 * @retval IOTKIT_ESYSTEM A socket could not be had.
 * @retval IOTKIT_ENOMEM  Memory could not be had.
 */
IOTKIT_API iotkit_status iotkit_check_broker(iotkit *iot, int32_t timeout_ms, char *buffer,
					     size_t size);

/* ---- 11. Counters and texts ------------------------------------------- */

/** Counters since iotkit_open(). */
typedef struct iotkit_stats {
	uint32_t struct_size; /**< set it to sizeof(iotkit_stats) before the call */
	int32_t connected; /**< 1 while connected */
	uint64_t accepted; /**< messages taken into the outbox */
	uint64_t delivered; /**< acknowledged by the broker (QoS 0: sent) */
	uint64_t dropped; /**< given up: by policy, or refused by the broker */
	uint64_t waiting; /**< in the outbox now, in flight or not */
	uint64_t waiting_bytes; /**< their topics and payloads, in bytes */
	uint64_t received; /**< messages from the broker */
	uint64_t connects; /**< times a connection was established */
	uint64_t connect_failures; /**< attempts that failed */
	uint64_t bytes_sent; /**< to brokers, on the wire */
	uint64_t bytes_received; /**< from brokers, on the wire */
	uint64_t intruders; /**< strangers turned away at the link's loopback port */
	uint64_t metrics; /**< read from boards, or given to iotkit_publish_metric() */
	uint64_t lines; /**< whole lines read from boards */
	uint64_t lines_rejected; /**< lines that were no metrics, too long or cut */
	uint64_t device_bytes; /**< bytes read from boards */
	uint64_t events_missed; /**< events dropped, the queue being full */
	uint64_t tls_handshakes; /**< that succeeded */
	uint64_t tls_resumed; /**< of them, those that resumed an earlier session */
	uint64_t tls_handshake_bytes; /**< sent and received by all of them */
	uint64_t tls_handshake_us; /**< time they took together, in microseconds */
	uint64_t frames; /**< good frames read from boards (docs/line-protocol.md) */
	uint64_t frames_damaged; /**< lines that were no frame any more */
	uint64_t frames_repeated; /**< readings that boards sent again and we had */
	uint64_t board_dropped; /**< readings that boards dropped, their memory being full */
	uint64_t commands; /**< that boards have done */
} iotkit_stats;

/**
 * Read the counters.
 *
 * @param iot   Handle.
 * @param stats Filled as far as its `struct_size` reaches.
 *
 * @retval IOTKIT_EINVAL @p stats is NULL, or its `struct_size` was not set.
 */
IOTKIT_API iotkit_status iotkit_get_stats(iotkit *iot, iotkit_stats *stats);

/**
 * @return The whole sentence of this thread's last failed call; "" when none
 *   failed. Valid until the next call that fails on this thread. Success does
 *   not clear it.
 */
IOTKIT_API const char *iotkit_last_error(void);

/** @return What a status code means, in a few words. Static text, never NULL. */
IOTKIT_API const char *iotkit_strerror(iotkit_status status);

/** @return The library's version, as "1.0.0". Static text. */
IOTKIT_API const char *iotkit_version(void);

/**
 * Name the libraries that this one stands on, with the versions found at run time: a line
 * each, as `paho.mqtt.c 1.3.12`.
 *
 * @param buffer Receives the text and its NUL.
 * @param size   Size of @p buffer in bytes; 1024 is enough.
 *
 * @retval IOTKIT_EINVAL @p buffer is NULL or too small.
 */
IOTKIT_API iotkit_status iotkit_describe_libraries(char *buffer, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* IOTKIT_H */
