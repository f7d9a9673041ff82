/* SPDX-License-Identifier: MIT
 *
 * What texts of others, as topics and payloads, look like where people read them.
 */
#ifndef EXAMPLES_COMMON_TEXT_H
#define EXAMPLES_COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

bool text_is_utf8(const void *bytes, size_t size);

/* With its quotation marks. What is no UTF-8 becomes U+FFFD. */
void text_print_json(const void *bytes, size_t size);

/* Standard base64 with padding. Source: RFC 4648 section 4. */
void text_print_base64(const void *bytes, size_t size);

/* As a field between tabs: \t \n \r \\ and, of what else is no text, \xHH. */
void text_print_field(const void *bytes, size_t size);

/* At most `width` characters, none of which steers a terminal, and "..." when it is
 * cut. Returns how many. */
size_t text_print_plain(const void *bytes, size_t size, size_t width);

/* How many characters text_print_plain() would print. */
size_t text_width(const void *bytes, size_t size, size_t width);

/* Puts '?' in place of what text_print_plain() would print as such: it is one line then. */
void text_make_plain(char *text);

#endif
