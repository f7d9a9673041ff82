/* SPDX-License-Identifier: MIT */
#include "doctor/percent.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>

void percent_decode(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++) {
		bool is_code = text[0] == '%' && isxdigit((unsigned char)text[1]) &&
			       isxdigit((unsigned char)text[2]);
		if (is_code) {
			const char digits[] = {text[1], text[2], '\0'};
			*to++ = (char)strtol(digits, NULL, 16);
			text += 2;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}
