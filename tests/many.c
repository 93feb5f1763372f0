/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes the name of a crowd, gives many short processes and one line on stdout for each:
 * pid, raw wait status, what waitid() said (si_code, si_status) and how it died.
 * Does not know what a record is.
 */
#include "helper.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child(void)
{
	pid_t pid;

	/* what a child inherits unwritten it might write once more */
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		broken("fork");
	return pid;
}

static void look(pid_t pid, siginfo_t *info)
{
	while (waitid(P_PID, (id_t)pid, info, WEXITED | WNOWAIT) < 0)
		if (errno != EINTR)
			broken("waitid");
}

static void tell(pid_t pid, const char *how, int detail)
{
	siginfo_t info;
	int raw;

	look(pid, &info);
	if (waitpid(pid, &raw, 0) != pid)
		broken("waitpid");
	printf("%d %d %d %d %s %d\n", pid, raw, info.si_code, info.si_status, how, detail);
}

/* ---- every exit code, both ways ---- */

static void many_codes(int n)
{
	int code, raw;
	pid_t pid;

	for (code = 0; code < n; code++) {
		for (raw = 0; raw < 2; raw++) {
			pid = child();
			if (!pid && raw)
				_exit(code);
			if (!pid)
				exit(code);
			tell(pid, raw ? "_exit" : "exit", code);
		}
	}
}

/* ---- every signal ---- */

static void set_core_limit(int core)
{
	struct rlimit limit = { .rlim_cur = core ? RLIM_INFINITY : 0, .rlim_max = RLIM_INFINITY };

	if (setrlimit(RLIMIT_CORE, &limit))
		broken("setrlimit");
}

static int stops_only(int sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

static int does_nothing(int sig)
{
	return sig == SIGCHLD || sig == SIGCONT || sig == SIGURG || sig == SIGWINCH;
}

static void one_signal(int sig, int core)
{
	pid_t pid = child();

	if (!pid)
		for (;;)
			pause();
	if (kill(pid, sig))
		broken("kill");
	/* a signal that leaves it alive gives no death: what follows it gets the blame */
	if (does_nothing(sig) && kill(pid, SIGKILL))
		broken("kill");
	tell(pid, core ? "core" : "plain", sig);
}

/* Without the core bit and with it; core files go where core_pattern says. */
static void many_signals(int n)
{
	int sig, core;

	for (core = 0; core < 2; core++) {
		set_core_limit(core);
		for (sig = 1; sig <= n; sig++)
			if (!stops_only(sig))
				one_signal(sig, core);
	}
}

/* ---- threads that race for being the last ---- */

#define RACERS 8

static pthread_barrier_t start;

static void *race(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&start);
	pthread_exit(NULL);
}

__attribute__((noreturn)) static void racers(void)
{
	pthread_t t;
	int i;

	pthread_barrier_init(&start, NULL, RACERS);
	for (i = 1; i < RACERS; i++)
		if (pthread_create(&t, NULL, race, NULL))
			_exit(98);
	race(NULL);
	_exit(97);
}

static void many_races(int n)
{
	pid_t pid;
	int i;

	for (i = 0; i < n; i++) {
		pid = child();
		if (!pid)
			racers();
		tell(pid, "race", RACERS);
	}
}

/* ---- storms ---- */

#define AT_ONCE 16

/* How the i-th one dies is written on it, so that facts of two can never be exchanged unseen. */
__attribute__((noreturn)) static void drop(int i)
{
	char name[16];

	snprintf(name, sizeof(name), "et-drop-%d", i % 251);
	prctl(PR_SET_NAME, name, 0, 0, 0);
	_exit(i % 251);
}

static void many_drops(int n)
{
	pid_t pids[AT_ONCE];
	int i, k;

	for (i = 0; i < n; i += AT_ONCE) {
		for (k = 0; k < AT_ONCE && i + k < n; k++) {
			pids[k] = child();
			if (!pids[k])
				drop(i + k);
		}
		while (k-- > 0)
			tell(pids[k], "drop", (i + k) % 251);
	}
}

/* ---- more processes with a signal to remember than there is room for ---- */

static volatile sig_atomic_t seen;

static void see(int sig)
{
	(void)sig;
	seen = 1;
}

/* It has handled the signal when its byte comes, and waits to be killed. */
__attribute__((noreturn)) static void be_asked(int out)
{
	struct sigaction sa = { .sa_handler = see };
	sigset_t mask, open;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, &open);
	sigaction(SIGTERM, &sa, NULL);
	if (write(out, "r", 1) != 1)
		_exit(1);
	while (!seen)
		sigsuspend(&open);
	if (write(out, "h", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void wait_for_all(int fd, int n)
{
	char byte;

	while (n--)
		if (read(fd, &byte, 1) != 1)
			broken("read");
}

/* Each handles a SIGTERM, then each is killed. */
static void many_asked(int n)
{
	pid_t *pids = calloc((size_t)n, sizeof(*pids));
	int fds[2], i;

	if (!pids || pipe(fds))
		broken("pipe");
	for (i = 0; i < n; i++) {
		pids[i] = child();
		if (!pids[i])
			be_asked(fds[1]);
	}
	wait_for_all(fds[0], n);
	for (i = 0; i < n; i++)
		kill(pids[i], SIGTERM);
	wait_for_all(fds[0], n);
	for (i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
	for (i = 0; i < n; i++)
		tell(pids[i], "asked", 0);
	free(pids);
}

static const struct {
	const char *name;
	void (*run)(int n);
} crowds[] = {
	{ "codes", many_codes },
	{ "signals", many_signals },
	{ "races", many_races },
	{ "drops", many_drops },
	{ "asked", many_asked },
};

int main(int argc, char **argv)
{
	size_t i;

	forget_signals();
	for (i = 0; argc == 3 && i < sizeof(crowds) / sizeof(crowds[0]); i++) {
		if (!strcmp(argv[1], crowds[i].name)) {
			crowds[i].run(atoi(argv[2]));
			return 0;
		}
	}
	fprintf(stderr, "usage: many codes|signals|races|drops|asked N\n");
	return 2;
}
