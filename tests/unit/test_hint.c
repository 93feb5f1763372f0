/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names of senders in, what they are for and what it means out. */
#include "hint.h"

#include <signal.h>

#include "unit.h"

static struct hint find(const char *exe, const char *comm, int signo, bool escalated)
{
	return hint__find(text__str(exe), text__str(comm), signo, escalated);
}

static void the_executable_counts(void)
{
	CHECK_STR(find("/usr/lib/systemd/systemd", "systemd", SIGTERM, false).role, "service_manager");
	CHECK_STR(find("/usr/bin/timeout", "systemd", SIGTERM, false).role, "timeout");
	CHECK_STR(find("timeout", "", SIGTERM, false).role, "timeout");
	CHECK(!find("/usr/bin/worker", "systemd", SIGTERM, false).role); /* it calls itself that */
	CHECK(!find("/usr/bin/timeout2", "", SIGTERM, false).role);
	CHECK(!find("/usr/bin/timeou", "", SIGTERM, false).role);
	CHECK(!find("/usr/bin/", "", SIGTERM, false).role);
	CHECK(!find("", "", SIGTERM, false).role);
}

/* A comm is cut at 15 bytes, and of a script its interpreter says nothing. */
static void comm_where_that_is_all(void)
{
	CHECK_STR(find("", "timeout", SIGTERM, false).role, "timeout");
	CHECK_STR(find("", "containerd-shim", SIGTERM, false).role, "container_runtime");
	CHECK_STR(find("", "start-stop-daem", SIGTERM, false).role, "service_manager");
	CHECK_STR(find("/usr/bin/python3.11", "nohang", SIGKILL, false).role, "oom_killer");
	CHECK_STR(find("/usr/bin/python3.11", "supervisord", SIGTERM, false).role, "supervisor");
	CHECK(!find("/usr/bin/python3.11", "worker", SIGTERM, false).role);
	CHECK_STR(find("/bin/busybox", "timeout", SIGTERM, false).role, "timeout");
	CHECK_STR(find("/usr/bin/dash", "backup.sh", SIGTERM, false).role, "shell");
}

static void names_that_go_on(void)
{
	CHECK_STR(find("/usr/bin/containerd-shim-runc-v2", "", SIGKILL, false).role, "container_runtime");
	CHECK_STR(find("/bin/containerd", "", SIGTERM, false).role, "container_runtime");
	CHECK_STR(find("/usr/sbin/sshd-session", "", SIGHUP, false).role, "session_manager");
	CHECK(!find("/usr/sbin/ssh", "", SIGHUP, false).role);
}

/* The first SIGKILL of systemd is something else than the one after a SIGTERM. */
static void words_fit_the_signal(void)
{
	const char *exe = "/usr/lib/systemd/systemd";

	CHECK(strstr(find(exe, "", SIGKILL, true).words, "TimeoutStopSec="));
	CHECK(strstr(find(exe, "", SIGKILL, false).words, "KillMode="));
	CHECK(strstr(find(exe, "", SIGABRT, false).words, "WatchdogSec="));
	CHECK(strstr(find(exe, "", SIGTERM, false).words, "stopped or restarted"));
	CHECK(strstr(find("timeout", "", SIGKILL, true).words, "timeout -k"));
	CHECK(!find("/bin/bash", "bash", SIGKILL, false).words);
}

static void every_row(void)
{
	static const int signals[] = { SIGTERM, SIGKILL, SIGHUP, SIGABRT };
	const char *name;
	unsigned int i, j;
	struct hint h;

	for (i = 0; (name = hint__name(i)); i++) {
		CHECK(strlen(name) > 1 && (!strchr(name, '*') || !strchr(name, '*')[1]));
		for (j = 0; j < 8; j++) {
			h = find(name, "", signals[j / 2], j % 2);
			CHECK(h.role && *h.role);
			CHECK(!h.words || strlen(h.words) <= HINT_WORDS);
		}
	}
	CHECK(i > 40);
}

int main(void)
{
	UNIT(the_executable_counts);
	UNIT(comm_where_that_is_all);
	UNIT(names_that_go_on);
	UNIT(words_fit_the_signal);
	UNIT(every_row);
	return unit__end();
}
