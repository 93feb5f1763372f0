// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * leave HOW: leaves in that way, from a function of a known name, after it has printed as JSON what a debugger would
 * say of the call: the function, and the line that it is in. Built several times: see the Makefile.
 *
 * noinline, and nothing behind a call but what keeps it from being the last one: a jump leaves no return address.
 */
#include <err.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define FUNCTION __attribute__((noinline, noclone)) void
#define SAY(line) say(__func__, line)

/* Nobody knows them at compile time. */
static volatile int code = 3;
static volatile int *volatile nowhere = (int *)8;

static void say(const char *function, int line)
{
	printf("{\"function\": \"%s\", \"line\": %d, \"file\": \"%s\"}\n", function, line, __FILE__);
	fflush(stdout);
}

FUNCTION parse_config(void)
{
	SAY(__LINE__ + 1);
	exit(code);
}

FUNCTION parent_of_config(void)
{
	parse_config();
	code = 4;
}

/* As a C++ compiler calls them: app::Config::parse(char const*); and one that is no C++, whatever it looks like. */
void parse_cxx(const char *name) __asm__("_ZN3app6Config5parseEPKc");
void broken_cxx(const char *name) __asm__("_ZN3app6Config");

FUNCTION parse_cxx(const char *name)
{
	exit(code + !name);
}

FUNCTION broken_cxx(const char *name)
{
	parse_cxx(name);
	code = 4;
}

FUNCTION leave_cxx(void)
{
	SAY(0);
	broken_cxx("c++");
	code = 4;
}

#ifdef __x86_64__
static const char data[64] = "nothing to run";
static const void *const frame[2] = { NULL, data + 8 }; /* of whom, and where it returns to */

/* As code without frame pointers may: what it has in the register looks like one. */
FUNCTION leave_over_data(void)
{
	SAY(0);
	__asm__ volatile("mov %0, %%rbp; and $-16, %%rsp; call *%1" : : "r"(frame), "r"(exit), "D"(code) : "memory");
	__builtin_unreachable();
}
#endif

FUNCTION leave_at_once(void)
{
	SAY(__LINE__ + 1);
	_exit(code);
}

FUNCTION leave_quickly(void)
{
	SAY(__LINE__ + 1);
	quick_exit(code);
}

FUNCTION give_up(void)
{
	SAY(__LINE__ + 1);
	abort();
}

FUNCTION call_kernel(void)
{
	SAY(__LINE__ + 2);
#ifdef __x86_64__
	__asm__ volatile("syscall" : : "a"(SYS_exit_group), "D"(code) : "rcx", "r11", "memory");
#else
	syscall(SYS_exit_group, code);
#endif
	code = 4;
}

FUNCTION end_thread(void)
{
	SAY(__LINE__ + 2);
#ifdef __x86_64__
	__asm__ volatile("syscall" : : "a"(SYS_exit), "D"(code) : "rcx", "r11", "memory");
#else
	syscall(SYS_exit, code);
#endif
	code = 4;
}

FUNCTION fall(void)
{
	SAY(__LINE__ + 1);
	*nowhere = code;
	code = 4;
}

FUNCTION complain(void)
{
	SAY(__LINE__ + 1);
	errx(code, "as asked");
}

static void at_the_end(void)
{
	SAY(__LINE__ + 1);
	_exit(code + 1);
}

FUNCTION interrupted_end(void)
{
	atexit(at_the_end);
	exit(code);
}

FUNCTION stand(void)
{
	SAY(__LINE__ + 2);
	for (;;)
		code = 3;
}

FUNCTION kill_child(void)
{
	pid_t child = fork();

	if (!child)
		for (;;)
			pause();
	printf("{\"child\": %d}\n", child);
	usleep(200000);
	SAY(__LINE__ + 1);
	kill(child, SIGKILL);
	code = 0;
	pause();
}

FUNCTION wait_and_leave(void)
{
	getchar();
	parent_of_config();
	code = 4;
}

static void *leave_from_thread(void *unused)
{
	parent_of_config();
	return unused;
}

FUNCTION other_thread(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, leave_from_thread, NULL))
		return;
	pthread_join(t, NULL);
	code = 4;
}

static const struct {
	const char *name;
	void (*run)(void);
} ways[] = {
	{ "exit", parent_of_config }, { "_exit", leave_at_once }, { "quick_exit", leave_quickly },
	{ "abort", give_up }, { "syscall", call_kernel }, { "thread", end_thread }, { "fault", fall },
	{ "errx", complain }, { "atexit", interrupted_end }, { "stand", stand }, { "kill-child", kill_child },
	{ "other-thread", other_thread }, { "wait", wait_and_leave },
	{ "c++", leave_cxx },
#ifdef __x86_64__
	{ "over-data", leave_over_data },
#endif
};

int main(int argc, char **argv)
{
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; argc == 2 && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(argv[1], ways[i].name))
			ways[i].run();
	if (argc == 2 && !strcmp(argv[1], "return"))
		say(__func__, 0);
	return code;
}
