/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a record, gives the frame that carries it to the recorder, and tells whether bytes are a frame. Does not send
 * it, and knows nothing of SQL.
 */
#include "frame.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "retell.h"

const struct history_column history_columns[] = {
#define FIELD(in_, id, key_, type_, unit_, help_, title_, expr)                                              \
	{ (in_) & IN_HISTORY ? #id : NULL, ((in_) & (IN_HISTORY | IN_METRICS)) != 0, FIELD_##id },
#include "fields.h"
};

const unsigned int nr_history_columns = sizeof(history_columns) / sizeof(history_columns[0]);

void frame__put_id(uint8_t dst[FRAME_ID_LEN], struct et_id id)
{
	const uint64_t start = htobe64(id.start_ns);
	const uint32_t tgid = htobe32(id.tgid);

	memcpy(dst, &start, sizeof(start));
	memcpy(dst + sizeof(start), &tgid, sizeof(tgid));
}

struct et_id frame__get_id(const uint8_t src[FRAME_ID_LEN])
{
	uint64_t start;
	uint32_t tgid;

	memcpy(&start, src, sizeof(start));
	memcpy(&tgid, src + sizeof(start), sizeof(tgid));
	return (struct et_id){ .start_ns = be64toh(start), .tgid = be32toh(tgid) };
}

/* ---- columns ---- */

static void put_number(struct buf *to, int64_t n)
{
	buf__char(to, COLUMN_NUMBER);
	buf__put(to, &n, sizeof(n));
}

static void put_bytes(struct buf *to, enum column_kind kind, struct text t)
{
	const uint16_t len = t.len < UINT16_MAX ? (uint16_t)t.len : UINT16_MAX;

	buf__char(to, (char)kind);
	buf__put(to, &len, sizeof(len));
	buf__put(to, t.bytes, len);
}

static void put_id(struct buf *to, struct et_id id)
{
	uint8_t bytes[FRAME_ID_LEN];

	frame__put_id(bytes, id);
	put_bytes(to, COLUMN_ID, (struct text){ (const char *)bytes, sizeof(bytes) });
}

static void put_value(struct buf *to, struct value v)
{
	switch (v.kind) {
	case V_BOOL:
		put_number(to, v.b);
		return;
	case V_I64:
		put_number(to, v.i);
		return;
	case V_U64:
	case V_NS:
	case V_BYTES:
	case V_TIME:
		put_number(to, v.u > INT64_MAX ? INT64_MAX : (int64_t)v.u);
		return;
	case V_STR:
		put_bytes(to, COLUMN_TEXT, text__str(v.str));
		return;
	case V_TEXT:
		put_bytes(to, COLUMN_TEXT, v.text);
		return;
	case V_ID:
		put_id(to, v.id);
		return;
	default: /* what is absent, what is not known, and lists, which are no columns */
		buf__char(to, COLUMN_NULL);
	}
}

static void put_columns(struct buf *to, const struct record *r)
{
	for (unsigned int i = 0; i < nr_history_columns; i++)
		if (history_columns[i].sent)
			put_value(to, record__value(&record_fields[history_columns[i].field], r));
}

void frame__put_record(struct buf *to, const struct record *r, struct text line)
{
	static const char zero[8];
	const size_t begin = to->len;
	struct frame_record f = {
		.h = { .kind = FRAME_RECORD },
		.real_ns = record__death_ns(r) + r->real_offset_ns,
		.start_ns = r->death->id.start_ns,
		.tgid = r->death->id.tgid,
		.zombie = r->type == RECORD_ZOMBIE,
		.line_len = (uint32_t)line.len,
	};

	buf__put(to, &f, sizeof(f));
	put_columns(to, r);
	f.columns_len = (uint32_t)(to->len - begin - sizeof(f));
	buf__put(to, line.bytes, line.len);
	retell__put(to, r);
	f.messages_len = (uint32_t)(to->len - begin - sizeof(f)) - f.columns_len - f.line_len;
	buf__put(to, zero, -(to->len - begin) % 8);
	f.h.size = (uint32_t)(to->len - begin);
	if (!to->failed)
		memcpy(to->data + begin, &f, sizeof(f));
}

bool frame__next_column(struct text *rest, struct column *c)
{
	uint16_t len;

	if (!rest->len)
		return false;
	c->kind = (enum column_kind)(unsigned char)*rest->bytes++;
	rest->len--;
	if (c->kind == COLUMN_NUMBER) {
		memcpy(&c->number, rest->bytes, sizeof(c->number));
		rest->bytes += sizeof(c->number);
		rest->len -= sizeof(c->number);
	} else if (c->kind != COLUMN_NULL) {
		memcpy(&len, rest->bytes, sizeof(len));
		c->bytes = (struct text){ rest->bytes + sizeof(len), len };
		rest->bytes += sizeof(len) + len;
		rest->len -= sizeof(len) + len;
	}
	return true;
}

/* ---- what came ---- */

/* Bytes of one value, 0: it does not fit into what is there. */
static size_t column_size(const char *p, size_t left)
{
	uint16_t len;

	switch ((unsigned char)*p) {
	case COLUMN_NULL:
		return 1;
	case COLUMN_NUMBER:
		return left >= 9 ? 9 : 0;
	case COLUMN_TEXT:
	case COLUMN_ID:
		if (left < 3)
			return 0;
		memcpy(&len, p + 1, sizeof(len));
		if (*p == COLUMN_ID && len != FRAME_ID_LEN)
			return 0;
		return left - 3 >= len ? 3UL + len : 0;
	default:
		return 0;
	}
}

static bool columns_ok(struct text t)
{
	unsigned int n = 0, wanted = 0;

	for (unsigned int i = 0; i < nr_history_columns; i++)
		wanted += history_columns[i].sent;
	while (t.len) {
		const size_t size = column_size(t.bytes, t.len);

		if (!size)
			return false;
		t.bytes += size;
		t.len -= size;
		n++;
	}
	return n == wanted;
}

static bool record_ok(const struct frame_record *f, size_t size)
{
	if (size < sizeof(*f) || f->columns_len > size || f->line_len > size || f->messages_len > size)
		return false;
	if (sizeof(*f) + f->columns_len + f->line_len + f->messages_len > size || f->real_ns > INT64_MAX)
		return false;
	return columns_ok(frame__columns(f));
}

int frame__check(const void *data, size_t size)
{
	const struct feed_frame *f = data;
	bool ok = false;

	if (size < sizeof(*f) || f->size != size || size % 8 || size > FRAME_MAX)
		return -EBADMSG;
	switch (f->kind) {
	case FRAME_SESSION:
		ok = size == sizeof(*f) + sizeof(struct et_start);
		break;
	case FRAME_RECORD:
		ok = record_ok(data, size);
		break;
	case FRAME_LOST:
		ok = size == sizeof(struct frame_lost) && ((const struct frame_lost *)data)->stage < LOST_STAGES;
		break;
	case FRAME_TALLY:
		ok = size == sizeof(struct frame_tally);
		break;
	}
	return ok ? 0 : -EBADMSG;
}
