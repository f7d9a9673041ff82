/* SPDX-License-Identifier: MIT
 *
 * Every option: its name, type, default, unit, range and sentence. The URI's
 * query, the configuration file, the command lines and the reference page all
 * come from here.
 */
#include "api/options.h"

#include <stddef.h>

#define INFO(kind, option_name, value)                                                             \
	.struct_size = sizeof(iotkit_option_info), .type = IOTKIT_OPTION_##kind,                   \
	.name = (option_name), .default_value = (value)
#define TEXT(kind, name, value, text)                                                              \
	{                                                                                          \
		INFO(kind, name, value), .unit = "", .choices = "", .sentence = (text)             \
	}
#define CHOICE(name, value, list, text)                                                            \
	{                                                                                          \
		INFO(CHOICE, name, value), .unit = "", .choices = (list), .sentence = (text)       \
	}
#define FLAG(name, value, text)                                                                    \
	{                                                                                          \
		INFO(BOOLEAN, name, value), .unit = "", .choices = "", .sentence = (text)          \
	}
#define NUMBER(name, value, what, low, high, text)                                                 \
	{                                                                                          \
		INFO(INTEGER, name, value), .unit = (what), .choices = "", .sentence = (text),     \
					    .min = (low), .max = (high)                            \
	}

static const iotkit_option_info table[OPTION_COUNT] = {
	[OPTION_BROKER] = TEXT(STRING, "broker", "mqtt://localhost:1883",
			       "where the broker is: mqtts://[user@]host[:port][,host[:port]...], "
			       "or mqtt:// without TLS; several are tried in turn"),
	[OPTION_CLIENT_ID] = TEXT(STRING, "mqtt.client_id", "",
				  "the name this client has at the broker, its own alone; when "
				  "empty, a random one is made"),
	[OPTION_USERNAME] = TEXT(STRING, "mqtt.username", "", "user name for the broker"),
	[OPTION_PASSWORD] = TEXT(
		SECRET, "mqtt.password", "",
		"password for the broker; mqtt.password_file keeps it from the eyes of others"),
	[OPTION_PASSWORD_FILE] = TEXT(PATH, "mqtt.password_file", "",
				      "file whose first line is the password; only its owner may "
				      "be able to read it (chmod 600)"),
	[OPTION_VERSION] = CHOICE("mqtt.version", "5", "3.1.1|5",
				  "version of MQTT; 5 tells the reason of every refusal"),
	[OPTION_KEEPALIVE_S] =
		NUMBER("mqtt.keepalive_s", "60", "s", 0, 65535,
		       "longest silence towards the broker before a ping, and half "
		       "as long again for its answer; 0: never. Below 15 a broker may "
		       "hang up first"),
	[OPTION_CLEAN_START] = CHOICE("mqtt.clean_start", "auto", "auto|on|off",
				      "on forgets an earlier session; off resumes it; auto resumes "
				      "it when mqtt.client_id is set"),
	[OPTION_SESSION_EXPIRY_S] = NUMBER(
		"mqtt.session_expiry_s", "3600", "s", 0, 4294967295,
		"how long the broker keeps the session of a client that is away (MQTT 5 only)"),
	[OPTION_WINDOW] = NUMBER("mqtt.window", "64", "messages", 1, 1000,
				 "messages on their way to the broker at once"),
	[OPTION_CONNECT_TIMEOUT_MS] = NUMBER(
		"connect.timeout_ms", "30000", "ms", 100, 600000,
		"time for one attempt: name look-up, TCP, TLS and the broker's answer together"),
	[OPTION_RECONNECT_MIN_MS] = NUMBER("reconnect.min_ms", "500", "ms", 1, 3600000,
					   "shortest pause before another attempt"),
	[OPTION_RECONNECT_MAX_MS] = NUMBER("reconnect.max_ms", "30000", "ms", 1, 3600000,
					   "longest pause before another attempt; pauses double up "
					   "to it, and are drawn by lot"),
	[OPTION_TLS_CA_FILE] = TEXT(PATH, "tls.ca_file", "",
				    "PEM file with the certificates of the CAs that may vouch for "
				    "the broker; when neither this nor tls.ca_path is set, those "
				    "that the system trusts"),
	[OPTION_TLS_CA_PATH] =
		TEXT(PATH, "tls.ca_path", "", "folder with such files, all of which are read"),
	[OPTION_TLS_CERT_FILE] = TEXT(PATH, "tls.cert_file", "",
				      "PEM file with the certificate by which the broker knows "
				      "this client, and its chain"),
	[OPTION_TLS_KEY_FILE] =
		TEXT(PATH, "tls.key_file", "",
		     "private key of tls.cert_file; only its owner may be able to read it"),
	[OPTION_TLS_KEY_PASSWORD_FILE] =
		TEXT(PATH, "tls.key_password_file", "",
		     "file whose first line is the pass phrase of "
		     "tls.key_file; only its owner may be able to read it"),
	[OPTION_TLS_PSK_IDENTITY] =
		TEXT(STRING, "tls.psk_identity", "",
		     "name of the key in tls.psk_file, instead of certificates"),
	[OPTION_TLS_PSK_FILE] = TEXT(PATH, "tls.psk_file", "",
				     "file whose first line is the pre-shared key in hexadecimal; "
				     "only its owner may be able to read it"),
	[OPTION_TLS_VERIFY] = CHOICE("tls.verify", "full", "full|ca|none",
				     "full checks who signed the broker's certificate and whether "
				     "it is for this host; ca does not check the host; none checks "
				     "nothing, so that anybody can listen in"),
	[OPTION_TLS_SERVER_NAME] = TEXT(STRING, "tls.server_name", "",
					"name to ask the server for (SNI) and to look for in its "
					"certificate, when it is not the host's"),
	[OPTION_TLS_PIN_SHA256] =
		TEXT(STRING, "tls.pin_sha256", "",
		     "the only public keys that the broker may have, as SHA-256 in "
		     "hexadecimal or base64 with commas between; 'iotkit-certs "
		     "check' shows it"),
	[OPTION_TLS_CRL_FILE] =
		TEXT(PATH, "tls.crl_file", "",
		     "PEM file with revocation lists (CRLs); once set, the CA that "
		     "signed the broker's certificate must have a current one in it"),
	[OPTION_TLS_MIN_VERSION] = CHOICE(
		"tls.min_version", "1.2", "1.2|1.3",
		"oldest version of TLS to agree to; 1.3 needs a library built with mbedTLS 3"),
	[OPTION_TLS_ALPN] = TEXT(STRING, "tls.alpn", "",
				 "application protocols to offer, with commas between; some "
				 "cloud brokers want one on port 443"),
	[OPTION_TLS_RESUME] = FLAG("tls.resume", "on",
				   "whether a reconnect resumes the TLS session, which saves bytes "
				   "and time"),
	[OPTION_TLS_EXPIRY_WARNING_DAYS] =
		NUMBER("tls.expiry_warning_days", "14", "days", 0, 3650,
		       "how long before a certificate expires to warn of it, at every connect"),
	[OPTION_TLS_CLOCK] = CHOICE("tls.clock", "system", "system|floor",
				    "floor takes the newest moment ever seen when the system's "
				    "clock is behind it, as on a computer that boots without one"),
	[OPTION_TLS_CLOCK_FILE] =
		TEXT(PATH, "tls.clock_file", "",
		     "file in which tls.clock=floor keeps that moment; when empty, one beside "
		     "outbox.path, or else the moment is that of the library's build"),
	[OPTION_KEYLOG_FILE] = TEXT(PATH, "keylog.file", "",
				    "file to append the keys of all TLS connections to, for "
				    "Wireshark; who has it can read everything"),
	[OPTION_TOPIC_BASE] = TEXT(STRING, "topic.base", "iotkit",
				   "what all topics of metrics and statuses begin with"),
	[OPTION_PAYLOAD] = CHOICE("payload", "text", "text|json|senml",
				  "form of a metric: the number alone, a JSON object, or a SenML "
				  "pack of many (RFC 8428)"),
	[OPTION_BATCH_MS] = NUMBER("batch.ms", "1000", "ms", 0, 3600000,
				   "a SenML pack is sent when its first metric is so old"),
	[OPTION_BATCH_MAX] = NUMBER("batch.max", "50", "metrics", 1, 1000,
				    "a SenML pack is sent when it holds so many metrics"),
	[OPTION_METRIC_QOS] =
		NUMBER("metric.qos", "1", "", 0, 2,
		       "QoS of metrics: 0 at most once, 1 at least once, 2 exactly once"),
	[OPTION_METRIC_RETAIN] =
		FLAG("metric.retain", "off",
		     "whether the broker keeps each metric's last value for later subscribers"),
	[OPTION_PUBLISH_EXPIRY_S] =
		NUMBER("publish.expiry_s", "0", "s", 0, 4294967295,
		       "how long after being accepted a message is worth delivering, also by the "
		       "broker (MQTT 5); 0: for ever"),
	[OPTION_PUBLISH_ID] = FLAG("publish.id", "off",
				   "whether messages carry epoch and seq, by which consumers "
				   "recognise repeats: MQTT 5 user properties, and members of "
				   "json and senml payloads"),
	[OPTION_OUTBOX_PATH] = TEXT(PATH, "outbox.path", "",
				    "file that keeps messages until the broker has them, whatever "
				    "happens to the process; when empty, they are in memory alone"),
	[OPTION_OUTBOX_SYNC] =
		CHOICE("outbox.sync", "process", "process|power",
		       "what an accepted message in outbox.path survives: the end of the process, "
		       "or of the power too, for which each waits for the disk"),
	[OPTION_OUTBOX_MAX_ROWS] = NUMBER("outbox.max_rows", "100000", "messages", 1, 1000000000,
					  "how many messages may wait for the broker"),
	[OPTION_OUTBOX_MAX_BYTES] =
		NUMBER("outbox.max_bytes", "67108864", "bytes", 1048576, 1099511627776,
		       "how many bytes of topics and payloads may wait for the broker"),
	[OPTION_OUTBOX_POLICY] =
		CHOICE("outbox.policy", "reject", "reject|drop-oldest|drop-newest",
		       "what a full outbox does: refuse the new message, or give one up"),
	[OPTION_OUTBOX_DRAIN] =
		CHOICE("outbox.drain", "fifo", "fifo|live-first",
		       "fifo sends the oldest first; live-first sends what is accepted while "
		       "connected at once, and what waited follows beside it"),
	[OPTION_OUTBOX_DRAIN_RATE] =
		NUMBER("outbox.drain_rate", "100", "messages/s", 1, 1000000,
		       "how fast what waited follows with outbox.drain=live-first"),
	[OPTION_DEVICE_SILENT_MS] =
		NUMBER("device.silent_ms", "60000", "ms", 0, 86400000,
		       "how long a board with the library IoTKit may say nothing before it is "
		       "told offline; longer than its sleep; 0: for ever"),
	[OPTION_RESET_ON_OPEN] =
		CHOICE("reset.on_open", "auto", "auto|never|always",
		       "whether opening a port resets its board: as the system does, never where "
		       "that can be, or always"),
	[OPTION_COMMAND_TTL_MS] =
		NUMBER("command.ttl_ms", "60000", "ms", 100, 86400000,
		       "how long a command waits for its board before it has failed"),
	[OPTION_COMMAND_MQTT] = FLAG("command.mqtt", "on",
				     "whether messages to {topic.base}/{device}/{name}/set are "
				     "commands to the boards"),
	[OPTION_EVENTS_MAX] = NUMBER("events.max", "1024", "events", 16, 1000000,
				     "how many events wait to be taken before the oldest go"),
	[OPTION_EVENTS_DELIVERED] =
		FLAG("events.delivered", "on",
		     "whether each message that the broker has is told as an event; off, they "
		     "cost nothing and take no room of others"),
	[OPTION_EVENTS_METRICS] =
		FLAG("events.metrics", "off", "whether each metric is told as an event too"),
	[OPTION_TRACE] = CHOICE("trace", "off", "off|packets",
				"packets tells each MQTT packet to and from the broker in a line; "
				"never the password"),
	[OPTION_TRACE_PCAP] =
		TEXT(PATH, "trace.pcap", "",
		     "file to write all MQTT packets to, for Wireshark, also those "
		     "that TLS encrypts, but not the password; an older capture in it "
		     "is replaced"),
	[OPTION_TRACE_PCAP_MAX_BYTES] =
		NUMBER("trace.pcap_max_bytes", "104857600", "bytes", 65536, 1099511627776,
		       "how large that file may become; then no more is written to it"),
};

const iotkit_option_info *options_info(enum option option)
{
	return &table[option];
}

int32_t iotkit_option_count(void)
{
	return OPTION_COUNT;
}

const iotkit_option_info *iotkit_option_at(int32_t index)
{
	return index >= 0 && index < OPTION_COUNT ? &table[index] : NULL;
}
