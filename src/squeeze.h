/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * squeeze.h: bytes in less memory, by what they have in common with a model. Lines of JSON have nearly all in common,
 * so that a few of them as a model leave a tenth, at some GB a second; no entropy is coded.
 */
#ifndef EXITTRACE_SQUEEZE_H
#define EXITTRACE_SQUEEZE_H

#include <stdint.h>

#include "buf.h"

#define SQUEEZE_MODEL_MAX 32768 /* of what is behind, nothing is found */
#define SQUEEZE_SLOTS 8192

struct squeeze {
	const uint8_t *model; /* borrowed */
	size_t len;
	uint16_t slots[SQUEEZE_SLOTS]; /* where in the model such 8 bytes are, + 1; 0: nowhere */
};

void squeeze__learn(struct squeeze *s, const void *model, size_t len);
/* Appends to `to`; to->failed tells of no memory. */
void squeeze__put(const struct squeeze *s, struct buf *to, const void *data, size_t len);
/* Appends what was squeezed with this model. 0, or -EBADMSG: it was not, or would be longer than `max`. */
int squeeze__get(struct buf *to, const void *model, size_t model_len, const void *squeezed, size_t len, size_t max);

#endif
