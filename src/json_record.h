/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* json_record.h: a record as a line of JSON. */
#ifndef EXITTRACE_JSON_RECORD_H
#define EXITTRACE_JSON_RECORD_H

#include "output.h"

struct json_record;

struct json_record *json_record__new(const struct output_options *opt); /* NULL: -ENOMEM */
void json_record__free(struct json_record *j); /* NULL is fine */
/* The boot id that all ids begin with, checked. */
void json_record__boot_id(struct json_record *j, const char *boot_id);
void json_record__put(struct json_record *j, struct buf *b, const struct record *r);
/* The value alone of a field that has parts: V_LIST, V_KEYS, V_WHY. */
void json_record__parts(struct json_record *j, struct buf *b, enum record_field f, const struct record *r,
			struct value v);

#endif
