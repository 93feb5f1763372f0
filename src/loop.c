/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * loop.c: takes a session and its source, moves messages from one to the other until a
 * signal, the clock, --count or the end of all targets says stop. Does not print.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "kernel.h"
#include "log.h"
#include "loop.h"

/*
 * The kernel half wakes us at most every 20 ms (ET_WAKE_NS) and counts on us to look by
 * ourselves for a while after each wake-up.
 */
#define LOOK_MS 20
#define LOOKS 3
#define EXITS_NS 1000000000ULL
#define PATHS_NS 1000000000ULL
#define GRACE_NS 300000000ULL /* targets are gone, their last messages may be on the way */

enum { ON_RING, ON_SIGNAL, ON_TIMER, ON_ALSO };

static struct {
	sigset_t mask;
	void (*pipe)(int), (*fsize)(int);
} given;

/* By nohup(1). What is blocked comes nevertheless. A shell's "&" ignores SIGINT and SIGQUIT: those do end us. */
static bool hangups_are_ignored(void)
{
	struct sigaction now;

	return !sigaction(SIGHUP, NULL, &now) && now.sa_handler == SIG_IGN;
}

static void fill_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	if (!hangups_are_ignored())
		sigaddset(set, SIGHUP);
	sigaddset(set, SIGQUIT);
	sigaddset(set, SIGCHLD);
}

int loop__block_signals(void)
{
	sigset_t set;

	given.pipe = signal(SIGPIPE, SIG_IGN); /* a closed output is an error of write() */
	given.fsize = signal(SIGXFSZ, SIG_IGN);
	fill_signals(&set);
	return sigprocmask(SIG_BLOCK, &set, &given.mask) ? -errno : 0;
}

void loop__restore_signals(void)
{
	signal(SIGPIPE, given.pipe);
	signal(SIGXFSZ, given.fsize);
	sigprocmask(SIG_SETMASK, &given.mask, NULL);
}

bool loop__asked_to_stop(unsigned int ms)
{
	const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	sigset_t set;

	fill_signals(&set);
	sigdelset(&set, SIGCHLD);
	return sigtimedwait(&set, NULL, &time) > 0;
}

static int watch(struct loop *l, int fd, int what, unsigned int how)
{
	struct epoll_event ev = { .events = EPOLLIN | how, .data.u32 = what };

	return epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

static void arm_timer(struct loop *l)
{
	uint64_t ns = l->options->duration_ns;
	struct itimerspec it = { .it_value = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 } };

	if (ns)
		timerfd_settime(l->timer_fd, 0, &it, NULL);
}

static int open_fds(struct loop *l)
{
	sigset_t set;
	int err;

	fill_signals(&set);
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	l->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	l->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (l->epoll_fd < 0 || l->signal_fd < 0 || l->timer_fd < 0)
		return -errno;
	arm_timer(l);
	/* Only when we are woken: in a storm there is something in the ring whenever we look. */
	err = watch(l, source__fd(l->source), ON_RING, EPOLLET);
	if (!err && l->also_fd)
		err = watch(l, l->also_fd, ON_ALSO, EPOLLOUT | EPOLLET);
	if (!err)
		err = watch(l, l->signal_fd, ON_SIGNAL, 0);
	return err ? err : watch(l, l->timer_fd, ON_TIMER, 0);
}

/*
 * With a command, Ctrl-C reaches it as well, being in our process group: we wait for its
 * end. What was sent to us alone is passed on. Asked twice, we go.
 */
static void on_stop_signal(struct loop *l, int sig)
{
	bool running = l->command && !command__reap(l->command);

	if (!running || ++l->signals > 1) {
		l->stop = true;
		return;
	}
	if ((sig == SIGTERM || sig == SIGHUP) && command__signal(l->command, sig))
		log__error("cannot pass signal %d on to the command: the process for it is gone", sig);
}

static void read_signals(struct loop *l)
{
	struct signalfd_siginfo si;

	while (read(l->signal_fd, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo != SIGCHLD)
			on_stop_signal(l, si.ssi_signo);
		else if (l->command)
			command__reap(l->command);
	}
}

static bool targets_gone(const struct loop *l)
{
	const struct session *s = l->session;

	if (l->command && !l->command->reaped)
		return false;
	if (!l->command && !s->nr_targets)
		return false;
	for (unsigned int i = 0; i < s->nr_targets; i++)
		if (!target__gone(&s->targets[i]))
			return false;
	return true;
}

/*
 * Over when every pinned process has been reaped and its record is out. A record may be
 * filtered or lost, so the wait for it ends.
 */
