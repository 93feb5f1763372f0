/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * serve.c: takes checked options, keeps a tracer and a recorder running, gives the exit status. Does not look at a
 * single message or frame itself.
 *
 * Three processes. The supervisor attaches the kernel half, gives up all privileges, and forks the two others as often
 * as need be: they are the same user as it is then, so that takes none. It holds what is attached and the ring buffer:
 * a tracer that is killed takes no probe with it, and the next one reads on where that one was. The tracer reads the
 * ring and may do nothing but send to the recorder. The recorder may write the history's directory and nothing else.
 *
 * Both ends of the way between them are the supervisor's, too: what is in it survives both.
 */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "feed.h"
#include "kernel.h"
#include "log.h"
#include "loop.h"
#include "metrics_address.h"
#include "metrics_file.h"
#include "metrics_http.h"
#include "notify.h"
#include "privileges.h"
#include "recorder.h"
#include "sandbox.h"
#include "trace.h"
#include "urgency.h"

#define QUEUE_BYTES (32 << 20) /* some 10,000 deaths: seconds of a storm, an hour of a disk that is full */
#define BACKOFF_NS 100000000ULL /* until one that ended is started again; doubled each time, ... */
#define BACKOFF_MAX_NS 10000000000ULL
#define STEADY_NS 60000000000ULL /* ... and forgotten once it lived this long */
#define SETTLE_NS 5000000000ULL /* for the last deaths to get to the disk */
#define END_NS 10000000000ULL
#define SILENT_NS 60000000000ULL /* a process that gave no sign for so long hangs */
#define STATUS_NS 5000000000ULL
#define FILL_NS 1000000000ULL
#define SERVICE_USER "exittrace" /* of a package; else PRIVILEGES_USER */

struct serve;

struct child {
	const char *what;
	const char *comm; /* how ps shows it */
	int orphaned; /* the signal it gets then; 0: none, it finds out when nobody can send to it any more */
	int (*run)(struct serve *s);
	pid_t pid; /* 0: none */
	uint64_t began_ns, due_ns, backoff_ns;
	unsigned int lives;
};

struct serve {
	const struct options *options;
	struct source *source;
	struct et_start start;
	struct feed_shared *shared;
	struct privileges privileges;
	struct notify notify;
	struct child tracer, recorder;
	int dir_fd, signal_fd, pair[2]; /* the tracer's end, the recorder's */
	int metrics_dir, metrics_fd;	/* of --metrics-file, --metrics-listen; -1: none */
	uint64_t tell_due_ns;
	bool ready, stop, failed;
};

static bool shuts_in(const struct serve *s)
{
	return !s->options->no_drop && sandbox__is_possible();
}

static void close_metrics(struct serve *s)
{
	if (s->metrics_dir >= 0)
		close(s->metrics_dir);
	if (s->metrics_fd >= 0)
		close(s->metrics_fd);
}

/* ---- the tracer ---- */

static const struct sandbox_call sending[] = {
	{ .nr = SCMP_SYS(sendto) },
	{ .nr = SCMP_SYS(recvfrom) },
	{ .nr = SANDBOX_END },
};

/* The last deaths on their way to the disk; a recorder that cannot write is not waited for longer than that. */
static void settle(struct serve *s, struct feed *f)
{
	const uint64_t until = kernel__boot_ns() + SETTLE_NS;
	struct pollfd p = { .fd = s->pair[0], .events = POLLIN };

	for (feed__each(f); !feed__settled(f) && kernel__boot_ns() < until; feed__each(f))
		poll(&p, 1, 50);
}

static int watch(struct serve *s, struct feed *f, struct session *session, struct loop *loop)
{
	static const struct sandbox box = { .calls = { sandbox_memory, sandbox_streams, sandbox_watch, sending } };
	int err = loop__open(loop);

	if (!err && shuts_in(s))
		err = sandbox__enter(&box);
	if (err)
		return err;
	session__message(session, &s->start, sizeof(s->start));
	session__clock(session);
	if (s->tracer.lives == 1)
		source__snapshot(s->source, session__message, session);
	err = loop__run(loop);
	session__end(session);
	feed__end(f);
	settle(s, f);
	return err;
}

