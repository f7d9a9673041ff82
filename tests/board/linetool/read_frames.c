/* SPDX-License-Identifier: MIT
 *
 * Shows how the line tools read lines: for each of stdin the frame's kind and raw
 * fields, or "no frame". For the test with tests/vectors/frames.txt.
 */
#include <stdio.h>

#include "frames.h"

int main(void)
{
	char line[4096];
	struct frame frame;
	size_t length = 0;
	int byte;

	while ((byte = getchar()) != EOF) {
		if (byte != '\n') {
			if (length < sizeof line)
				line[length++] = (char)byte;
			continue;
		}
		if (frame_read(line, length, &frame)) {
			printf("%c", frame.kind);
			for (size_t i = 0; i < frame.count; i++)
				printf(" %s", frame.field[i]);
			puts("");
		} else {
			puts("no frame");
		}
		length = 0;
	}
	return 0;
}