static void check_over(struct loop *l)
{
	const struct session *s = l->session;
	uint64_t now = kernel__boot_ns();

	if (!targets_gone(l))
		return;
	if (!l->over_ns)
		l->over_ns = now;
	if (now - l->over_ns >= GRACE_NS || (s->nr_targets && s->targets_seen >= s->nr_targets && !l->options->follow &&
					     !l->options->tree))
		l->stop = true;
}

static void pass_counters(struct loop *l)
{
	struct et_counters now = source__counters(l->source);

	if (!output__any_lost(&l->counters, &now))
		return;
	l->counters = now;
	session__counters(l->session, now);
}

/* An exit that hangs says nothing: it is looked for, a few times within the time it may take. */
static void look_at_exits(struct loop *l)
{
	uint64_t after = l->options->dying_after_ns, now = kernel__boot_ns();

	if (!after || now < l->exits_due_ns)
		return;
	source__look_at_exits(l->source, now, session__message, l->session);
	l->exits_due_ns = now + (after > 4 * EXITS_NS ? EXITS_NS : after / 4);
}

/* The kernel half tells the path of a cgroup once, and here not all of them can be kept. */
static void ask_for_paths(struct loop *l)
{
	const uint64_t missed = assembler__paths_missed(l->session->assembler), now = kernel__boot_ns();

	if (missed == l->paths_missed || now < l->paths_due_ns)
		return;
	l->paths_missed = missed;
	l->paths_due_ns = now + PATHS_NS;
	source__tell_paths_again(l->source);
}

static int look(struct loop *l)
{
	int n;

	pass_counters(l); /* before the clock, which dates what was lost */
	session__clock(l->session);
	n = source__read(l->source, session__message, l->session);
	ask_for_paths(l);
	look_at_exits(l);
	output__flush(l->session->output);
	if (l->each)
		l->each(l->each_ctx);
	if (l->session->output->error || session__full(l->session))
		l->stop = true;
	l->more = n == SOURCE_READ_MAX;
	l->idle = n > 0 ? 0 : l->idle + 1;
	return n < 0 ? n : 0;
}

static uint64_t earliest(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int timeout_ms(const struct loop *l)
{
	uint64_t due = assembler__next_due(l->session->assembler), now = kernel__boot_ns();
	bool targets = l->command || l->session->nr_targets;
	int limit = l->more ? 0 : l->idle < LOOKS || l->over_ns ? LOOK_MS : targets ? 200 : l->each ? 1000 : -1;

	if (l->options->dying_after_ns)
		due = earliest(due, l->exits_due_ns);
	due = earliest(due, session__next_tick(l->session));
	if (due == UINT64_MAX)
		return limit;
	due = due > now ? (due - now) / 1000000 + 1 : 0;
	if (due > 1000000)
		due = 1000000;
	return limit >= 0 && (uint64_t)limit < due ? limit : (int)due;
}

static int wait_for_something(struct loop *l, int timeout)
{
	struct epoll_event ev[4];
	int n = epoll_wait(l->epoll_fd, ev, 4, timeout);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		if (ev[i].data.u32 == ON_SIGNAL)
			read_signals(l);
		else if (ev[i].data.u32 == ON_TIMER)
			l->stop = true;
	}
	return 0;
}

/* The output's question while its reader lets it wait. */
static bool asked_to_stop(void *ctx)
{
	struct loop *l = ctx;

	wait_for_something(l, 0);
	return l->stop;
}

/* Nothing new after this; what is in the ring still counts, and then the numbers agree. */
static void finish(struct loop *l)
{
	struct et_clock end = { .h = { .kind = ET_END, .size = sizeof(end) } };

	source__detach(l->source);
	while (source__read(l->source, session__message, l->session) == SOURCE_READ_MAX)
		;
	session__counters(l->session, source__counters(l->source));
	end.boot_ns = kernel__boot_ns();
	end.real_ns = kernel__real_ns();
	session__message(l->session, &end, sizeof(end));
}

static int refuse(int err)
{
	log__error("waiting for events: %s", strerror(-err));
	return err;
}

int loop__open(struct loop *l)
{
	int err = open_fds(l);

	return err ? refuse(err) : 0;
}

int loop__run(struct loop *l)
{
	int err = 0;

	l->session->output->opt.stop = asked_to_stop;
	l->session->output->opt.stop_ctx = l;
	while (!err && !l->stop) {
		err = wait_for_something(l, timeout_ms(l));
		if (!err)
			err = look(l);
		check_over(l);
	}
	if (err)
		refuse(err);
	finish(l);
	output__flush(l->session->output);
	l->session->output->opt.stop = NULL;
	close(l->epoll_fd);
	close(l->signal_fd);
	close(l->timer_fd);
	return err;
}
