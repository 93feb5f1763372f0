/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes through stdio and dies: stdio STREAM DEATH DIRECTORY. What it wrote, whether it got anywhere or not, it keeps
 * in files of the same name and ".said", by write(2): so whoever finds less in the stream's own file knows what was
 * lost.
 *
 * Built for several C libraries, and so of POSIX only.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

#define MANY 200

static const char *directory;
static void *volatile nowhere;

__attribute__((noreturn)) static void broken(const char *what)
{
	fprintf(stderr, "stdio: %s: %s\n", what, strerror(errno));
	_exit(99);
}

static const char *path_of(const char *name, const char *more)
{
	static char path[4][512];
	static unsigned int n;

	n = (n + 1) % 4;
	snprintf(path[n], sizeof(path[n]), "%s/%s%s", directory, name, more);
	return path[n];
}

static void say(const char *name, const char *text, size_t len)
{
	int fd = open(path_of(name, ".said"), O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		broken(name);
	close(fd);
}

/* Text that is not the same anywhere, so that what is missing can be told from what is there. */
static void put(FILE *f, const char *name, size_t len)
{
	static unsigned int line;
	char text[256];

	while (len) {
		size_t n = (size_t)snprintf(text, sizeof(text), "line %u of %s, maybe lost\n", line++, name);

		n = n < len ? n : len;
		say(name, text, n);
		if (fwrite(text, 1, n, f) != n && !ferror(f))
			broken("fwrite");
		len -= n;
	}
}

static FILE *must(FILE *f, const char *what)
{
	if (!f)
		broken(what);
	return f;
}

static FILE *fresh(const char *name)
{
	return must(fopen(path_of(name, ""), "w"), name);
}

/* ---- streams ---- */

static void full(void)
{
	put(fresh("full"), "full", 10007);
}

static void small(void)
{
	put(fresh("small"), "small", 23);
}

static void line(void)
{
	FILE *f = fresh("line");

	setvbuf(f, NULL, _IOLBF, BUFSIZ);
	put(f, "line", 501);
}

static void none(void)
{
	FILE *f = fresh("none");

	setvbuf(f, NULL, _IONBF, 0);
	put(f, "none", 501);
}

static void own(void)
{
	static char buffer[700];
	FILE *f = fresh("own");

	setvbuf(f, buffer, _IOFBF, sizeof(buffer));
	put(f, "own", 1601);
}

static void by_fd(void)
{
	int fd = open(path_of("by_fd", ""), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	put(must(fdopen(dup2(fd, 77), "w"), "fdopen"), "by_fd", 4999);
}

static void reopened(void)
{
	FILE *f = fresh("before");

	put(f, "before", 777);
	f = must(freopen(path_of("reopened", ""), "w", f), "freopen");
	put(f, "reopened", 888);
}

static void closed(void)
{
	FILE *f = fresh("closed"), *g = fresh("open");

	put(f, "closed", 99);
	put(g, "open", 111);
	fclose(f);
}

/* Read and written in turn. */
static void update(void)
{
	FILE *f = must(fopen(path_of("update", ""), "w+"), "update");

	put(f, "update", 300);
	fflush(f);
	fseek(f, 0, SEEK_END);
	put(f, "update", 55);
}

static void output(void)
{
	put(stdout, "output", 5555);
}

static void process(void)
{
	char command[1200];

	snprintf(command, sizeof(command), "cat > %s; : > %s", path_of("process", ""), path_of("process", ".done"));
	put(must(popen(command, "w"), "popen"), "process", 6001);
}

static void memory(void)
{
	char *bytes;
	size_t size;
	FILE *f = must(open_memstream(&bytes, &size), "open_memstream");

	fputs("no file would ever get this", f);
	small();
}

static void wide(void)
{
	static const wchar_t text[] = L"Gr\u00fc\u00dfe, \u20ac 100, \U0001f600\n";
	static const char same[] = "Gr\u00fc\u00dfe, \u20ac 100, \U0001f600\n";
	FILE *f = fresh("wide");
	unsigned int i;

	if (!setlocale(LC_ALL, "C.UTF-8"))
		broken("C.UTF-8");
	for (i = 0; i < 700; i++) {
		say("wide", same, sizeof(same) - 1);
		if (fputws(text, f) < 0)
			broken("fputws");
	}
}

static void many(void)
{
	char name[32];
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "many%u", i);
		put(fresh(name), name, 7 + i);
	}
}

