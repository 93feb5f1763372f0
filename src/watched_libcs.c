/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * watched_libcs.c: takes root directories, gives the C libraries there and where in them the functions are that end a
 * process.
 * The files are opened here, and looked into by a process without privileges. Does not attach.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "log.h"
#include "unprivileged.h"
#include "watched_libcs.h"

#define PARSE_MS 3000

static const char *const names[] = { "exit", "_exit", "_Exit", "quick_exit", "abort" };

static const char *const paths[] = {
	"lib/x86_64-linux-gnu/libc.so.6", "lib/aarch64-linux-gnu/libc.so.6", "lib64/libc.so.6", "usr/lib/libc.so.6",
	"lib/ld-musl-x86_64.so.1", "lib/ld-musl-aarch64.so.1", "usr/lib/x86_64-linux-musl/libc.so",
	"usr/lib/aarch64-linux-musl/libc.so", "lib32/libc.so.6", "lib/i386-linux-gnu/libc.so.6",
};

const char *watched_libcs__name(uint32_t name)
{
	return name && name <= ARRAY_SIZE(names) ? names[name - 1] : NULL;
}

/* ---- in the process without privileges ---- */

static uint32_t name_of(const char *symbol)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(symbol, names[i]))
			return i + 1;
	return 0;
}

/* Where in the file the code at this address is; 0: nowhere, or it is no code. */
static uint64_t offset_of(Elf *elf, uint64_t address)
{
	size_t n, i;
	GElf_Phdr p;

	if (elf_getphdrnum(elf, &n))
		return 0;
	for (i = 0; i < n && gelf_getphdr(elf, i, &p); i++)
		if (p.p_type == PT_LOAD && p.p_flags & PF_X && address - p.p_vaddr < p.p_filesz)
			return address - p.p_vaddr + p.p_offset;
	return 0;
}

/* "_exit" and "_Exit" of glibc are one. */
static void add_call(struct libc *c, Elf *elf, uint32_t name, const GElf_Sym *sym)
{
	const uint64_t offset = offset_of(elf, sym->st_value);
	unsigned int i;

	if (!offset)
		return;
	for (i = 0; i < LIBC_CALLS && c->calls[i].name; i++)
		if (c->calls[i].offset == offset)
			return;
	if (i < LIBC_CALLS)
		c->calls[i] = (struct libc_call){ .offset = offset, .name = name };
}

static Elf_Data *versions_of(Elf *elf)
{
	Elf_Scn *section = NULL;
	GElf_Shdr head;

	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &head) && head.sh_type == SHT_GNU_versym)
			return elf_getdata(section, NULL);
	return NULL;
}

/*
 * Of functions that changed, glibc keeps the old ones for programs that were linked long ago: quick_exit() before 2.24.
 * Each function that is watched is a page of its own in each process that maps the library.
 */
static bool is_old(Elf_Data *versions, size_t i)
{
	GElf_Versym version;

	return versions && gelf_getversym(versions, (int)i, &version) && version & 0x8000;
}

static void read_symbols(struct libc *c, Elf *elf, Elf_Scn *section, const GElf_Shdr *head)
{
	Elf_Data *data = elf_getdata(section, NULL), *versions = versions_of(elf);
	size_t i, n = data && head->sh_entsize ? head->sh_size / head->sh_entsize : 0;
	GElf_Sym sym;

	for (i = 0; i < n && gelf_getsym(data, (int)i, &sym); i++) {
		const char *name = elf_strptr(elf, head->sh_link, sym.st_name);
		uint32_t number = name ? name_of(name) : 0;

		if (number && sym.st_shndx != SHN_UNDEF && GELF_ST_TYPE(sym.st_info) == STT_FUNC &&
		    !is_old(versions, i))
			add_call(c, elf, number, &sym);
	}
}

static void parse(struct libc *c)
{
	Elf *elf = elf_begin(c->fd, ELF_C_READ_MMAP, NULL);
	Elf_Scn *section = NULL;
	GElf_Shdr head;

	while (elf && (section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &head) && head.sh_type == SHT_DYNSYM)
			read_symbols(c, elf, section, &head);
	elf_end(elf);
}

static void parse_all(int fd, void *ctx)
{
	struct watched_libcs *l = ctx;
	unsigned int i;

	elf_version(EV_CURRENT);
	for (i = 0; i < l->nr; i++) {
		parse(&l->of[i]);
		if (write(fd, l->of[i].calls, sizeof(l->of[i].calls)) != sizeof(l->of[i].calls))
			return;
	}
}

/* ---- here ---- */

/* A probe in the middle of an instruction would do harm: to those only that use a file which lied about itself. */
static void take_calls(struct libc *c, const struct libc_call *calls)
{
	unsigned int i;

	for (i = 0; i < LIBC_CALLS; i++) {
		if (!watched_libcs__name(calls[i].name) || calls[i].offset >= c->size)
			return;
		c->calls[i] = calls[i];
	}
}

