/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * journal.c: takes checked frames, gives those that matter to journald. Never waits, and does not make the entries
 * (output_journal.c).
 *
 * Not by libsystemd: sd_journal_sendv() waits for a journald that is stuck, and opens a socket of its own when it is
 * first called, where we may not open any more. The protocol is documented and stable: one datagram an entry.
 */
#include "journal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "names.h"
#include "retell.h"

#define SOCKET "/run/systemd/journal/socket"
#define QUEUE_BYTES (4 << 20) /* some 1,300 entries, besides those that the socket takes */
#define ROOM_BYTES (8 << 20)  /* of the socket, or as much as the kernel gives */
#define CLOSE_MS 500

struct journal {
	struct journal_how how;
	struct journal_told *told;
	struct output *output;
	struct buf entry;
	struct buf queue; /* lengths and entries */
	size_t sent;	  /* of the queue */
	int problem; /* that was told last: negative errno */
	bool gone;   /* a socket whose other end is gone stays so */
};

int journal__connect(void)
{
	const struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	const int room = ROOM_BYTES;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (!connect(fd, (const struct sockaddr *)&a, sizeof(a)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int journal__try(void)
{
	int fd = journal__connect();

	if (fd < 0) {
		log__error("--journal: no journal of systemd is here: %s: %s", SOCKET, strerror(-fd));
		return fd;
	}
	close(fd);
	return 0;
}

/* ---- what is not written ---- */

/* Once: in a storm it comes and goes, and how many there were is told in the journal and at the end. */
static void tell_problem(struct journal *j, int err)
{
	if (j->problem == err)
		return;
	j->problem = err;
	if (err == -EAGAIN)
		log__error("the journal takes nothing: what is not written there is counted, the history has it");
	else
		log__error("the journal cannot be written: %s; what is not written there is counted, the history has "
			   "it", strerror(-err));
}

static void give_up(struct journal *j, uint64_t entries, int err)
{
	if (!entries)
		return;
	j->told->unwritten += entries;
	tell_problem(j, err);
}

/* ---- the queue ---- */

static size_t waiting_bytes(const struct journal *j)
{
	return j->queue.len - j->sent;
}

static void forget_queue(struct journal *j)
{
	buf__reset(&j->queue);
	j->sent = 0;
	j->told->waiting = 0;
}

static bool has_room(const struct journal *j)
{
	return !j->gone && waiting_bytes(j) < QUEUE_BYTES;
}

/* What was sent makes room, in steps that are worth the copy. */
static void move_up(struct journal *j)
{
	if (j->sent < QUEUE_BYTES / 2)
		return;
	memmove(j->queue.data, j->queue.data + j->sent, waiting_bytes(j));
	j->queue.len -= j->sent;
	j->sent = 0;
}

static void put_entry(struct journal *j, const struct buf *entry)
{
	const uint32_t len = (uint32_t)entry->len;
	const size_t before = j->queue.len;

	if (!has_room(j)) {
		give_up(j, 1, j->gone ? j->problem : -EAGAIN);
		return;
	}
	buf__put(&j->queue, &len, sizeof(len));
	buf__put(&j->queue, entry->data, len);
	if (!entry->failed && !j->queue.failed) {
		j->told->waiting++;
		return;
	}
	j->queue.len = before;
	j->queue.failed = false;
	give_up(j, 1, -ENOMEM);
}

/* ---- sending ---- */

/* 0: it is there, or never will be; -EAGAIN: not now; other errors are of the socket. */
static int send_entry(struct journal *j, const char *data, size_t len)
{
	if (send(j->how.fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
		j->told->written++;
		return 0;
	}
	if (errno == EINTR)
		return -EAGAIN;
	if (errno != EMSGSIZE)
		return errno == ENOBUFS ? -EAGAIN : -errno;
	give_up(j, 1, -EMSGSIZE);
	return 0;
}

static int send_first(struct journal *j)
{
	uint32_t len;
	int err;

	memcpy(&len, j->queue.data + j->sent, sizeof(len));
	err = send_entry(j, j->queue.data + j->sent + sizeof(len), len);
	if (err)
		return err;
	j->sent += sizeof(len) + len;
	j->told->waiting--;
	return 0;
}

/* Behind what waits: it takes something again. */
static void tell_unwritten(struct journal *j)
{
	const uint64_t n = j->told->unwritten - j->told->unwritten_told;

	if (!n)
		return;
	j->told->unwritten_told = j->told->unwritten;
	buf__reset(&j->entry);
	output_journal__unwritten(&j->entry, n);
	put_entry(j, &j->entry);
}

static int send_waiting(struct journal *j)
{
	int err = 0;

	while (!err && waiting_bytes(j))
		err = send_first(j);
	if (err && err != -EAGAIN) {
		give_up(j, j->told->waiting, err);
		j->gone = true;
	}
	if (err == -EAGAIN)
		move_up(j);
	else
		forget_queue(j);
	return err;
}

void journal__send(struct journal *j)
{
	if (!j || j->gone || (!waiting_bytes(j) && j->told->unwritten == j->told->unwritten_told))
		return;
	if (!send_waiting(j)) {
		tell_unwritten(j);
		send_waiting(j);
	}
}

int journal__fd(const struct journal *j)
{
	return j && waiting_bytes(j) ? j->how.fd : -1;
}

/* ---- frames ---- */

/* By two of its columns: most deaths do not matter, and need not be made into records again. */
static uint64_t bits_of(const struct frame_record *f)
{
	struct text rest = frame__columns(f);
	struct column c;
	uint64_t bits = f->zombie ? JOURNAL_ZOMBIES : 0;
	int64_t status = 0;
	int class = CAUSE_UNKNOWN;
	char word[32];

	for (unsigned int i = 0; i < nr_history_columns; i++) {
		/* what only the metrics take is in between */
		if (!history_columns[i].sent || !frame__next_column(&rest, &c))
			continue;
		if (history_columns[i].field == FIELD_exit_raw && c.kind == COLUMN_NUMBER)
			status = c.number;
		if (history_columns[i].field == FIELD_cause_class && c.kind == COLUMN_TEXT) {
			text__escape(word, sizeof(word), c.bytes);
			class = names__class_number(word);
		}
	}
	if (class == CAUSE_EXIT && !status)
		return bits | JOURNAL_EXIT_0;
	return bits | 1ULL << (class < 0 ? CAUSE_UNKNOWN : class);
}

static void on_entry(void *ctx, const char *data, size_t len)
{
	struct journal *j = ctx;

	buf__put(&j->entry, data, len);
}

static void on_record(void *ctx, const struct record *r)
{
	output__record(ctx, r);
}

static void take_record(struct journal *j, const struct frame_record *f)
{
	const struct text messages = frame__messages(f);
	int err;

	if (!(bits_of(f) & j->how.which))
		return;
	if (!has_room(j)) {
		give_up(j, 1, j->gone ? j->problem : -EAGAIN);
		return;
	}
	buf__reset(&j->entry);
	err = retell__get(j->how.start, sizeof(*j->how.start), messages.bytes, messages.len, on_record, j->output);
	output__flush(j->output);
	if (!err && !j->entry.len)
		err = -ENOMEM;
	if (err)
		give_up(j, 1, err);
	else
		put_entry(j, &j->entry);
}

static void take_lost(struct journal *j, const struct frame_lost *l)
{
	buf__reset(&j->entry);
	output_journal__lost(&j->entry, l);
	put_entry(j, &j->entry);
}

void journal__take(struct journal *j, const struct feed_frame *f)
{
	if (!j || (f->session == j->told->session && f->seq <= j->told->seq))
		return;
	j->told->session = f->session;
	j->told->seq = f->seq;
	if (f->kind == FRAME_RECORD)
		take_record(j, (const struct frame_record *)f);
	else if (f->kind == FRAME_LOST && ((const struct frame_lost *)f)->known)
		take_lost(j, (const struct frame_lost *)f);
	journal__send(j);
}

/* ---- opening, closing ---- */

struct journal *journal__open(const struct journal_how *how)
{
	struct journal *j = calloc(1, sizeof(*j));
	const struct output_options to = {
		.fd = -1, .args = true, .ops = &output_journal_ops, .sink = on_entry, .sink_ctx = j,
	};

	if (!j)
		return NULL;
	*j = (struct journal){ .how = *how, .told = how->told, .output = output__new(&to) };
	if (!j->output) {
		journal__close(j);
		return NULL;
	}
	output__begin(j->output, how->start);
	j->gone = how->fd < 0;
	if (j->gone)
		tell_problem(j, how->fd);
	/* the recorder before us had these in its memory */
	j->told->unwritten += j->told->waiting;
	j->told->waiting = 0;
	return j;
}

void journal__close(struct journal *j)
{
	struct pollfd p = { .events = POLLOUT };

	if (!j)
		return;
	journal__send(j);
	p.fd = j->how.fd;
	while (waiting_bytes(j) && poll(&p, 1, CLOSE_MS) > 0)
		journal__send(j);
	j->told->unwritten += j->told->waiting;
	if (j->told->unwritten)
		log__error("not written to the journal: %llu of %llu entries",
			   (unsigned long long)j->told->unwritten,
			   (unsigned long long)(j->told->written + j->told->unwritten));
	if (j->how.fd >= 0)
		close(j->how.fd);
	output__free(j->output);
	buf__free(&j->entry);
	buf__free(&j->queue);
	free(j);
}
