/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes what the recorder puts into the history, gives it to a file and to who asks. Does not count itself, and never
 * keeps the recorder from its work.
 */
#include "metering.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "log.h"
#include "metrics.h"
#include "metrics_file.h"
#include "metrics_http.h"

#define FILE_NS 10000000000ULL

struct metering {
	struct metering_how how;
	struct metrics *metrics;
	struct metrics_http *http; /* NULL: nobody may ask */
	struct buf text;	   /* of the file */
	uint64_t file_due_ns;
	int error; /* that was told last */
	const struct store *store;
	bool writable;
};

#define CALL(name) { .nr = SCMP_SYS(name) }
#define OPTION(level) { SCMP_SYS(setsockopt), 1, { { .arg = 1, .op = SCMP_CMP_EQ, .datum_a = (level) } } }

const struct sandbox_call metering_calls[] = {
	CALL(accept4), CALL(epoll_ctl), CALL(shutdown), CALL(sendmsg), OPTION(IPPROTO_TCP), { .nr = SANDBOX_END },
};

static void page(void *metering, struct buf *b)
{
	const struct metering *m = metering;
	const struct feed_shared *shared = m->how.shared;
	const uint64_t since = shared->waiting_since_ns, boot = kernel__boot_ns();
	const struct metrics_now now = {
		.start_ns = m->how.start_ns, .heard_ns = shared->heard_ns,
		.taken = shared->taken, .filtered = shared->filtered, .waiting = shared->waiting,
		.oldest_ns = since && boot > since ? boot - since : 0,
		.queue_bytes = shared->queue_bytes, .queue_limit = m->how.queue_limit,
		.history_bytes = m->store ? store__bytes(m->store) : 0, .writable = m->writable,
		.lost = shared->told, .fill = shared->fill,
	};

	metrics__put(m->metrics, &now, b);
}

int metering__new(const struct metering_how *how, struct metering **out)
{
	struct metering *m;

	*out = NULL;
	if (!how->file && how->listen_fd < 0)
		return 0;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->how = *how;
	m->metrics = metrics__new(how->comms);
	if (m->metrics && how->listen_fd >= 0)
		m->http = metrics_http__new(how->listen_fd, page, m);
	if (m->metrics && (m->http || how->listen_fd < 0)) {
		*out = m;
		return 0;
	}
	m->how.file = NULL;
	metering__free(m, NULL);
	return -EIO;
}

static void write_file(struct metering *m)
{
	int err;

	buf__reset(&m->text);
	page(m, &m->text);
	err = m->text.failed ? -ENOMEM :
			       metrics_file__write(m->how.file_dir, metrics_file__name(m->how.file), &m->text);
	if (err && err != m->error)
		log__error("--metrics-file %s: %s", text__shown(m->how.file).s, strerror(-err));
	m->error = err;
}

void metering__free(struct metering *m, const struct store *s)
{
	if (!m)
		return;
	m->store = s;
	if (m->how.file)
		write_file(m);
	metrics_http__free(m->http);
	metrics__free(m->metrics);
	buf__free(&m->text);
	free(m);
}

void metering__take(struct metering *m, const struct feed_frame *f, const struct store *s)
{
	if (m)
		metrics__take(m->metrics, f, store__added(s));
}

void metering__keep(struct metering *m)
{
	if (m)
		metrics__keep(m->metrics);
}

void metering__forget(struct metering *m)
{
	if (m)
		metrics__forget(m->metrics);
}

int metering__fd(const struct metering *m)
{
	return m && m->http ? metrics_http__fd(m->http) : -1;
}

void metering__each(struct metering *m, const struct store *s, bool writable)
{
	const uint64_t now = kernel__boot_ns();

	if (!m)
		return;
	m->store = s;
	m->writable = writable;
	if (m->http)
		metrics_http__run(m->http);
	if (!m->how.file || now < m->file_due_ns)
		return;
	write_file(m);
	m->file_due_ns = now + FILE_NS;
}
