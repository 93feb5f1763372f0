/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* json_plan.h: a table of fields as the ready pieces of text that a line of JSON is made of. */
#ifndef EXITTRACE_JSON_PLAN_H
#define EXITTRACE_JSON_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

/* A ready piece of text. It is copied whole whatever its length: that is several times faster. */
#define PIECE_MAX 32
#define WAY_MAX 62

struct piece {
	char text[PIECE_MAX]; /* ,"name": */
	uint8_t len;
	uint8_t group;
	const struct field *field;
	struct json_plan *items; /* V_LIST */
};

struct group {
	const char *path; /* into a key of the table: "process.executable" */
	size_t path_len;
	unsigned int parent; /* of group 0, the record: itself */
	uint64_t within;     /* bits of itself and of the groups around it */
};

/*
 * From one group to another: }},"name":{"name":  The brace of the last group that it opens is still to
 * come: it takes the place of the comma that its first member begins with.
 */
struct way {
	char text[WAY_MAX];
	uint8_t len;
	bool opens;
};

struct json_plan {
	struct group *groups;
	struct way *ways;     /* [from][to] */
	struct piece *pieces; /* one for each row of the table */
	unsigned int nr_groups, nr_pieces;
};

#define GROUPS_MAX 64 /* bits of `within` */

/* NULL: no memory, or the table has more groups or longer names than there is room for. */
struct json_plan *json_plan__new(const struct field *fields, unsigned int n);
void json_plan__free(struct json_plan *p); /* NULL is fine */

#endif
