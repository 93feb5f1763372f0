/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* output_summary.h: how a summary is put out: text for people, or one line of JSON. */
#ifndef EXITTRACE_OUTPUT_SUMMARY_H
#define EXITTRACE_OUTPUT_SUMMARY_H

#include "output.h"
#include "summary.h"

/* One block in the form the output was opened for. One that cannot be written counts as one unwritten record. */
void output__summary(struct output *o, const struct summary *s, const struct summary_span *span);

/* Text: begins within the line that says when. Several lines, below 80 columns, and an empty one. */
void summary__put_text(struct buf *b, const struct summary *s);
void summary__put_json(struct buf *b, const struct summary *s, const struct summary_span *span);

#endif
