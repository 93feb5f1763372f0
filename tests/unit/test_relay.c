/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay.h"
#include "sandbox.h"
#include "unit.h"

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	return pid;
}

/* Of a process that stays who it is, which everybody may have. */
static void passes_on(void)
{
	const struct privileges p = { 0 };
	struct relay r = { 0 };
	pid_t pid = sleeper();
	int status = 0;

	CHECK_I64(relay__start(&r, pid, &p), 0);
	CHECK_I64(relay__send(&r, SIGTERM), 0);
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	CHECK_I64(relay__send(&r, SIGTERM), 0); /* nobody to get it is no reason to end */
	CHECK_I64(kill(r.pid, 0), 0);
	relay__end(&r);
	CHECK_I64(r.pid, 0);
	relay__end(&r);
}

static void ends_with_us(void)
{
	const struct privileges p = { 0 };
	struct relay r = { 0 };
	pid_t pid = sleeper();
	int status = -1;

	CHECK_I64(relay__start(&r, pid, &p), 0);
	close(r.fd);
	CHECK(waitpid(r.pid, &status, 0) == r.pid && !status);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void is_gone(void)
{
	const struct privileges p = { 0 };
	struct relay r = { 0 };
	pid_t pid = sleeper();

	CHECK_I64(relay__start(&r, pid, &p), 0);
	kill(r.pid, SIGKILL);
	waitpid(r.pid, NULL, 0);
	CHECK(relay__send(&r, SIGTERM) < 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void nobody_to_send_to(void)
{
	const struct privileges p = { 0 };
	struct relay r = { 0 };
	pid_t pid = sleeper();

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	CHECK(relay__start(&r, pid, &p) < 0);
	CHECK_I64(r.pid, 0);
}

int main(void)
{
	if (!sandbox__is_possible())
		return unit__end();
	signal(SIGPIPE, SIG_IGN);
	UNIT(passes_on);
	UNIT(ends_with_us);
	UNIT(is_gone);
	UNIT(nobody_to_send_to);
	return unit__end();
}
