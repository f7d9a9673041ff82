/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Columns that are not the curve: name, value, count, age and the gaps between. */
#define NAME_WIDTH 24
#define FIXED_WIDTH (NAME_WIDTH + 32)

static const char *const utf8_bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const ascii_bars[] = {"_", ".", "-", ":", "=", "+", "*", "#"};

void table_init(struct table *table)
{
	const char *no_color = getenv("NO_COLOR");

	setlocale(LC_CTYPE, "");
	*table = (struct table){
		.color = no_color == NULL || *no_color == '\0',
		.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
	};
}

struct row *table_row(struct table *table, const char *name)
{
	for (int i = 0; i < table->used; i++)
		if (strcmp(table->rows[i].name, name) == 0)
			return &table->rows[i];
	if (table->used == TABLE_ROWS || strlen(name) >= sizeof table->rows[0].name)
		return NULL;
	struct row *row = &table->rows[table->used++];
	strcpy(row->name, name);
	return row;
}

void row_add(struct row *row, double value, double now_s)
{
	row->history[row->count % TABLE_HISTORY] = value;
	row->count++;
	row->value = value;
	row->seen_s = now_s;
}

/* The last `length` values end at the newest one. */
static double recent(const struct row *row, int length, int i)
{
	return row->history[(row->count - (uint64_t)(length - i)) % TABLE_HISTORY];
}

static int curve_length(const struct row *row, int width)
{
	int length = width < TABLE_HISTORY ? width : TABLE_HISTORY;

	return row->count < (uint64_t)length ? (int)row->count : length;
}

static void draw_curve(const struct table *table, FILE *out, const struct row *row, int width)
{
	const char *const *bars = table->utf8 ? utf8_bars : ascii_bars;
	int length = curve_length(row, width);
	double low = row->value, high = row->value;

	for (int i = 0; i < length; i++) {
		double value = recent(row, length, i);
		low = value < low ? value : low;
		high = value > high ? value : high;
	}
	fputs(table->color ? "\033[32m" : "", out);
	for (int i = 0; i < length; i++) {
		double share = high > low ? (recent(row, length, i) - low) / (high - low) : 0;
		fputs(bars[(int)(share * 7.99)], out);
	}
	fputs(table->color ? "\033[0m" : "", out);
	fprintf(out, "%*s", width - length, "");
}

static int screen_width(void)
{
	struct winsize size = {0};
	const char *columns = getenv("COLUMNS");

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return columns != NULL && atoi(columns) > 0 ? atoi(columns) : 80;
}

/* Ends a line of the table: what an earlier, longer line left there goes. */
static void end_line(struct table *table, FILE *out)
{
	fputs("\033[K\n", out);
	table->drawn++;
}

static void draw_text(struct table *table, FILE *out, int width, const char *text)
{
	fprintf(out, "%.*s", width - 1, text);
	end_line(table, out);
}

static void draw_row(struct table *table, FILE *out, int width, const struct row *row, double now_s)
{
	int curve = width - 1 - FIXED_WIDTH;

	if (curve < 0) {
		char text[128];
		snprintf(text, sizeof text, "%s %g", row->name, row->value);
		draw_text(table, out, width, text);
		return;
	}
	fprintf(out, "%-*.*s %10g  ", NAME_WIDTH, NAME_WIDTH, row->name, row->value);
	draw_curve(table, out, row, curve);
	fprintf(out, " %8llu %6.1f s", (unsigned long long)row->count, now_s - row->seen_s);
	end_line(table, out);
}

static void draw_head(struct table *table, FILE *out, int width)
{
	int curve = width - 1 - FIXED_WIDTH;

	if (curve < 0)
		return;
	fprintf(out, "%s%-*s %10s  %-*.*s %8s %8s%s", table->color ? "\033[1m" : "", NAME_WIDTH,
		"metric", "value", curve, curve, "lately", "count", "age",
		table->color ? "\033[0m" : "");
	end_line(table, out);
}

void table_draw(struct table *table, FILE *out, double now_s, const char *title,
		const char *subtitle, const char *footer)
{
	int width = screen_width();

	if (table->drawn > 0)
		fprintf(out, "\033[%dA\r", table->drawn);
	table->drawn = 0;
	draw_text(table, out, width, title);
	draw_text(table, out, width, subtitle);
	draw_text(table, out, width, "");
	draw_head(table, out, width);
	for (int i = 0; i < table->used; i++)
		draw_row(table, out, width, &table->rows[i], now_s);
	draw_text(table, out, width, "");
	draw_text(table, out, width, footer);
	fflush(out);
}