struct looks {
	struct serve *serve;
	struct feed *feed;
	uint64_t fill_due_ns; /* it reads a whole table */
};

static void each_look(void *ctx)
{
	struct looks *l = ctx;
	const uint64_t now = kernel__boot_ns();

	if (now >= l->fill_due_ns) {
		l->fill_due_ns = now + FILL_NS;
		l->serve->shared->fill = source__fill(l->serve->source, now);
	}
	feed__each(l->feed);
}

static int run_tracer(struct serve *s)
{
	const struct feed_how how = {
		.fd = s->pair[0], .max_bytes = QUEUE_BYTES, .start = &s->start, .shared = s->shared,
		.successor = s->tracer.lives > 1,
	};
	struct feed *f = feed__new(&how);
	struct looks looks = { .serve = s, .feed = f };
	struct session session;
	struct loop loop = {
		.options = s->options, .session = &session, .source = s->source, .counters = s->shared->told,
		.also_fd = s->pair[0], .each = each_look, .each_ctx = &looks,
	};
	struct session_sink sink;
	int err;

	source__leave_attached(s->source);
	close(s->pair[1]);
	close_metrics(s);
	if (!f)
		return 1;
	sink = feed__sink(f);
	err = session__open_with(&session, s->options, -1, NULL, &sink);
	if (err)
		return 1;
	session.told = s->shared->told;
	session.taken = &s->shared->taken;
	session.taken_before = s->shared->taken;
	feed__watch(f, &session);
	return watch(s, f, &session, &loop) ? 1 : 0;
}

/* ---- the recorder ---- */

static int run_recorder(struct serve *s)
{
	const struct recorder_how how = {
		.store = { .dir = s->options->state_dir, .keep_ns = s->options->keep_ns,
			   .keep_bytes = s->options->keep_bytes },
		.fd = s->pair[1],
		.dir_fd = s->dir_fd,
		.shut_in = shuts_in(s),
		.shared = s->shared,
		.metering = { .file = s->options->metrics_file, .file_dir = s->metrics_dir, .listen_fd = s->metrics_fd,
			      .comms = s->options->metrics_comms, .start_ns = s->start.real_ns,
			      .queue_limit = QUEUE_BYTES, .shared = s->shared },
		.journal = s->options->journal,
		.start = &s->start,
	};

	/* the ring and the counters are not its business */
	source__leave_attached(s->source);
	source__free(s->source);
	close(s->pair[0]);
	umask(s->options->for_group ? 0027 : 0077);
	return recorder__run(&how);
}

/* ---- children ---- */

/* A terminal's Ctrl-C is for the supervisor, which ends the others in order. */
static _Noreturn void be_child(struct serve *s, struct child *c, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, c->orphaned);
	if (getppid() != parent)
		_exit(1);
	setpgid(0, 0);
	prctl(PR_SET_NAME, c->comm, 0, 0, 0);
	close(s->signal_fd);
	if (s->notify.fd >= 0)
		close(s->notify.fd);
	if (s->options->ready_fd >= 0 && !s->ready)
		close(s->options->ready_fd);
	_exit(c->run(s));
}

static void start(struct serve *s, struct child *c)
{
	const pid_t parent = getpid();

	c->lives++;
	c->began_ns = kernel__boot_ns();
	c->pid = fork();
	if (!c->pid)
		be_child(s, c, parent);
	if (c->pid > 0)
		return;
	c->pid = 0;
	c->due_ns = c->began_ns + BACKOFF_MAX_NS;
	log__error("cannot start the %s: %s", c->what, strerror(errno));
}

static void tell_end(const struct child *c, int status)
{
	if (WIFSIGNALED(status))
		log__error("the %s was killed by signal %d; another one goes on", c->what, WTERMSIG(status));
	else
		log__error("the %s ended with status %d; another one goes on", c->what, WEXITSTATUS(status));
}