/* A terminal whose other side is gone when we die. Its name comes from the file "tty". */
static void terminal(void)
{
	static char buffer[4096];
	char name[64] = "", word;
	int fd = open(path_of("tty", ""), O_RDONLY);
	FILE *f;

	if (read(fd, name, sizeof(name) - 1) <= 0)
		broken("tty");
	f = must(fopen(name, "w"), name);
	setvbuf(f, buffer, _IOFBF, sizeof(buffer));
	put(f, "terminal", 321);
	if (write(1, "written\n", 8) != 8 || read(0, &word, 1) < 0)
		broken("waiting");
}

/* ---- deaths ---- */

static void use_up_memory(void)
{
	for (;;) {
		char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p != MAP_FAILED)
			memset(p, 1, 1 << 20);
	}
}

static void replace(void)
{
	execl("/bin/sh", "sh", "-c", "exit 4", (char *)NULL);
	broken("execl");
}

/* A program that is not there: the buffers stay, and are lost by what follows. */
static void replace_in_vain(void)
{
	execl("/no/such/program", "program", (char *)NULL);
	raise(SIGKILL);
}

/*
 * Children: one with what it inherited and some more, one that only inherited and goes on to another program, one that
 * shares our memory. We go on, say who they were, and exit.
 */
static void have_children(void)
{
	FILE *f = fresh("parent");
	char who[64];
	pid_t pid;

	put(f, "parent", 333);
	pid = fork();
	if (!pid) {
		put(f, "child", 44);
		_exit(5);
	}
	waitpid(pid, NULL, 0);
	snprintf(who, sizeof(who), "%d ", (int)pid);
	pid = fork();
	if (!pid)
		replace();
	waitpid(pid, NULL, 0);
	snprintf(who + strlen(who), sizeof(who) - strlen(who), "%d ", (int)pid);
	pid = vfork();
	if (!pid)
		_exit(6);
	waitpid(pid, NULL, 0);
	snprintf(who + strlen(who), sizeof(who) - strlen(who), "%d", (int)pid);
	say("children", who, strlen(who));
	put(f, "parent", 22);
	exit(0);
}

static void die(const char *how)
{
	static const struct { const char *how; int sig; } signals[] = {
		{ "kill", SIGKILL }, { "term", SIGTERM }, { "segv", SIGSEGV },
	};
	unsigned int i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (!strcmp(how, signals[i].how))
			raise(signals[i].sig);
	if (!strcmp(how, "exit"))
		exit(3);
	if (!strcmp(how, "_exit"))
		_exit(3);
	if (!strcmp(how, "abort"))
		abort();
	if (!strcmp(how, "fault"))
		*(volatile int *)nowhere = 1;
	if (!strcmp(how, "oom"))
		use_up_memory();
	if (!strcmp(how, "exec"))
		replace();
	if (!strcmp(how, "no-exec"))
		replace_in_vain();
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*write)(void); } streams[] = {
		{ "full", full }, { "small", small }, { "line", line }, { "none", none }, { "own", own },
		{ "by_fd", by_fd }, { "reopened", reopened }, { "closed", closed }, { "update", update },
		{ "output", output }, { "process", process }, { "memory", memory }, { "wide", wide },
		{ "many", many }, { "terminal", terminal }, { "children", have_children },
	};
	unsigned int i;
	char word;

	if (argc != 4)
		broken("usage: stdio STREAM DEATH DIRECTORY");
	for (i = 1; i <= 31; i++) /* whoever started us may ignore some */
		signal((int)i, SIG_DFL);
	directory = argv[3];
	if (!strcmp(argv[2], "oom") && read(0, &word, 1) < 0)
		broken("waiting");
	for (i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
		if (!strcmp(argv[1], streams[i].name))
			streams[i].write();
	die(argv[2]);
	return 7; /* "return" */
}
