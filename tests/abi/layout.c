/* SPDX-License-Identifier: MIT
 *
 * The layouts and numbers that programs were compiled with. A line here may be added, never
 * changed. Each has two numbers: for 64-bit pointers, and for 32-bit pointers where 64-bit numbers
 * lie at multiples of 8, as on ARM. (They do not on i386, which nothing here is said of.)
 */
#include <iotkit.h>

#if UINTPTR_MAX == UINT64_MAX
#define PICK(wide, narrow) (wide)
#else
#define PICK(wide, narrow) (narrow)
#endif

#ifndef __i386__

#define AT(type, field, wide, narrow)                                                              \
	_Static_assert(offsetof(type, field) == PICK(wide, narrow), #type "." #field " has moved")
#define HAS(type, wide, narrow)                                                                    \
	_Static_assert(sizeof(type) >= PICK(wide, narrow), #type " has shrunk")

AT(iotkit_event, struct_size, 0, 0);
AT(iotkit_event, type, 4, 4);
AT(iotkit_event, status, 8, 8);
AT(iotkit_event, qos, 12, 12);
AT(iotkit_event, retain, 16, 16);
AT(iotkit_event, retry_ms, 20, 20);
AT(iotkit_event, id, 24, 24);
AT(iotkit_event, missed, 32, 32);
AT(iotkit_event, time_ms, 40, 40);
AT(iotkit_event, value, 48, 48);
AT(iotkit_event, topic, 56, 56);
AT(iotkit_event, payload, 64, 60);
AT(iotkit_event, payload_size, 72, 64);
AT(iotkit_event, device, 80, 68);
AT(iotkit_event, unit, 88, 72);
AT(iotkit_event, text, 96, 76);
AT(iotkit_event, epoch, 104, 80);
AT(iotkit_event, seq, 112, 88);
HAS(iotkit_event, 120, 96);

AT(iotkit_stats, struct_size, 0, 0);
AT(iotkit_stats, connected, 4, 4);
AT(iotkit_stats, accepted, 8, 8);
AT(iotkit_stats, delivered, 16, 16);
AT(iotkit_stats, dropped, 24, 24);
AT(iotkit_stats, waiting, 32, 32);
AT(iotkit_stats, waiting_bytes, 40, 40);
AT(iotkit_stats, received, 48, 48);
AT(iotkit_stats, connects, 56, 56);
AT(iotkit_stats, connect_failures, 64, 64);
AT(iotkit_stats, bytes_sent, 72, 72);
AT(iotkit_stats, bytes_received, 80, 80);
AT(iotkit_stats, intruders, 88, 88);
AT(iotkit_stats, metrics, 96, 96);
AT(iotkit_stats, lines, 104, 104);
AT(iotkit_stats, lines_rejected, 112, 112);
AT(iotkit_stats, device_bytes, 120, 120);
AT(iotkit_stats, events_missed, 128, 128);
AT(iotkit_stats, tls_handshakes, 136, 136);
AT(iotkit_stats, tls_resumed, 144, 144);
AT(iotkit_stats, tls_handshake_bytes, 152, 152);
AT(iotkit_stats, tls_handshake_us, 160, 160);
AT(iotkit_stats, frames, 168, 168);
AT(iotkit_stats, frames_damaged, 176, 176);
AT(iotkit_stats, frames_repeated, 184, 184);
AT(iotkit_stats, board_dropped, 192, 192);
AT(iotkit_stats, commands, 200, 200);
HAS(iotkit_stats, 208, 208);

AT(iotkit_certificate_request, struct_size, 0, 0);
AT(iotkit_certificate_request, kind, 4, 4);
AT(iotkit_certificate_request, key, 8, 8);
AT(iotkit_certificate_request, days, 12, 12);
AT(iotkit_certificate_request, renew, 16, 16);
AT(iotkit_certificate_request, reserved, 20, 20);
AT(iotkit_certificate_request, name, 24, 24);
AT(iotkit_certificate_request, alternative_names, 32, 28);
AT(iotkit_certificate_request, certificate_file, 40, 32);
AT(iotkit_certificate_request, key_file, 48, 36);
AT(iotkit_certificate_request, ca_certificate_file, 56, 40);
AT(iotkit_certificate_request, ca_key_file, 64, 44);
AT(iotkit_certificate_request, ca_password_file, 72, 48);
HAS(iotkit_certificate_request, 80, 52);

AT(iotkit_option_info, struct_size, 0, 0);
AT(iotkit_option_info, type, 4, 4);
AT(iotkit_option_info, name, 8, 8);
AT(iotkit_option_info, default_value, 16, 12);
AT(iotkit_option_info, unit, 24, 16);
AT(iotkit_option_info, choices, 32, 20);
AT(iotkit_option_info, sentence, 40, 24);
AT(iotkit_option_info, min, 48, 32);
AT(iotkit_option_info, max, 56, 40);
HAS(iotkit_option_info, 64, 48);

AT(iotkit_port_info, struct_size, 0, 0);
AT(iotkit_port_info, usb_vid, 4, 4);
AT(iotkit_port_info, usb_pid, 8, 8);
AT(iotkit_port_info, reserved, 12, 12);
AT(iotkit_port_info, path, 16, 16);
AT(iotkit_port_info, description, 272, 272);
AT(iotkit_port_info, serial_number, 400, 400);
AT(iotkit_port_info, board, 528, 528);
AT(iotkit_port_info, usb_path, 656, 656);
AT(iotkit_port_info, uri, 784, 784);
HAS(iotkit_port_info, 1040, 1040);

AT(iotkit_outbox_summary, struct_size, 0, 0);
AT(iotkit_outbox_summary, in_use, 4, 4);
AT(iotkit_outbox_summary, rows, 8, 8);
AT(iotkit_outbox_summary, bytes, 16, 16);
AT(iotkit_outbox_summary, in_flight, 24, 24);
AT(iotkit_outbox_summary, received, 32, 32);
AT(iotkit_outbox_summary, first_id, 40, 40);
AT(iotkit_outbox_summary, last_id, 48, 48);
AT(iotkit_outbox_summary, oldest_ms, 56, 56);
AT(iotkit_outbox_summary, newest_ms, 64, 64);
AT(iotkit_outbox_summary, disk_bytes, 72, 72);
AT(iotkit_outbox_summary, schema, 80, 80);
AT(iotkit_outbox_summary, reserved, 84, 84);
AT(iotkit_outbox_summary, client_id, 88, 88);
HAS(iotkit_outbox_summary, 216, 216);

AT(iotkit_outbox_row, struct_size, 0, 0);
AT(iotkit_outbox_row, qos, 4, 4);
AT(iotkit_outbox_row, retain, 8, 8);
AT(iotkit_outbox_row, packet_id, 12, 12);
AT(iotkit_outbox_row, id, 16, 16);
AT(iotkit_outbox_row, time_ms, 24, 24);
AT(iotkit_outbox_row, expires_ms, 32, 32);
AT(iotkit_outbox_row, topic, 40, 40);
AT(iotkit_outbox_row, payload, 48, 44);
AT(iotkit_outbox_row, payload_size, 56, 48);
HAS(iotkit_outbox_row, 64, 56);

#endif

_Static_assert(IOTKIT_OK == 0 && IOTKIT_EINVAL == -1 && IOTKIT_ENOMEM == -2 &&
		       IOTKIT_ESTATE == -3 && IOTKIT_ETIMEOUT == -4 && IOTKIT_EFULL == -5 &&
		       IOTKIT_ENOENT == -6 && IOTKIT_EEXIST == -7 && IOTKIT_ESYSTEM == -8 &&
		       IOTKIT_ERESOLVE == -9 && IOTKIT_ENETWORK == -10 && IOTKIT_EPROTOCOL == -11 &&
		       IOTKIT_EAUTH == -12 && IOTKIT_EREFUSED == -13 && IOTKIT_ENOTSUP == -14 &&
		       IOTKIT_ETLS == -15 && IOTKIT_EFORMAT == -16 && IOTKIT_EBUSY == -17,
	       "a status code has changed its number");
_Static_assert(IOTKIT_EVENT_CONNECTED == 1 && IOTKIT_EVENT_DISCONNECTED == 2 &&
		       IOTKIT_EVENT_MESSAGE == 3 && IOTKIT_EVENT_DELIVERED == 4 &&
		       IOTKIT_EVENT_DROPPED == 5 && IOTKIT_EVENT_SUBSCRIBED == 6 &&
		       IOTKIT_EVENT_DEVICE_ONLINE == 7 && IOTKIT_EVENT_DEVICE_OFFLINE == 8 &&
		       IOTKIT_EVENT_METRIC == 9 && IOTKIT_EVENT_LOG == 10 &&
		       IOTKIT_EVENT_COMMAND == 11 && IOTKIT_EVENT_TRACE == 12,
	       "an event has changed its number");
_Static_assert(IOTKIT_OPTION_STRING == 1 && IOTKIT_OPTION_INTEGER == 2 &&
		       IOTKIT_OPTION_BOOLEAN == 3 && IOTKIT_OPTION_CHOICE == 4 &&
		       IOTKIT_OPTION_PATH == 5 && IOTKIT_OPTION_SECRET == 6,
	       "a type of option has changed its number");
_Static_assert(IOTKIT_CERTIFICATE_CA == 1 && IOTKIT_CERTIFICATE_SERVER == 2 &&
		       IOTKIT_CERTIFICATE_CLIENT == 3 && IOTKIT_KEY_EC_P256 == 1 &&
		       IOTKIT_KEY_RSA_2048 == 2 && IOTKIT_KEY_RSA_4096 == 3,
	       "a kind of certificate or key has changed its number");

/* The sizes the library fills in are those of its own header. */
int main(void)
{
	const iotkit_option_info *info = iotkit_option_at(0);

	return info != NULL && info->struct_size == sizeof *info ? 0 : 1;
}