/* What ends well was told to, or is done. */
static void on_end(struct serve *s, struct child *c, int status)
{
	const uint64_t now = kernel__boot_ns();

	c->pid = 0;
	if (s->stop)
		return;
	if (WIFEXITED(status) && (!WEXITSTATUS(status) || WEXITSTATUS(status) == RECORDER_REFUSES)) {
		s->failed = WEXITSTATUS(status);
		s->stop = true;
		return;
	}
	tell_end(c, status);
	if (c == &s->tracer) /* what it was told of them is gone with it; soon enough for what the next one finds */
		source__tell_paths_again(s->source);
	c->backoff_ns = now - c->began_ns > STEADY_NS || !c->backoff_ns ? BACKOFF_NS : c->backoff_ns * 2;
	if (c->backoff_ns > BACKOFF_MAX_NS)
		c->backoff_ns = BACKOFF_MAX_NS;
	c->due_ns = now + c->backoff_ns;
}

static void reap(struct serve *s)
{
	struct child *const children[] = { &s->tracer, &s->recorder };
	int status;

	for (unsigned int i = 0; i < 2; i++)
		if (children[i]->pid && waitpid(children[i]->pid, &status, WNOHANG) == children[i]->pid)
			on_end(s, children[i], status);
}

static void start_due(struct serve *s, struct child *c)
{
	if (!c->pid && kernel__boot_ns() >= c->due_ns)
		start(s, c);
}

static void end_child(struct serve *s, struct child *c)
{
	const uint64_t until = kernel__boot_ns() + END_NS;

	if (c->pid)
		kill(c->pid, SIGTERM);
	while (c->pid && kernel__boot_ns() < until) {
		reap(s);
		usleep(5000);
	}
	if (!c->pid)
		return;
	log__error("the %s does not end, it is killed", c->what);
	kill(c->pid, SIGKILL);
	waitpid(c->pid, NULL, 0);
	c->pid = 0;
}

/* ---- signs of life ---- */

static bool is_silent(const struct child *c, uint64_t beat_ns, uint64_t now)
{
	const uint64_t since = beat_ns > c->began_ns ? beat_ns : c->began_ns;

	return now - since > SILENT_NS;
}

static void tell_ready(struct serve *s)
{
	if (s->ready || !s->shared->tracer_beat_ns || !s->shared->recorder_beat_ns)
		return;
	s->ready = true;
	if (s->options->ready_fd >= 0) {
		if (write(s->options->ready_fd, "\n", 1) != 1)
			log__error("--ready-fd %d: %s", s->options->ready_fd, strerror(errno));
		close(s->options->ready_fd);
	}
	notify__tell(&s->notify, "READY=1");
	log__note("ready, keeps a history in %s", s->options->state_dir);
}

static void tell_how_it_is(struct serve *s)
{
	const uint64_t now = kernel__boot_ns(), often = s->notify.watchdog_ns / 2;

	tell_ready(s);
	if (now < s->tell_due_ns)
		return;
	s->tell_due_ns = now + (often && often < STATUS_NS ? often : STATUS_NS);
	if (!is_silent(&s->tracer, s->shared->tracer_beat_ns, now) &&
	    !is_silent(&s->recorder, s->shared->recorder_beat_ns, now))
		notify__tell(&s->notify, "WATCHDOG=1\nSTATUS=%llu deaths seen since it was started",
			     (unsigned long long)s->shared->taken);
}

/* ---- the supervisor ---- */

static void read_signals(struct serve *s)
{
	struct signalfd_siginfo si;

	while (read(s->signal_fd, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGHUP && s->recorder.pid)
			kill(s->recorder.pid, SIGHUP);
		else if (si.ssi_signo != SIGCHLD && si.ssi_signo != SIGHUP)
			s->stop = true;
	}
}

static void supervise(struct serve *s)
{
	struct pollfd p = { .fd = s->signal_fd, .events = POLLIN };

	while (!s->stop) {
		start_due(s, &s->recorder);
		start_due(s, &s->tracer);
		tell_how_it_is(s);
		poll(&p, 1, s->ready ? 500 : 20);
		read_signals(s);
		reap(s);
	}
	notify__tell(&s->notify, "STOPPING=1");
	source__detach(s->source);
	end_child(s, &s->tracer);
	end_child(s, &s->recorder);
}

/* ---- what has to be there ---- */

static int refuse_dir(const struct serve *s, const char *why)
{
	log__error("--state-dir %s: %s", s->options->state_dir, why);
	return -EINVAL;
}

