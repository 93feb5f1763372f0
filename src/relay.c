/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes signal numbers through a socket, sends them to the one process it was made for. Does not know what for.
 */
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "sandbox.h"

enum { SOCKET, TARGET, ERRORS, OTHERS }; /* its descriptors; the third is closed in the end */

static const struct sandbox_call calls[] = {
	{ SCMP_SYS(read), 1, { { .arg = 0, .op = SCMP_CMP_EQ, .datum_a = SOCKET } } },
	{ SCMP_SYS(write), 1, { { .arg = 0, .op = SCMP_CMP_EQ, .datum_a = SOCKET } } },
	{ SCMP_SYS(pidfd_send_signal), 1, { { .arg = 0, .op = SCMP_CMP_EQ, .datum_a = TARGET } } },
	{ .nr = SCMP_SYS(close) },
	{ .nr = SCMP_SYS(restart_syscall) },
	{ .nr = SCMP_SYS(exit_group) },
	{ .nr = SANDBOX_END },
};

static const struct sandbox box = { .signals = true, .calls = { calls } };

/* stderr stays where it is, the others are closed: among them what the tracer has attached. */
static int take_descriptors(int socket, int target)
{
	int from[] = { fcntl(socket, F_DUPFD, OTHERS), fcntl(target, F_DUPFD, OTHERS) };

	if (dup2(from[0], SOCKET) < 0 || dup2(from[1], TARGET) < 0)
		return -errno;
	return syscall(SYS_close_range, OTHERS, ~0U, 0) ? -errno : 0;
}

static int shut_in(int socket, int target, const struct privileges *given)
{
	struct privileges p = *given;
	int err = take_descriptors(socket, target);

	p.keep = PRIVILEGE(CAP_KILL);
	if (!err)
		err = privileges__drop(&p);
	if (!err)
		err = sandbox__enter(&box);
	close(ERRORS);
	return err;
}

/* Until the tracer is gone. */
__attribute__((noreturn)) static void pass_on(void)
{
	unsigned char sig = 0;
	ssize_t n;

	if (write(SOCKET, &sig, 1) != 1)
		_exit(1);
	while ((n = read(SOCKET, &sig, 1)) == 1 || (n < 0 && errno == EINTR))
		if (n == 1)
			syscall(SYS_pidfd_send_signal, TARGET, sig, NULL, 0);
	_exit(0);
}

static bool is_ready(int fd)
{
	char byte;
	ssize_t n;

	do
		n = read(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

static int fork_it(struct relay *r, int socket, int target, const struct privileges *p)
{
	r->pid = fork();
	if (r->pid < 0)
		return -errno;
	if (r->pid)
		return 0;
	if (shut_in(socket, target, p))
		_exit(1);
	pass_on();
}

int relay__start(struct relay *r, pid_t pid, const struct privileges *p)
{
	int ends[2], target = syscall(SYS_pidfd_open, pid, 0), err;

	if (target < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		err = -errno;
	} else {
		err = fork_it(r, ends[1], target, p);
		close(ends[1]);
		r->fd = ends[0];
	}
	if (target >= 0)
		close(target);
	if (!err && !is_ready(r->fd))
		err = -ECHILD;
	if (!err)
		return 0;
	relay__end(r); /* whoever has none sends signals himself, while he may */
	log__error("cannot start the process that passes signals on: %s (--no-drop goes without)", strerror(-err));
	return err;
}

int relay__send(const struct relay *r, int sig)
{
	const unsigned char byte = (unsigned char)sig;

	return write(r->fd, &byte, 1) == 1 ? 0 : -errno;
}

void relay__end(struct relay *r)
{
	if (r->pid > 0) {
		close(r->fd);
		waitpid(r->pid, NULL, 0);
	}
	r->pid = 0;
}
