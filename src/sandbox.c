/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes lists of system calls, gives a process that can make these and no others, and that reaches no file, port or
 * process by its name. Does not give up privileges: that comes before, in privileges.c.
 */
#include "sandbox.h"

#include <errno.h>
#include <linux/landlock.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "log.h"

/* ---- Landlock: nothing can be reached ---- */

struct ruleset { /* struct landlock_ruleset_attr, of which older headers have less */
	uint64_t fs, net, scoped;
};
#define SCOPED_SIGNAL 2

static int create_ruleset(const struct ruleset *r)
{
	int fd = syscall(SYS_landlock_create_ruleset, r, sizeof(*r), 0);

	return fd < 0 ? -errno : fd;
}

/* All that this kernel knows, bit by bit: it refuses a set with one that it does not know. */
static void widen(struct ruleset *r, uint64_t *rights)
{
	for (unsigned int bit = 0; bit < 64; bit++) {
		uint64_t more = *rights | 1ULL << bit, before = *rights;
		int fd;

		*rights = more;
		fd = create_ruleset(r);
		if (fd < 0) {
			*rights = before;
			return;
		}
		close(fd);
	}
}

bool sandbox__has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 0;
}

/* Not in this kernel, or not switched on when it was booted. Anything else is a refusal. */
static bool is_absent(int err)
{
	return err == -ENOSYS || err == -EOPNOTSUPP;
}

/* Files: opened, read, written, cut, made, renamed, removed; their directory listed. */
#define DIR_RIGHTS                                                                                             \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_DIR |          \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | 1ULL << 13 | /* REFER */               \
	 1ULL << 14 /* TRUNCATE */)

#define OUTBOX_RIGHTS (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG)

static int open_door(int fd, const struct ruleset *r, int dir, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = r->fs & rights, .parent_fd = dir };

	return syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) ? -errno : 0;
}

static int close_all_doors(const struct sandbox *box)
{
	struct ruleset r = { 0 };
	int fd, err;

	widen(&r, &r.fs);
	widen(&r, &r.net);
	widen(&r, &r.scoped);
	if (box->signals)
		r.scoped &= ~(uint64_t)SCOPED_SIGNAL;
	fd = create_ruleset(&r);
	if (fd < 0)
		return fd;
	err = box->has_dir ? open_door(fd, &r, box->dir, DIR_RIGHTS) : 0;
	if (!err && box->has_outbox)
		err = open_door(fd, &r, box->outbox, OUTBOX_RIGHTS);
	if (!err)
		err = syscall(SYS_landlock_restrict_self, fd, 0) ? -errno : 0;
	close(fd);
	return err;
}

static int enter_landlock(const struct sandbox *box)
{
	int err = sandbox__has_landlock() ? close_all_doors(box) : -errno;

	if (!is_absent(err))
		return err;
	if (getenv("EXITTRACE_DEBUG"))
		log__note("no Landlock in this kernel: %s", strerror(-err));
	return 0;
}

/* ---- seccomp: only these system calls ---- */

#define CALL(name) { .nr = SCMP_SYS(name) }
#define HAS(number, mask, bits) { .arg = (number), .op = SCMP_CMP_MASKED_EQ, .datum_a = (mask), .datum_b = (bits) }
#define IS(number, value) { .arg = (number), .op = SCMP_CMP_EQ, .datum_a = (value) }

/* Anonymous memory, and none of it to be executed: no code comes into this process any more. */
const struct sandbox_call sandbox_memory[] = {
	{ SCMP_SYS(mmap), 2, { HAS(2, PROT_EXEC, 0), HAS(3, MAP_ANONYMOUS, MAP_ANONYMOUS) } },
	CALL(munmap), CALL(mremap), CALL(brk), CALL(madvise),
	/* where the vDSO cannot read the machine's clock these come to the kernel */
	CALL(clock_gettime), CALL(gettimeofday), CALL(time), CALL(getrandom), CALL(futex),
	CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(exit), CALL(exit_group),
	/* a wait that SIGSTOP interrupted goes on by it */
	CALL(restart_syscall),
	/* abort() */
	CALL(getpid), CALL(gettid), { SCMP_SYS(tgkill), 1, { IS(2, SIGABRT) } },
	{ .nr = SANDBOX_END },
};