static int own(int fd, const struct stat *st, uid_t uid, gid_t gid, mode_t mode)
{
	if ((st->st_uid != uid || st->st_gid != gid) && fchown(fd, uid, gid))
		return -errno;
	return fchmod(fd, mode) ? -errno : 0;
}

static int own_dir(int fd, uid_t uid, gid_t gid, mode_t mode)
{
	struct stat st;

	return fstat(fd, &st) ? -errno : own(fd, &st, uid, gid, mode);
}

/* By a descriptor: who owns the directory may put a link to anybody's file in its place at any moment. */
static int own_file(int dir, const char *name, uid_t uid, gid_t gid, mode_t mode)
{
	const int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	int err;

	if (fd < 0)
		return errno == ENOENT ? 0 : errno == ENXIO ? -ELOOP : -errno; /* a socket is no file either */
	err = fstat(fd, &st) ? -errno : !S_ISREG(st.st_mode) || st.st_nlink != 1 ? -ELOOP :
	      own(fd, &st, uid, gid, mode);
	close(fd);
	return err;
}

/* Of the user who will write it; a group's, if one may read: what is made in it is that group's, too. */
static int own_all(struct serve *s)
{
	static const char *const names[] = { STORE_FILE, STORE_FILE "-wal", STORE_FILE "-shm" };
	const struct user me = { geteuid(), getegid() };
	const struct user *u = s->privileges.change ? &s->privileges.user : &me;
	const bool shared = s->options->for_group;
	const gid_t gid = shared ? s->options->group : u->gid;
	int err = own_dir(s->dir_fd, u->uid, gid, shared ? 02750 : 0700);

	for (unsigned int i = 0; !err && i < 3; i++)
		err = own_file(s->dir_fd, names[i], u->uid, gid, shared ? 0640 : 0600);
	if (!err)
		return 0;
	return refuse_dir(s, err == -ELOOP ? "there is a link, or no file, in place of the history" : strerror(-err));
}

/* Just bound by us, and by no other name. */
static bool is_our_socket(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISSOCK(st.st_mode) && st.st_nlink == 1 && st.st_uid == geteuid();
}

/*
 * For that user, and the group that may read the history, too. Its mode it has from umask(); and who owns the directory
 * may have put something else in its place by now, which is not given away.
 */
static int own_socket(const struct serve *s, const char *path)
{
	const struct user me = { geteuid(), getegid() };
	const struct user *u = s->privileges.change ? &s->privileges.user : &me;
	const gid_t gid = s->options->for_group ? s->options->group : u->gid;
	const int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int err = fd < 0 ? -errno : !is_our_socket(fd) ? -ELOOP :
		  fchownat(fd, "", u->uid, gid, AT_EMPTY_PATH) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	if (err)
		log__error("--metrics-listen unix:%s: %s", text__shown(path).s,
			   err == -ELOOP ? "in place of the socket is something else" : strerror(-err));
	return err;
}

static int open_dir(struct serve *s)
{
	const char *path = s->options->state_dir;

	if (*path != '/')
		return refuse_dir(s, "give an absolute path");
	if (mkdir(path, 0700) && errno != EEXIST)
		return refuse_dir(s, strerror(errno));
	s->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->dir_fd < 0)
		return refuse_dir(s, strerror(errno));
	if (flock(s->dir_fd, LOCK_EX | LOCK_NB))
		return refuse_dir(s, "another exittrace serve writes there");
	return own_all(s);
}

