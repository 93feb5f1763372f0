/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * retell.h: the messages of a single death, so that its record can be made again at any time, and printed in any way.
 * Without the START message, which all of a trace have in common.
 */
#ifndef EXITTRACE_RETELL_H
#define EXITTRACE_RETELL_H

#include "assembler.h"
#include "buf.h"

/* Appends them, each padded to 8 bytes. RECORD_DEATH and RECORD_ZOMBIE only. to->failed tells of no memory. */
void retell__put(struct buf *to, const struct record *r);

/*
 * Calls fn with the record. 0; -EBADMSG: these are no such messages; -EPROTONOSUPPORT: START is of another version;
 * -ENOMEM. What is in the messages is checked and not believed.
 */
int retell__get(const void *start, size_t start_len, const void *messages, size_t len, record_fn fn, void *ctx);

#endif
