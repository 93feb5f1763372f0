/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes any bytes for one message. What check__event() lets through must hold everything that it
 * claims to hold: each byte of it is read, and the sanitizer knows where the message ends.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "fuzz.h"

static volatile uint8_t sink;

static void read_all(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	uint8_t sum = 0;

	while (len--)
		sum += *p++;
	sink = sum;
}

static void read_death(const struct et_death *d)
{
	const struct et_signals *s = death__signals(d);

	read_all(death__exe(d), d->exe_len);
	FUZZ_CHECK(!s == !(d->flags & (ET_D_FATAL | ET_D_STOPS)));
	if (!s)
		return;
	read_all(&s->fatal, sizeof(s->fatal));
	read_all(&s->killer, sizeof(s->killer));
	read_all(s->killer.exe, s->killer.exe_len);
	FUZZ_CHECK(s->killer.exe_len <= sizeof(s->killer.exe));
	if (d->flags & ET_D_STOPS)
		read_all(s->stop, sizeof(s->stop));
}

static void read_message(const void *msg)
{
	const struct et_header *h = msg;

	read_all(msg, h->size);
	switch (h->kind) {
	case ET_DEATH:
		return read_death(msg);
	case ET_CGROUP:
		return read_all(((const struct et_cgroup *)msg)->path, ((const struct et_cgroup *)msg)->len);
	case ET_ARGS:
		return read_all(((const struct et_args *)msg)->args, ((const struct et_args *)msg)->len);
	case ET_FILE:
		return read_all(((const struct et_file *)msg)->path, ((const struct et_file *)msg)->len);
	case ET_PATTERN:
		return read_all(((const struct et_pattern *)msg)->pattern, ((const struct et_pattern *)msg)->len);
	case ET_START:
		FUZZ_CHECK(strlen(((const struct et_start *)msg)->tier) < sizeof(((struct et_start *)0)->tier));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* The first byte may shift it: a message that is not aligned is not one. */
	const size_t shift = size && data[0] < 8 ? data[0] : 0, len = size ? size - 1 : 0;
	char *own = malloc(shift + len);

	if (len)
		memcpy(own + shift, data + 1, len);
	if (!check__event(own + shift, len)) {
		FUZZ_CHECK(!shift);
		read_message(own);
	}
	free(own);
	return 0;
}
