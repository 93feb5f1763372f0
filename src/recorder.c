/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * recorder.c: takes frames from the tracer, puts them into the history, says which are on the disk. Does not trust
 * them, reaches nothing but the history's directory, and never lets the tracer wait.
 */
#include "recorder.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel.h"
#include "log.h"
#include "sandbox.h"

#define COMMIT_NS 1000000000ULL	/* a transaction lasts this long at most: what is asked is at most this old */
#define COMMIT_FRAMES 20000
#define KEEP_NS 5000000000ULL
#define KEEP_STEP_FRAMES 2000 /* in a storm, old ones go as new ones come */
#define RETRY_NS 1000000000ULL
#define IDLE_NS 30000000000ULL

struct recorder {
	const struct recorder_how *how;
	struct store *store; /* NULL: could not be opened, is tried again */
	struct metering *metering; /* NULL: none */
	struct journal *journal; /* NULL: nothing is written there */
	int signal_fd;
	bool stop, reopen, gone;
	unsigned int frames;	  /* in this transaction, ... */
	uint64_t bytes;		  /* ... and of how many bytes */
	unsigned int since_keep;
	uint64_t bytes_since_keep;
	uint64_t began_ns;	  /* the transaction; 0: there is none */
	uint64_t keep_due_ns, idle_since_ns, retry_due_ns;
	uint64_t asked_session, asked_seq, asked_ns; /* what was asked for again */
	int error;		  /* that was told last */
	uint64_t malformed;
	_Alignas(8) char packet[FRAME_MAX];
};

/* ---- what the tracer is told ---- */

