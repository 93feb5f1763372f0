/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* test_sandbox.c: each check in a child of its own, which cannot come out again. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox.h"
#include "unit.h"

/* Its exit code once it is in the sandbox, 100 + n: by signal n. *said: what it wrote to stderr. */
static int inside(const struct sandbox *box, int (*fn)(void), char said[512])
{
	int ends[2], status = 0;
	ssize_t n;
	pid_t pid;

	if (pipe(ends))
		return -1;
	pid = fork();
	if (!pid) {
		dup2(ends[1], STDERR_FILENO);
		_exit(sandbox__enter(box) ? 99 : fn());
	}
	close(ends[1]);
	n = read(ends[0], said, 511);
	said[n > 0 ? n : 0] = '\0';
	close(ends[0]);
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? 100 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int lives(void)
{
	char *p = malloc(1 << 20);
	struct timespec ts;

	if (!p)
		return 1;
	memset(p, 1, 1 << 20);
	p = realloc(p, 8 << 20);
	free(p);
	return !p || clock_gettime(CLOCK_BOOTTIME, &ts) || syscall(SYS_pidfd_send_signal, -1, 0, NULL, 0) != -1 ||
	       errno != EBADF;
}

static void what_it_needs(void)
{
	char said[512];

	CHECK_I64(inside(&sandbox_tracer, lives, said), 0);
	CHECK_STR(said, "");
}

static bool refused(long result)
{
	return result == -1 && errno == ENOSYS;
}

static int asks_for_more(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p != MAP_FAILED || errno != ENOSYS)
		return 1;
	p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, STDERR_FILENO, 0);
	if (p != MAP_FAILED || errno != ENOSYS)
		return 2;
	if (!refused(open("/etc/passwd", O_RDONLY)) || !refused(socket(AF_UNIX, SOCK_STREAM, 0)))
		return 3;
	if (!refused(syscall(SYS_bpf, 0, NULL, 0)) || !refused(kill(getpid(), SIGTERM)))
		return 4;
	if (!refused(syscall(SYS_pidfd_send_signal, -1, SIGTERM, NULL, 0)) || !refused(ioctl(0, 0x5412, "x")))
		return 5;
	return refused(execl("/bin/true", "true", NULL)) ? 0 : 6;
}

/* Refused every time, told once. */
static void what_it_does_not(void)
{
	char said[512], *number = NULL;

	CHECK_I64(inside(&sandbox_tracer, asks_for_more, said), 0);
	number = strstr(said, "refused system call ");
	CHECK(number && strtol(number + strlen("refused system call "), NULL, 10) == SYS_mmap);
	CHECK(strchr(said, '\n') == said + strlen(said) - 1);
}

/* A signal that somebody sends is none of the filter's: it is ignored, and nothing is said. */
static int gets_one_sent(void)
{
	return syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGSYS);
}

static int aborts(void)
{
	abort();
}

static void ends(void)
{
	static const struct sandbox_call more[] = { { .nr = SCMP_SYS(tgkill) }, { .nr = SANDBOX_END } };
	static const struct sandbox box = { .calls = { sandbox_memory, sandbox_streams, more } };
	char said[512];

	CHECK_I64(inside(&sandbox_replay, aborts, said), 100 + SIGABRT);
	CHECK_I64(inside(&box, gets_one_sent, said), 0);
	CHECK_STR(said, "");
}

static int opens(void)
{
	int fd = open("/etc/passwd", O_RDONLY), err = errno;

	if (sandbox__has_landlock())
		return fd >= 0 || err != EACCES || open("/", O_RDONLY | O_DIRECTORY) >= 0 || errno != EACCES;
	return fd < 0; /* the filter lets it, here */
}

/* With a filter that would let it. */
static void landlock(void)
{
	static const struct sandbox_call more[] = {
		{ .nr = SCMP_SYS(openat) },
		{ .nr = SCMP_SYS(landlock_create_ruleset) },
		{ .nr = SANDBOX_END },
	};
	static const struct sandbox box = { .calls = { sandbox_memory, sandbox_streams, more } };
	char said[512];

	CHECK_I64(inside(&box, opens, said), 0);
	CHECK_STR(said, "");
}

int main(void)
{
	if (!sandbox__is_possible())
		return unit__end();
	UNIT(what_it_needs);
	UNIT(what_it_does_not);
	UNIT(ends);
	UNIT(landlock);
	return unit__end();
}