static int open_pair(struct serve *s)
{
	const int room = 1 << 20; /* or as much as the kernel gives */

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s->pair))
		return -errno;
	setsockopt(s->pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	s->shared = mmap(NULL, sizeof(*s->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return s->shared == MAP_FAILED ? -errno : 0;
}

static int open_signals(struct serve *s)
{
	sigset_t set;

	sigemptyset(&set);
	for (unsigned int i = 0; i < 5; i++)
		sigaddset(&set, (const int[]){ SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGCHLD }[i]);
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signal_fd < 0 ? -errno : 0;
}

static int open_metrics_socket(struct serve *s)
{
	const struct options *o = s->options;
	const struct metrics_address *a = &o->metrics_address;
	mode_t mask;
	int fd;

	if (!metrics_http__is_possible()) {
		log__error("--metrics-listen: this is a static program, which cannot; --metrics-file can");
		return -EINVAL;
	}
	mask = umask(o->for_group ? 0117 : 0177);
	fd = metrics_address__listen(a);
	umask(mask);
	if (fd < 0) {
		log__error("--metrics-listen %s: %s", text__shown(o->metrics_listen).s, strerror(-fd));
		return fd;
	}
	s->metrics_fd = fd;
	return a->any.sa_family == AF_UNIX ? own_socket(s, a->un.sun_path) : 0;
}

static int open_metrics(struct serve *s)
{
	const char *file = s->options->metrics_file;
	int err = file ? metrics_file__open_dir(file, &s->metrics_dir) : 0;

	if (err == -EINVAL)
		log__error("--metrics-file %s: give the absolute path of a file", text__shown(file).s);
	else if (err)
		log__error("--metrics-file %s: %s", text__shown(file).s, strerror(-err));
	return err || !s->options->metrics_listen ? err : open_metrics_socket(s);
}

/* By who is going to write it, so that it is told now. */
static int check_metrics_dir(const struct serve *s)
{
	if (s->metrics_dir < 0 || !faccessat(s->metrics_dir, ".", W_OK | X_OK, 0))
		return 0;
	log__error("--metrics-file %s: user %u may not make files in that directory: %s",
		   text__shown(s->options->metrics_file).s, (unsigned int)geteuid(), strerror(errno));
	return -EACCES;
}

static int settle_privileges(struct serve *s)
{
	const struct options *o = s->options;
	struct user u;
	const struct user *wanted = o->by_other ? &o->run_as : privileges__find_user(SERVICE_USER, &u) ? &u : NULL;

	if (!shuts_in(s))
		return 0;
	/* one that was started as another user stays it */
	return privileges__settle(&s->privileges, o->by_other || !geteuid() ? wanted : NULL);
}

static int prepare(struct serve *s)
{
	int err = s->options->journal ? journal__try() : 0;

	if (!err)
		err = loop__block_signals();
	return err ? err : settle_privileges(s);
}

/* Only once it is sure that there will be something to keep. */
static int open_all(struct serve *s)
{
	int err = open_dir(s);

	if (!err)
		err = open_pair(s);
	if (!err)
		err = open_metrics(s);
	return err ? err : open_signals(s);
}

/* By who will have to: SQLite would only say that it cannot open the file. */
static int try_way(const struct serve *s)
{
	const char *path = s->options->state_dir, *end = path;
	char way[PATH_MAX];

	do {
		end = strchrnul(end + 1, '/');
		snprintf(way, sizeof(way), "%.*s", (int)(end - path), path);
		if (faccessat(AT_FDCWD, way, X_OK, AT_EACCESS)) {
			log__error("--state-dir %s: user id %u, who writes the history, may not enter %s: %s "
				   "(chmod o+x, or another user by --run-as)", path, geteuid(), way, strerror(errno));
			return -EACCES;
		}
	} while (*end);
	return 0;
}

static int drop(struct serve *s)
{
	int err;

	source__start(s->source, &s->start);
	source__open_snapshot(s->source);
	urgency__raise_family();
	err = shuts_in(s) ? privileges__drop(&s->privileges) : 0;
	return err ? err : try_way(s);
}

int serve__run(const struct options *o)
{
	struct serve s = {
		.options = o,
		.tracer = { .what = "tracer", .comm = "exittrace-watch", .run = run_tracer, .orphaned = SIGTERM },
		.recorder = { .what = "recorder", .comm = "exittrace-keep", .run = run_recorder },
		.metrics_dir = -1, .metrics_fd = -1,
	};
	int status;

	notify__open(&s.notify);
	if (prepare(&s))
		return STATUS_ERROR;
	status = trace__attach(o, &s.source);
	if (status)
		return status;
	if (open_all(&s))
		status = STATUS_ERROR;
	else if (drop(&s) || check_metrics_dir(&s))
		status = STATUS_DENIED;
	else
		supervise(&s);
	source__free(s.source);
	return s.failed ? STATUS_ERROR : status;
}
