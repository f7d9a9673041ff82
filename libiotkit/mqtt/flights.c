/* SPDX-License-Identifier: MIT */
#include "mqtt/flights.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"

/* paho counts its requests from 1. So ours, from here on, are rarely in its way. */
enum { FIRST_ID = 0x8000, LAST_ID = 0xffff };

iotkit_status flights_open(struct flights *flights, size_t capacity)
{
	size_t buckets = 1;

	while (buckets < capacity)
		buckets *= 2;
	*flights = (struct flights){.bucket_mask = buckets - 1};
	flights->all = calloc(capacity > 0 ? capacity : 1, sizeof *flights->all);
	flights->buckets = calloc(buckets, sizeof(struct flight *));
	if (flights->all == NULL || flights->buckets == NULL) {
		flights_close(flights);
		return error_set_no_memory();
	}
	for (size_t i = capacity; i > 0; i--) {
		flights->all[i - 1].next = flights->free;
		flights->free = &flights->all[i - 1];
	}
	flights->last_id = LAST_ID;
	return IOTKIT_OK;
}

void flights_close(struct flights *flights)
{
	free(flights->all);
	free(flights->buckets);
	*flights = (struct flights){0};
}

/* ---- packet ids ---- */

static uint8_t bit_of(uint16_t packet_id)
{
	return (uint8_t)(1U << packet_id % 8);
}

static bool is_requested(const struct flights *flights, uint16_t packet_id)
{
	return (flights->requested[packet_id / 8] & bit_of(packet_id)) != 0;
}

void flights_note_requested(struct flights *flights, uint16_t packet_id)
{
	flights->requested[packet_id / 8] |= bit_of(packet_id);
}

void flights_note_answered(struct flights *flights, uint16_t packet_id)
{
	flights->requested[packet_id / 8] &= (uint8_t)~bit_of(packet_id);
}

void flights_forget_requests(struct flights *flights)
{
	memset(flights->requested, 0, sizeof flights->requested);
}

uint16_t flights_choose_id(struct flights *flights)
{
	for (size_t tries = 0; tries <= LAST_ID - FIRST_ID; tries++) {
		uint16_t last = flights->last_id;
		flights->last_id = (uint16_t)(last < LAST_ID ? last + 1 : FIRST_ID);
		if (flights_find(flights, flights->last_id) == NULL &&
		    !is_requested(flights, flights->last_id))
			return flights->last_id;
	}
	return 0;
}

void flights_scatter_ids(struct flights *flights)
{
	flights->last_id = (uint16_t)random_between(FIRST_ID, LAST_ID);
}

/* ---- flights ---- */

static struct flight **bucket_of(const struct flights *flights, uint16_t packet_id)
{
	return &flights->buckets[packet_id & flights->bucket_mask];
}

struct flight *flights_find(const struct flights *flights, uint16_t packet_id)
{
	struct flight *flight = *bucket_of(flights, packet_id);

	while (flight != NULL && flight->packet_id != packet_id)
		flight = flight->next;
	return flight;
}

struct flight *flights_add(struct flights *flights, const struct outbox_message *message,
			   uint16_t packet_id)
{
	struct flight *flight = flights->free;
	struct flight **bucket = bucket_of(flights, packet_id);

	if (flight == NULL || flights_find(flights, packet_id) != NULL)
		return NULL;
	flights->free = flight->next;
	*flight = (struct flight){.message = *message,
				  .packet_id = packet_id,
				  .older = flights->newest,
				  .next = *bucket};
	*bucket = flight;
	*(flights->newest != NULL ? &flights->newest->newer : &flights->oldest) = flight;
	flights->newest = flight;
	flights->count++;
	return flight;
}

void flights_remove(struct flights *flights, struct flight *flight)
{
	struct flight **link = bucket_of(flights, flight->packet_id);

	if (flight->owed)
		flights_note_sent(flights);
	while (*link != flight)
		link = &(*link)->next;
	*link = flight->next;
	*(flight->older != NULL ? &flight->older->newer : &flights->oldest) = flight->newer;
	*(flight->newer != NULL ? &flight->newer->older : &flights->newest) = flight->older;
	flight->next = flights->free;
	flights->free = flight;
	flights->count--;
}

/* ---- what is owed ---- */

static struct flight_queue *queue_of(struct flights *flights, const struct flight *flight)
{
	return flight->released ? &flights->releases : &flights->messages;
}

void flights_owe(struct flights *flights, struct flight *flight)
{
	struct flight_queue *queue = queue_of(flights, flight);

	flight->owed = true;
	flight->next_owed = NULL;
	*(queue->first != NULL ? &queue->last->next_owed : &queue->first) = flight;
	queue->last = flight;
	flights->unsent += !flight->released;
}

void flights_owe_all(struct flights *flights)
{
	flights->releases = flights->messages = (struct flight_queue){0};
	flights->unsent = 0;
	for (struct flight *flight = flights->oldest; flight != NULL; flight = flight->newer)
		flights_owe(flights, flight);
}

struct flight *flights_first_owed(const struct flights *flights)
{
	return flights->releases.first != NULL ? flights->releases.first : flights->messages.first;
}

void flights_note_sent(struct flights *flights)
{
	struct flight *flight = flights_first_owed(flights);

	queue_of(flights, flight)->first = flight->next_owed;
	flight->owed = false;
	flights->unsent -= !flight->released;
}
