/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* cause_words.h: the words that the rules put into cause.text, one behind the other. */
#ifndef EXITTRACE_CAUSE_WORDS_H
#define EXITTRACE_CAUSE_WORDS_H

#include "record.h"

__attribute__((format(printf, 2, 3))) void cause__say(struct record *r, const char *fmt, ...);
void cause__say_words(struct record *r, const char *words);
void cause__say_number(struct record *r, unsigned int n);
void cause__say_peer(struct record *r, const struct et_peer *p); /* "bash[412]" */
void cause__say_duration(struct record *r, uint64_t ns);
void cause__say_size(struct record *r, uint64_t bytes);
void cause__say_comm(struct record *r, const char comm[ET_COMM_LEN]);
void cause__say_path(struct record *r, struct text path); /* of a long one its end */

#endif
