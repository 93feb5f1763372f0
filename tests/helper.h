/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* helper.h: what the programs have in common that die for the tests. Comes before every other header. */
#ifndef EXITTRACE_TESTS_HELPER_H
#define EXITTRACE_TESTS_HELPER_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A test that cannot even be set up: a status no way to die gives. */
__attribute__((noreturn)) static inline void broken(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	exit(99);
}

/* Whoever started us may ignore or block signals, and that is inherited. */
static inline void forget_signals(void)
{
	static const unsigned long default_action[4];
	sigset_t none;
	int sig;

	/* Past glibc, whose posix_spawn() lets a child ignore the signals it keeps for itself. */
	for (sig = 1; sig <= 64; sig++)
		syscall(SYS_rt_sigaction, sig, default_action, NULL, 8);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

#endif