const struct sandbox_call sandbox_streams[] = {
	CALL(read), CALL(pread64), CALL(write), CALL(writev), CALL(pwritev2), CALL(close), CALL(fstat),
	CALL(poll), CALL(ppoll), CALL(epoll_wait), CALL(epoll_pwait),
	{ .nr = SANDBOX_END },
};

/* Signal 0 asks whether a process is there. perf events are switched off before they are closed. */
const struct sandbox_call sandbox_watch[] = {
	{ SCMP_SYS(pidfd_send_signal), 1, { IS(1, 0) } },
	{ SCMP_SYS(ioctl), 1, { IS(1, PERF_EVENT_IOC_DISABLE) } },
	CALL(wait4), CALL(nanosleep), CALL(clock_nanosleep),
	{ .nr = SANDBOX_END },
};

const struct sandbox sandbox_replay = { .calls = { sandbox_memory, sandbox_streams } };
const struct sandbox sandbox_tracer = { .calls = { sandbox_memory, sandbox_streams, sandbox_watch } };

/*
 * What is not listed is not done. It is either an attack, which must get nowhere, or a C library that does something
 * another way, which must be heard of: killed without a word it would be a tracer that is simply gone, and ENOSYS is
 * what a C library knows to live with. So the kernel hands the call to us.
 */
#if defined(__x86_64__)
#define SET_RESULT(uc, value) ((uc)->uc_mcontext.gregs[REG_RAX] = (value))
#elif defined(__aarch64__)
#define SET_RESULT(uc, value) ((uc)->uc_mcontext.regs[0] = (uint64_t)(value))
#endif

#ifdef SET_RESULT
#define OTHERWISE SCMP_ACT_TRAP
#else
#define OTHERWISE SCMP_ACT_ERRNO(ENOSYS)
#endif

#ifdef SET_RESULT
#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif

/* Comes from a system call of ours, never in the middle of something; a line with a number needs no memory. */
static void on_refused(int sig, siginfo_t *info, void *context)
{
	static volatile sig_atomic_t told;

	(void)sig;
	if (info->si_code != SYS_SECCOMP)
		return; /* somebody's kill() */
	SET_RESULT((ucontext_t *)context, -ENOSYS);
	if (told)
		return;
	told = 1;
	log__error("its own filter refused system call %d (please report it; --no-drop goes without a filter)",
		   info->si_syscall);
}

static int catch_refused(void)
{
	struct sigaction sa = { .sa_sigaction = on_refused, .sa_flags = SA_SIGINFO };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	/* blocked, it would kill */
	return sigaction(SIGSYS, &sa, NULL) || sigprocmask(SIG_UNBLOCK, &set, NULL) ? -errno : 0;
}
#else
static int catch_refused(void)
{
	return 0;
}
#endif

static int add_calls(scmp_filter_ctx filter, const struct sandbox *box)
{
	int err = 0;

	for (unsigned int i = 0; i < SANDBOX_LISTS && box->calls[i]; i++)
		for (const struct sandbox_call *c = box->calls[i]; !err && c->nr != SANDBOX_END; c++)
			err = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, c->nr, c->nr_args, c->args);
	return err;
}

/*
 * Calls of another architecture are no mistake of a C library. Speculation stays as it is, as kernels from 5.16 on have
 * it: before, a filter made each switch to this process dearer, and no foreign code runs in it.
 */
static int set_attributes(scmp_filter_ctx filter)
{
	int err = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	return err ? err : seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
}

static int enter_seccomp(const struct sandbox *box)
{
	scmp_filter_ctx filter = seccomp_init(OTHERWISE);
	int err;

	if (!filter)
		return -ENOMEM;
	err = set_attributes(filter);
	if (!err)
		err = add_calls(filter, box);
	if (!err)
		err = catch_refused();
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err;
}

/* ---- both ---- */

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

bool sandbox__is_possible(void)
{
	return !SANITIZED;
}

static int refuse(const char *what, int err)
{
	log__error("cannot shut itself in, %s: %s (--no-drop goes without)", what, strerror(-err));
	return err;
}

int sandbox__enter(const struct sandbox *box)
{
	int err = enter_landlock(box);

	if (err)
		return refuse("Landlock", err);
	err = enter_seccomp(box);
	return err ? refuse("seccomp", err) : 0;
}
