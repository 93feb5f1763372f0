/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a function, runs it in a process that has given up what it could do harm with. Does not know what it is for.
 */
#include "unprivileged.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "array.h"
#include "privileges.h"

#define NOBODY 65534 /* not by name: its own /etc/passwd may lack one */
#define MEMORY_MAX (2ULL << 30) /* addresses: files of debug information are mapped whole */
#define FILES_MAX 128
#define STRICT_SECONDS 5

static bool limit_one(int what, rlim_t max)
{
	struct rlimit now;

	if (getrlimit(what, &now))
		return false;
	now.rlim_max = now.rlim_max < max ? now.rlim_max : max;
	now.rlim_cur = now.rlim_max;
	return !setrlimit(what, &now);
}

/*
 * Everything a parser that was taken over could use up, but for processor time unless it is strict: its parent does not
 * wait for long.
 */
static bool limit(bool strict)
{
	static const struct {
		int what;
		rlim_t max;
	} limits[] = {
		{ RLIMIT_FSIZE, 0 }, { RLIMIT_NPROC, 0 }, { RLIMIT_AS, MEMORY_MAX }, { RLIMIT_NOFILE, FILES_MAX },
		{ RLIMIT_MEMLOCK, 0 }, { RLIMIT_MSGQUEUE, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (!limit_one(limits[i].what, limits[i].max))
			return false;
	return !strict || (limit_one(RLIMIT_CPU, STRICT_SECONDS) && limit_one(RLIMIT_NOFILE, 0));
}

/*
 * What a parser has no use for, and who took it over would: to reach other processes, of which some are the same
 * user's, the network, or other programs. A list of what it may do would hang on how libraries read files.
 */
static bool forbid(void)
{
	static const int calls[] = {
		SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(tgkill), SCMP_SYS(rt_sigqueueinfo),
		SCMP_SYS(rt_tgsigqueueinfo), SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_send_signal), SCMP_SYS(pidfd_getfd),
		SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(socket),
		SCMP_SYS(connect), SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
		SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(io_uring_setup),
		SCMP_SYS(userfaultfd), SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(unshare), SCMP_SYS(setns),
		SCMP_SYS(mount), SCMP_SYS(fsopen), SCMP_SYS(prlimit64), SCMP_SYS(setpriority),
	};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int err = filter ? seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) : -ENOMEM;

	for (size_t i = 0; !err && i < ARRAY_SIZE(calls); i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 0);
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return !err;
}

static bool drop(bool strict)
{
	const struct user nobody = { NOBODY, NOBODY };
	struct privileges p;

	return limit(strict) && !privileges__leave_root(&p, &nobody) && !privileges__drop(&p);
}

static bool is_kept(int fd, const struct unprivileged *u)
{
	for (size_t i = 0; i < u->nr_also; i++)
		if (u->also[i] == fd)
			return true;
	return fd == u->keep || (fd == STDERR_FILENO && !u->strict);
}

static int highest(const struct unprivileged *u)
{
	int fd = u->keep > STDERR_FILENO ? u->keep : STDERR_FILENO;

	for (size_t i = 0; i < u->nr_also; i++)
		fd = u->also[i] > fd ? u->also[i] : fd;
	return fd;
}

static void close_others(const struct unprivileged *u)
{
	const int last = highest(u);
	struct rlimit files;
	int fd;

	for (fd = 0; fd <= last; fd++)
		if (!is_kept(fd, u))
			close(fd);
	if (!syscall(SYS_close_range, fd, ~0U, 0))
		return;
	if (getrlimit(RLIMIT_NOFILE, &files)) /* no such call: before 5.9, or forbidden in a container */
		return;
	for (; fd < (int)files.rlim_cur && fd < 65536; fd++)
		close(fd);
}

/* Not _exit(), which is exit_group(2): that is one call too many for who is strict. */
static __attribute__((noreturn)) void leave(int status)
{
	for (;;)
		syscall(SYS_exit, status);
}

static __attribute__((noreturn)) void run(pid_t parent, const struct unprivileged *u, void (*fn)(int fd, void *ctx),
					  void *ctx)
{
	sigset_t none;

	close_others(u);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_IGN); /* of a terminal; the end of the parent is what ends us */
	signal(SIGQUIT, SIG_IGN);
	signal(SIGPIPE, SIG_DFL);
	if (!drop(u->strict))
		leave(1);
	/* Changing the user clears it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		leave(1);
	if (u->strict ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0 : !forbid())
		leave(1);
	fn(u->keep, ctx);
	leave(0);
}

pid_t unprivileged__fork(const struct unprivileged *u, void (*fn)(int fd, void *ctx), void *ctx)
{
	const pid_t parent = getpid();
	pid_t pid = fork();

	if (!pid)
		run(parent, u, fn, ctx);
	return pid < 0 ? -errno : pid;
}