/* How many were answered. */
static unsigned int read_answers(struct watched_libcs *l, int fd)
{
	struct libc_call calls[LIBC_CALLS];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	unsigned int i;

	for (i = 0; i < l->nr; i++) {
		if (poll(&p, 1, PARSE_MS) != 1 || read(fd, calls, sizeof(calls)) != sizeof(calls))
			break;
		take_calls(&l->of[i], calls);
	}
	return i;
}

static void ask_parser(struct watched_libcs *l)
{
	int fds[LIBCS_MAX], pipefd[2];
	struct unprivileged u;
	unsigned int i, read = 0;
	pid_t pid;

	if (!l->nr || pipe2(pipefd, O_CLOEXEC | O_DIRECT)) /* packets: an answer is whole, or none */
		return;
	for (i = 0; i < l->nr; i++)
		fds[i] = l->of[i].fd;
	u = (struct unprivileged){ .keep = pipefd[1], .also = fds, .nr_also = l->nr };
	pid = unprivileged__fork(&u, parse_all, l);
	close(pipefd[1]);
	if (pid > 0) {
		read = read_answers(l, pipefd[0]);
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(pipefd[0]);
	if (read < l->nr)
		log__note("--exit-stack: %u of %u C libraries could not be read: calls of theirs are not seen",
			  l->nr - read, l->nr);
}

static bool is_known(const struct watched_libcs *l, const struct stat *st)
{
	unsigned int i;

	for (i = 0; i < l->nr; i++)
		if (l->of[i].dev == st->st_dev && l->of[i].inode == st->st_ino)
			return true;
	return false;
}

/* Links lead to where they do for a process with this root. Opened for good when it is seen to be a file. */
static int open_in_root(int root, const char *path, struct stat *st)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	char self[40];
	int at = (int)syscall(SYS_openat2, root, path, &how, sizeof(how)), fd = -1;

	if (at < 0)
		return -1;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", at);
	if (!fstat(at, st) && S_ISREG(st->st_mode))
		fd = open(self, O_RDONLY | O_CLOEXEC);
	close(at);
	return fd;
}

static void add_file(struct watched_libcs *l, int root, const char *path)
{
	struct stat st;
	int fd = open_in_root(root, path, &st);

	if (fd < 0)
		return;
	if (is_known(l, &st) || l->nr == LIBCS_MAX) {
		l->full |= !is_known(l, &st);
		close(fd);
		return;
	}
	l->of[l->nr++] = (struct libc){ .fd = fd, .dev = st.st_dev, .inode = st.st_ino, .size = st.st_size };
}

/* Root directories that were looked through; behind the last place, some are again. */
struct roots {
	struct {
		dev_t dev;
		ino_t inode;
	} seen[256];
	unsigned int nr;
};

static bool is_new(struct roots *r, const struct stat *st)
{
	unsigned int i;

	for (i = 0; i < r->nr; i++)
		if (r->seen[i].dev == st->st_dev && r->seen[i].inode == st->st_ino)
			return false;
	if (r->nr == ARRAY_SIZE(r->seen))
		return true;
	r->seen[r->nr].dev = st->st_dev;
	r->seen[r->nr++].inode = st->st_ino;
	return true;
}

static void add_root(struct watched_libcs *l, struct roots *r, const char *path)
{
	int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	unsigned int i;

	if (root < 0)
		return;
	if (!fstat(root, &st) && is_new(r, &st))
		for (i = 0; i < ARRAY_SIZE(paths); i++)
			add_file(l, root, paths[i]);
	close(root);
}

static void add_process(struct watched_libcs *l, struct roots *r, const char *pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.20s/root", pid);
	add_root(l, r, path);
}

static void add_processes(struct watched_libcs *l, struct roots *r)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;

	while (proc && (e = readdir(proc)))
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9')
			add_process(l, r, e->d_name);
	if (proc)
		closedir(proc);
}

void watched_libcs__find(struct watched_libcs *l, const struct options *o, const struct target *targets,
			 unsigned int nr_targets)
{
	struct roots roots = { .nr = 0 };
	char pid[16];
	unsigned int i;

	add_root(l, &roots, "/");
	for (i = 0; i < nr_targets; i++) {
		snprintf(pid, sizeof(pid), "%d", targets[i].pid);
		add_process(l, &roots, pid);
	}
	if (o->all)
		add_processes(l, &roots);
	if (l->full)
		log__note("--exit-stack: more than %d C libraries: calls of the others are not seen", LIBCS_MAX);
	ask_parser(l);
}

void watched_libcs__close(struct watched_libcs *l)
{
	while (l->nr)
		close(l->of[--l->nr].fd);
}
