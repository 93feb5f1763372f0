/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* schema.h: JSON Schema (2020-12) of all that -j prints, made from the field table. */
#ifndef EXITTRACE_SCHEMA_H
#define EXITTRACE_SCHEMA_H

#include "buf.h"
#include "record.h"

void schema__put(struct buf *b);
/* Whether the schema lets the field have such a value. */
bool schema__allows(const struct field *f, enum value_kind kind);

#endif
