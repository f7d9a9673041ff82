/* SPDX-License-Identifier: MIT */
#include "device/label.h"

#include <string.h>

#include "device/unit.h"

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

static void trim(const char **text, size_t *size)
{
	for (; *size > 0 && is_blank((*text)[*size - 1]); (*size)--)
		continue;
	for (; *size > 0 && is_blank(**text); (*size)--)
		(*text)++;
}

/* Letters of other scripts are bytes from 0x80 on. */
static bool is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
	       ((unsigned char)byte & 0x80) != 0;
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_name_byte(char byte)
{
	return is_letter(byte) || is_digit(byte) || is_blank(byte) ||
	       (byte != '\0' && strchr("-./()[]#%+&", byte) != NULL);
}

/* Takes "(C)" or "[C]" off the end. Other words in brackets belong to the name:
 * "temperature (inside)" and "temperature (outside)" are not the same. */
static void split_unit(struct label *label)
{
	const char *text = label->name;
	char last = text[label->size - 1];
	size_t open = label->size - 1;

	if (last != ')' && last != ']')
		return;
	while (open > 0 && text[open] != (last == ')' ? '(' : '['))
		open--;
	const char *unit = text + open + 1;
	size_t unit_size = label->size - open - 2;
	if (open == 0 || !unit_known(unit, unit_size))
		return;
	memcpy(label->unit, unit, unit_size);
	label->unit[unit_size] = '\0';
	label->size = open;
	trim(&label->name, &label->size);
}

bool label_read(const char *text, size_t size, struct label *out)
{
	bool wordy = false;

	trim(&text, &size);
	*out = (struct label){.name = text, .size = size};
	for (size_t i = 0; i < size; i++) {
		if (!is_name_byte(text[i]))
			return false;
		wordy = wordy || is_letter(text[i]) || is_digit(text[i]);
	}
	if (!wordy)
		return false;
	split_unit(out);
	return out->size > 0 && out->size <= METRIC_NAME_MAX;
}

bool label_is_identifier(const struct label *label)
{
	if (!is_letter(label->name[0]))
		return false;
	for (size_t i = 0; i < label->size; i++) {
		char byte = label->name[i];
		/* "pm2.5" is a name, "card..." the end of a sentence. */
		if (byte == '.' && i + 1 < label->size)
			byte = label->name[++i];
		if (!is_letter(byte) && !is_digit(byte) && byte != ' ' && byte != '-')
			return false;
	}
	return true;
}