static void send_reply(struct recorder *r, struct reply reply)
{
	/* It may have no room when the tracer is stopped; the next one says the same and more. */
	send(r->how->fd, &reply, sizeof(reply), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Once for each gap: what is on its way meanwhile does not fit either. */
static void ask_again(struct recorder *r)
{
	struct reply reply = r->store ? store__reply(r->store) : (struct reply){ 0 };
	const uint64_t now = kernel__boot_ns();

	if (reply.session == r->asked_session && reply.seq == r->asked_seq && now - r->asked_ns < RETRY_NS)
		return;
	r->asked_session = reply.session;
	r->asked_seq = reply.seq;
	r->asked_ns = now;
	reply.kind = REPLY_AGAIN;
	send_reply(r, reply);
}

/* ---- when it does not work ---- */

static const char *problem(int err)
{
	switch (err) {
	case -ENOSPC:
		return "no room on the disk; deaths wait in memory, and are counted when there are too many";
	case -EPROTONOSUPPORT:
		return "made by a newer exittrace; start that one, or move the file away";
	case -EACCES:
		return "may not be written by this user";
	default:
		return strerror(-err);
	}
}

/* Once, until something else happens. */
static void tell_problem(struct recorder *r, int err)
{
	if (err == r->error)
		return;
	r->error = err;
	log__error("%s/history.db: %s%s%s", r->how->store.dir, problem(err), r->store && err == -EIO ? ": " : "",
		   r->store && err == -EIO ? store__message(r->store) : "");
}

static void move_aside(struct recorder *r)
{
	char name[STORE_NAME];
	int err;

	store__close(r->store);
	r->store = NULL;
	err = store__move_aside(r->how->store.dir, name);
	if (err)
		log__error("%s/history.db is damaged and cannot be renamed: %s", r->how->store.dir, strerror(-err));
	else
		log__error("%s/history.db was damaged; it is now %s, and a new history is begun", r->how->store.dir,
			   name);
}

static int open_store(struct recorder *r)
{
	int err = store__open(&r->how->store, &r->store);

	if (err == -EBADMSG) {
		move_aside(r);
		err = store__open(&r->how->store, &r->store);
	}
	if (err)
		tell_problem(r, err);
	else
		r->error = 0;
	return err;
}

/* What was in the transaction comes again. */
static void give_up_transaction(struct recorder *r, int err)
{
	metering__forget(r->metering);
	if (err == -EBADMSG) {
		move_aside(r);
		open_store(r);
	} else {
		store__rollback(r->store);
		tell_problem(r, err);
	}
	r->began_ns = 0;
	r->frames = 0;
	r->bytes = 0;
	r->retry_due_ns = kernel__boot_ns() + RETRY_NS;
	r->asked_ns = 0;
}

/* ---- frames ---- */

static void commit(struct recorder *r)
{
	int err;

	if (!r->began_ns)
		return;
	err = store__commit(r->store);
	if (err) {
		give_up_transaction(r, err);
		return;
	}
	if (r->error)
		log__note("%s/history.db: written again", r->how->store.dir);
	r->error = 0;
	r->began_ns = 0;
	r->frames = 0;
	r->bytes = 0;
	metering__keep(r->metering);
	send_reply(r, store__reply(r->store));
}

/* 0: goes on with the next. */
static int take_frame(struct recorder *r, const struct feed_frame *f)
{
	int err = store__put(r->store, f);

	if (!err || err == -EALREADY)
		journal__take(r->journal, f);
	if (!r->began_ns)
		r->began_ns = kernel__boot_ns();
	if (!err) {
		r->frames++;
		r->bytes += f->size;
		r->since_keep++;
		r->bytes_since_keep += f->size;
		metering__take(r->metering, f, r->store);
	} else if (err == -ENOENT) {
		ask_again(r);
	} else if (err != -EALREADY) {
		give_up_transaction(r, err);
	}
	return err == -EALREADY ? 0 : err;
}

/* Ours would never send such; without its place in the row nothing behind it could be kept, either. */
static void refuse_packet(struct recorder *r)
{
	if (!r->malformed++)
		log__error("the recorder was sent what is no frame (please report it)");
}

static void take_packet(struct recorder *r, size_t len)
{
	for (size_t at = 0; at < len;) {
		const struct feed_frame *f = (const struct feed_frame *)(r->packet + at);

		if (len - at < sizeof(*f) || f->size > len - at || frame__check(f, f->size)) {
			refuse_packet(r);
			return;
		}
		if (take_frame(r, f))
			return;
		at += f->size;
	}
}

static bool read_packet(struct recorder *r)
{
	ssize_t n = recv(r->how->fd, r->packet, sizeof(r->packet), MSG_DONTWAIT);

	if (n > 0)
		take_packet(r, (size_t)n);
	else if (!n || (errno != EAGAIN && errno != EINTR))
		r->gone = true;
	return n > 0;
}

static bool may_write(struct recorder *r)
{
	if (kernel__boot_ns() < r->retry_due_ns)
		return false;
	if (!r->store && open_store(r)) {
		r->retry_due_ns = kernel__boot_ns() + RETRY_NS;
		return false;
	}
	if (r->retry_due_ns) {
		r->retry_due_ns = 0;
		ask_again(r);
	}
	return true;
}

static bool is_due(const struct recorder *r, uint64_t now)
{
	return r->began_ns && (now - r->began_ns >= COMMIT_NS || r->frames >= COMMIT_FRAMES ||
			       r->bytes >= store__step_bytes(&r->how->store));
}

static void read_packets(struct recorder *r)
{
	while (!r->retry_due_ns && r->store && read_packet(r))
		if (is_due(r, kernel__boot_ns()))
			break;
}

/* ---- the rest of the time ---- */

static bool is_keep_due(const struct recorder *r, uint64_t now)
{
	return now >= r->keep_due_ns || r->since_keep >= KEEP_STEP_FRAMES ||
	       r->bytes_since_keep >= store__step_bytes(&r->how->store);
}

/* As much as came goes, however long that takes: meanwhile the queue fills, and what it has no room for is counted. */
static void keep(struct recorder *r, uint64_t now)
{
	struct feed_shared *shared = r->how->shared;
	uint64_t age_ns;
	int err;

	if (!r->store || r->began_ns || !is_keep_due(r, now))
		return;
	age_ns = store__clock(&shared->clock, kernel__boot_ns(), kernel__real_ns(), r->how->store.keep_ns);
	do {
		err = store__keep(r->store, age_ns);
		shared->recorder_beat_ns = kernel__boot_ns();
	} while (err == STORE_KEEP_ON);
	r->since_keep = 0;
	r->bytes_since_keep = 0;
	r->keep_due_ns = err == STORE_KEEP_LATER ? now : now + KEEP_NS;
	if (err < 0)
		give_up_transaction(r, err);
}

static void rest(struct recorder *r, uint64_t now)
{
	if (r->frames) {
		r->idle_since_ns = 0;
	} else if (!r->idle_since_ns) {
		r->idle_since_ns = now;
	} else if (r->store && r->idle_since_ns != UINT64_MAX && now - r->idle_since_ns > IDLE_NS) {
		store__checkpoint(r->store);
		r->idle_since_ns = UINT64_MAX;
	}
}

static void read_signals(struct recorder *r)
{
	struct signalfd_siginfo si;

	while (read(r->signal_fd, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGTERM)
			r->stop = true;
		else if (si.ssi_signo == SIGHUP)
			r->reopen = true;
	}
}

static void reopen(struct recorder *r)
{
	r->reopen = false;
	if (r->store)
		commit(r);
	store__close(r->store);
	r->store = NULL;
	r->retry_due_ns = 0;
	if (!open_store(r))
		r->asked_ns = 0;
}

static int timeout_ms(const struct recorder *r, uint64_t now)
{
	const uint64_t due = r->retry_due_ns ? r->retry_due_ns : r->began_ns ? r->began_ns + COMMIT_NS : r->keep_due_ns;

	return due <= now ? 0 : (int)((due - now) / 1000000) + 1;
}

static void wait_for_something(struct recorder *r)
{
	struct pollfd p[4] = {
		{ .fd = r->signal_fd, .events = POLLIN },
		/* while nothing can be written the frames stay where they are counted */
		{ .fd = r->retry_due_ns ? -1 : r->how->fd, .events = POLLIN },
		{ .fd = metering__fd(r->metering), .events = POLLIN },
		{ .fd = journal__fd(r->journal), .events = POLLOUT },
	};
	int timeout = timeout_ms(r, kernel__boot_ns());

	poll(p, 4, timeout < 1000 ? timeout : 1000);
	if (p[0].revents)
		read_signals(r);
}

static void look(struct recorder *r)
{
	const uint64_t now = kernel__boot_ns();

	r->how->shared->recorder_beat_ns = now;
	if (r->reopen)
		reopen(r);
	if (may_write(r))
		read_packets(r);
	if (is_due(r, kernel__boot_ns()))
		commit(r);
	keep(r, now);
	rest(r, now);
	metering__each(r->metering, r->store, r->store && !r->retry_due_ns);
	journal__send(r->journal);
}

/* What is in the socket was sent by a tracer that may be gone. */
static void finish(struct recorder *r)
{
	if (!r->store)
		return;
	r->retry_due_ns = 0;
	r->gone = false;
	while (!r->gone && read_packet(r) && !r->retry_due_ns)
		if (is_due(r, kernel__boot_ns()))
			commit(r);
	commit(r);
	store__checkpoint(r->store);
}

/* ---- the process ---- */

#define CALL(name) { .nr = SCMP_SYS(name) }

/* What SQLite does with files, in its one directory (Landlock); and what newer C libraries use instead. */
static const struct sandbox_call files[] = {
	CALL(open), CALL(openat), CALL(stat), CALL(lstat), CALL(newfstatat), CALL(statx), CALL(access), CALL(faccessat),
	CALL(faccessat2), CALL(readlink), CALL(readlinkat), CALL(getcwd), CALL(lseek), CALL(pwrite64), CALL(fsync),
	CALL(fdatasync), CALL(ftruncate), CALL(fallocate), CALL(fcntl), CALL(unlink), CALL(unlinkat), CALL(rename),
	CALL(renameat), CALL(renameat2), CALL(fchmod), CALL(fchown), CALL(geteuid), CALL(getuid), CALL(umask),
	CALL(sendto), CALL(recvfrom), CALL(nanosleep), CALL(clock_nanosleep), CALL(signalfd4), CALL(sysinfo),
	/* the file that readers and the writer share */
	{ SCMP_SYS(mmap), 1, { { .arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC, .datum_b = 0 } } },
	{ .nr = SANDBOX_END },
};

static int open_signals(struct recorder *r)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	r->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return r->signal_fd < 0 ? -errno : 0;
}

static int open_journal(struct recorder *r)
{
	const struct recorder_how *how = r->how;

	if (!how->journal)
		return 0;
	r->journal = journal__open(&(struct journal_how){
		.which = how->journal, .fd = journal__connect(), .start = how->start, .told = &how->shared->journal,
	});
	return r->journal ? 0 : -ENOMEM;
}

int recorder__run(const struct recorder_how *how)
{
	static struct recorder r;
	struct sandbox box = {
		.calls = { sandbox_memory, sandbox_streams, files,
			   how->metering.listen_fd >= 0 ? metering_calls : NULL },
		.has_dir = true, .dir = how->dir_fd, .has_outbox = how->metering.file, .outbox = how->metering.file_dir,
	};
	int err;

	r.how = how;
	err = open_signals(&r);
	if (!err)
		err = metering__new(&how->metering, &r.metering);
	if (!err && open_journal(&r))
		return 1;
	if (!err && how->shut_in)
		err = sandbox__enter(&box);
	if (err)
		return RECORDER_REFUSES;
	err = open_store(&r);
	if (err == -EPROTONOSUPPORT || err == -EACCES)
		return RECORDER_REFUSES;
	ask_again(&r);
	while (!r.stop && !r.gone) {
		wait_for_something(&r);
		look(&r);
	}
	finish(&r);
	metering__free(r.metering, r.store);
	journal__close(r.journal);
	store__close(r.store);
	return 0;
}
