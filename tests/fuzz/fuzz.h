/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fuzz.h: what the fuzz targets share. A target is a fuzz_NAME.c with LLVMFuzzerTestOneInput();
 * messages.c takes an input for messages and mutates it as such, judge.c says whether output is
 * fit for a terminal or a JSON reader. Neither uses the code that is tested.
 */
#ifndef EXITTRACE_FUZZ_H
#define EXITTRACE_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assembler.h"
#include "output.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

__attribute__((noreturn)) void fuzz__fail(const char *file, int line, const char *what);
/* Also where assert() is off. libFuzzer takes it for a finding and keeps the input. */
#define FUZZ_CHECK(cond) ((cond) ? (void)0 : fuzz__fail(__FILE__, __LINE__, #cond))

/*
 * ---- messages ----
 * An input of messages: FUZZ_SETTINGS bytes that the target takes as it likes, and then what a
 * recorded stream has behind its first line.
 */
#define FUZZ_SETTINGS 8

/* Each in a block of its own, so that a byte too far is noticed. */
void messages__each(const uint8_t *data, size_t size, void (*fn)(void *ctx, const void *msg, size_t size), void *ctx);
/* Feeds them and an ET_END; where the first is no ET_START, one of a tier that sees everything comes before. */
void messages__feed(struct assembler *a, const uint8_t *data, size_t size);

/* ---- judging ---- */

/* Printable UTF-8 in whole lines, but for the colours if they were asked for. Gives the number of lines. */
size_t judge__lines(const char *s, size_t len, bool colour);
/* Whole lines of JSON by RFC 8259, printable, without double keys, numbers exact, twins true. */
size_t judge__json(const char *s, size_t len);
/* A JSON string with its quotes to UTF-8. Returns bytes written to dst, which has room for them. */
size_t judge__decode(const char *s, size_t len, char *dst);
size_t judge__put_utf8(char *dst, uint32_t cp); /* 1 to 4 bytes */

#endif
