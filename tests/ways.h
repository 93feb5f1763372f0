/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ways.h: what the programs have in common that die in a way they are told: how they speak, and the table of ways.
 * Comes before every other header.
 */
#ifndef EXITTRACE_TESTS_WAYS_H
#define EXITTRACE_TESTS_WAYS_H

#include "helper.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#define MS 1000000LL
#define STACK 65536

/* ---- telling ---- */

static inline long check(const char *what, long ret)
{
	if (ret < 0)
		broken(what);
	return ret;
}

/* One write, async-signal-safe; whoever reads may be gone. */
static inline void say(const char *word)
{
	ssize_t ret = write(STDOUT_FILENO, word, strlen(word));

	(void)ret;
}

/* Expectations are written with ' for ". */
static inline void quotes(char *s)
{
	for (; *s; s++)
		if (*s == '\'')
			*s = '"';
}

__attribute__((format(printf, 2, 3))) static inline void state(pid_t pid, const char *fmt, ...)
{
	char expect[512], line[640];
	va_list args;

	va_start(args, fmt);
	vsnprintf(expect, sizeof(expect), fmt, args);
	va_end(args);
	snprintf(line, sizeof(line), "{'pid':%d,'expect':{%s}}\n", pid, expect);
	quotes(line);
	say(line);
}

#define IDENT_LEN 48

/*
 * "@PID:TICKS", which the cases read as the id of that process: the kernel shows its start time in ticks. pid as
 * the pid namespace of /proc knows it; a zombie will do.
 */
static inline const char *ident(char id[IDENT_LEN], int pid)
{
	unsigned long long ticks = 0;
	char path[32], stat[512] = "", *at;
	FILE *file;
	int i;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file || !fgets(stat, sizeof(stat), file))
		broken(path);
	fclose(file);
	at = strrchr(stat, ')');
	for (i = 0; at && i < 20; i++)
		at = strchr(at + 1, ' ');
	if (!at || sscanf(at, "%llu", &ticks) != 1)
		broken(path);
	snprintf(id, IDENT_LEN, "@%d:%llu", pid, ticks);
	return id;
}

static inline void pause_ns(long long ns)
{
	struct timespec t = { .tv_sec = ns / (1000 * MS), .tv_nsec = ns % (1000 * MS) };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

/* Until somebody ends us; a second process asks for it with a byte on stdin in go(). */
__attribute__((noreturn)) static inline void wait_for_death(void)
{
	for (;;)
		pause();
}

static inline void go(void)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
		;
}

static inline int number(char **argv, int n)
{
	if (!argv[n]) {
		fprintf(stderr, "%s wants a number more\n", argv[0]);
		exit(2);
	}
	return atoi(argv[n]);
}

/* ---- processes, threads, signals ---- */

static inline pid_t child(void)
{
	return (pid_t)check("fork", fork());
}

/* The raw status; the process stays a zombie until we are here. */
static inline int reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			broken("waitpid");
	return status;
}

/* Returns when pid is a zombie and leaves it one. */
static inline void until_dead(pid_t pid)
{
	siginfo_t info;

	check("waitid", waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | __WALL));
}

/* As the pid namespace of the mounted /proc knows us: the outer one. */
static inline int outer_pid(void)
{
	char target[16] = "";

	check("readlink", readlink("/proc/self", target, sizeof(target) - 1));
	return atoi(target);
}

static inline pthread_t thread(void *(*fn)(void *), void *arg)
{
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	errno = pthread_create(&t, &attr, fn, arg);
	if (errno)
		broken("pthread_create");
	pthread_attr_destroy(&attr);
	return t;
}

static inline void handle(int sig, void (*fn)(int))
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = SA_RESTART };

	check("sigaction", sigaction(sig, &sa, NULL));
}

/* Small pages, so that giving them back takes as long as it can. */
static inline char *touch(size_t size)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		broken("mmap");
	madvise(memory, size, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < size; i += 4096)
		memory[i] = 1;
	return memory;
}

/* ---- the table ---- */

struct way {
	const char *name;
	void (*die)(char **argv);
	const char *expect; /* of the process itself; NULL: the way states it or the case knows */
};

#define EXIT "'cause.class':'exit','cause.by':null"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int returned; /* from main() */

static inline int list_ways(const struct way *ways, size_t n)
{
	char line[512];
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(line, sizeof(line), "%s {%s}\n", ways[i].name, ways[i].expect ? ways[i].expect : "");
		quotes(line);
		say(line);
	}
	return 0;
}

static inline int take_a_way(const struct way *ways, size_t n, int argc, char **argv)
{
	size_t i;

	if (argc == 2 && !strcmp(argv[1], "--list"))
		return list_ways(ways, n);
	if (argc > 3 && !strcmp(argv[1], "--comm")) {
		prctl(PR_SET_NAME, argv[2], 0, 0, 0);
		argv += 2;
	}
	forget_signals();
	for (i = 0; argv[1] && i < n; i++) {
		if (strcmp(argv[1], ways[i].name))
			continue;
		ways[i].die(argv + 1);
		return returned;
	}
	fprintf(stderr, "usage: %s [--comm NAME] WAY [ARG...] | --list\n", program_invocation_short_name);
	return 2;
}

#endif
