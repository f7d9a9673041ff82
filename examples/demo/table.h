/* SPDX-License-Identifier: MIT
 *
 * The demo's metrics: one row each, drawn as a table that refreshes in place.
 */
#ifndef DEMO_TABLE_H
#define DEMO_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define TABLE_ROWS 16
#define TABLE_HISTORY 120

struct row {
	char name[64]; /* as "greenhouse/temperature" */
	double value;
	uint64_t count;
	double seen_s; /* when the last one came */
	double history[TABLE_HISTORY]; /* a ring; the newest is at (count - 1) */
};

struct table {
	struct row rows[TABLE_ROWS];
	int used;
	bool color;
	bool utf8;
	int drawn; /* lines on the screen that the next drawing replaces */
};

/* How to draw, by the terminal and the environment (NO_COLOR, the locale). */
void table_init(struct table *table);

/* The row of this name, made if need be; NULL when there is no room. */
struct row *table_row(struct table *table, const char *name);

void row_add(struct row *row, double value, double now_s);

/* Draws over the previous drawing; the titles go above the table, `footer` below. */
void table_draw(struct table *table, FILE *out, double now_s, const char *title,
		const char *subtitle, const char *footer);

#endif
