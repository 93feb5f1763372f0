/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * symbolizer.c: takes build ids and offsets, gives files, functions and lines of source, from debug information in the
 * usual places. Does not trust what it reads, which was made by whoever is traced: it runs without privileges.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <elf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "symbol.h"
#include "symbols.h"

#define MODULES 16 /* with what was read of them in memory */
#define LIBRARIES 8192
#define CUT "..."
#define HEAD 8192 /* bytes of a file in which its build id is */

static const char *const directories[] = {
	"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
	"/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib", "/usr/lib/x86_64-linux-musl",
	"/usr/lib/aarch64-linux-musl",
};

struct library {
	uint8_t build_id[ET_BUILD_ID_LEN];
	char *path;
};

struct module {
	uint8_t build_id[ET_BUILD_ID_LEN];
	unsigned int used; /* when, the last time */
	Dwfl *dwfl;
	Dwfl_Module *mod;
	char path[SYMBOL_HINT_MAX];
};

struct symbolizer {
	struct module modules[MODULES];
	unsigned int uses;
	struct library *libraries;
	size_t nr_libraries;
};

/* ---- files by build id ---- */

/* A path that a process chose may be a FIFO, or a device. */
static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool find_note(const uint8_t *notes, size_t size, uint8_t *build_id)
{
	Elf64_Nhdr n;
	size_t at = 0;

	while (at + sizeof(n) + 4 <= size) {
		memcpy(&n, notes + at, sizeof(n));
		if (n.n_namesz > size || n.n_descsz > size)
			return false;
		if (n.n_type == NT_GNU_BUILD_ID && n.n_namesz == 4 && n.n_descsz == ET_BUILD_ID_LEN &&
		    !memcmp(notes + at + sizeof(n), "GNU", 4) && at + sizeof(n) + 4 + ET_BUILD_ID_LEN <= size) {
			memcpy(build_id, notes + at + sizeof(n) + 4, ET_BUILD_ID_LEN);
			return true;
		}
		at += sizeof(n) + (n.n_namesz + 3) / 4 * 4 + (n.n_descsz + 3) / 4 * 4;
	}
	return false;
}

/* As the kernel does it: from the program headers of a 64-bit file. libelf would map all of it. */
static bool read_build_id(int fd, uint8_t *build_id)
{
	uint8_t head[HEAD];
	ssize_t n = pread(fd, head, sizeof(head), 0);
	Elf64_Ehdr e;
	Elf64_Phdr p;
	unsigned int i;

	if (n < (ssize_t)sizeof(e))
		return false;
	memcpy(&e, head, sizeof(e));
	if (memcmp(e.e_ident, ELFMAG, SELFMAG) || e.e_phentsize != sizeof(p) || e.e_phoff > (size_t)n)
		return false;
	for (i = 0; i < e.e_phnum && e.e_phoff + (i + 1) * sizeof(p) <= (size_t)n; i++) {
		memcpy(&p, head + e.e_phoff + i * sizeof(p), sizeof(p));
		if (p.p_type == PT_NOTE && p.p_offset < (size_t)n && p.p_filesz <= (size_t)n - p.p_offset &&
		    find_note(head + p.p_offset, p.p_filesz, build_id))
			return true;
	}
	return false;
}

static int open_if_it_is(const char *path, const uint8_t *build_id)
{
	uint8_t found[ET_BUILD_ID_LEN];
	int fd = path[0] == '/' ? open_file(path) : -1;

	if (fd >= 0 && read_build_id(fd, found) && !memcmp(found, build_id, sizeof(found)))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void add_library(struct symbolizer *s, const char *path)
{
	struct library *l = &s->libraries[s->nr_libraries];
	int fd = open_file(path);

	if (fd < 0)
		return;
	if (read_build_id(fd, l->build_id) && (l->path = strdup(path)))
		s->nr_libraries++;
	close(fd);
}

static void list_directory(struct symbolizer *s, const char *name)
{
	DIR *dir = opendir(name);
	struct dirent *e;
	char path[SYMBOL_HINT_MAX];

	while (dir && s->nr_libraries < LIBRARIES && (e = readdir(dir))) {
		if (e->d_type == DT_LNK || e->d_type == DT_DIR || !strstr(e->d_name, ".so"))
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", name, e->d_name) < (int)sizeof(path))
			add_library(s, path);
	}
	if (dir)
		closedir(dir);
}

/* "/lib" is "/usr/lib" on most systems: then once. */
static bool is_link(const char *path)
{
	char top[8];
	struct stat st;

	snprintf(top, sizeof(top), "%.*s", (int)strcspn(path + 1, "/") + 1, path);
	return !lstat(top, &st) && S_ISLNK(st.st_mode);
}

static void list_libraries(struct symbolizer *s)
{
	unsigned int i;

	s->libraries = calloc(LIBRARIES, sizeof(*s->libraries));
	for (i = 0; s->libraries && i < ARRAY_SIZE(directories); i++)
		if (!is_link(directories[i]))
			list_directory(s, directories[i]);
}

static int open_library(struct symbolizer *s, const uint8_t *build_id, char *path)
{
	size_t i;
	int fd;

	for (i = 0; i < s->nr_libraries; i++) {
		if (memcmp(s->libraries[i].build_id, build_id, ET_BUILD_ID_LEN))
			continue;
		fd = open_if_it_is(s->libraries[i].path, build_id);
		if (fd < 0)
			continue;
		snprintf(path, SYMBOL_HINT_MAX, "%s", s->libraries[i].path);
		return fd;
	}
	return -1;
}

/* ---- what is in them ---- */

/*
 * libdw is loaded here and not with the program: whoever traces has no use for it, and no root process should have a
 * library in it that looks for servers in its environment. A static program has it inside.
 */
#define LIBDW "libdw.so.1"
#define FUNCTIONS(X) \
	X(begin) X(end) X(report_begin) X(report_elf) X(report_end) X(module_getelf) X(module_addrinfo) \
	X(module_getsrc) X(lineinfo) X(build_id_find_elf) X(standard_find_debuginfo) X(offline_section_address)

static struct {
#define FUNCTION(name) typeof(dwfl_##name) *name;
	FUNCTIONS(FUNCTION)
#undef FUNCTION
} dw;

#ifdef LIBDW_INSIDE
static bool load_libdw(void)
{
#define FUNCTION(name) dw.name = dwfl_##name;
	FUNCTIONS(FUNCTION)
#undef FUNCTION
	return true;
}
#else
static bool load_libdw(void)
{
	void *lib = dlopen(LIBDW, RTLD_NOW | RTLD_LOCAL);

	if (!lib)
		return false;
#define FUNCTION(name) dw.name = dlsym(lib, "dwfl_" #name);
	FUNCTIONS(FUNCTION)
#undef FUNCTION
#define FUNCTION(name) && dw.name
	return true FUNCTIONS(FUNCTION);
#undef FUNCTION
}
#endif

/*
 * __cxa_demangle() of the library that C++ programs have anyway: names as people write them, also those that older Rust
 * makes. Without it they stay as linkers have them. It allocates what it returns.
 */
#define LIBCXX "libstdc++.so.6"

typedef char *(*demangle_fn)(const char *name, char *buffer, size_t *size, int *status);

static demangle_fn load_demangler(void)
{
#ifdef LIBDW_INSIDE
	return NULL;
#else
	void *lib = dlopen(LIBCXX, RTLD_NOW | RTLD_LOCAL);

	return lib ? (demangle_fn)dlsym(lib, "__cxa_demangle") : NULL;
#endif
}

/* Freed by the caller. NULL: it is a name as it is; to a demangler "i" would be "int". */
static char *demangled(const char *name)
{
	static demangle_fn demangle;
	static bool looked;
	int status;

	if (strncmp(name, "_Z", 2))
		return NULL;
	if (!looked)
		demangle = load_demangler();
	looked = true;
	return demangle ? demangle(name, NULL, NULL, &status) : NULL;
}

static Dwfl_Callbacks callbacks;
static char *debug_path = "-:/usr/lib/debug"; /* not the directory that a file wants searched */

static void close_module(struct module *m)
{
	if (m->dwfl)
		dw.end(m->dwfl);
	memset(m, 0, sizeof(*m));
}

static void read_module(struct module *m, int fd)
{
	m->dwfl = dw.begin(&callbacks);
	if (m->dwfl) {
		dw.report_begin(m->dwfl);
		m->mod = dw.report_elf(m->dwfl, m->path, m->path, fd, 0, true);
		dw.report_end(m->dwfl, NULL, NULL);
	}
	if (!m->mod) /* else the descriptor is its own */
		close(fd);
}

static struct module *oldest(struct symbolizer *s)
{
	struct module *m = &s->modules[0];
	unsigned int i;

	for (i = 1; i < MODULES; i++)
		if (s->modules[i].used < m->used)
			m = &s->modules[i];
	return m;
}

/* Also of what was not found: it is not looked for each time. */
static struct module *find_module(struct symbolizer *s, const struct symbol_request *q)
{
	struct module *m;
	unsigned int i;
	int fd;

	for (i = 0; i < MODULES; i++) {
		m = &s->modules[i];
		if (!m->used || memcmp(m->build_id, q->key.build_id, sizeof(m->build_id)))
			continue;
		if (m->mod || !q->hint[0]) {
			m->used = ++s->uses;
			return m;
		}
		close_module(m); /* with another hint it may be found */
	}
	m = oldest(s);
	close_module(m);
	memcpy(m->build_id, q->key.build_id, sizeof(m->build_id));
	m->used = ++s->uses;
	memcpy(m->path, q->hint, sizeof(m->path));
	fd = open_if_it_is(m->path, m->build_id);
	if (fd < 0)
		fd = open_library(s, m->build_id, m->path);
	if (fd >= 0)
		read_module(m, fd);
	return m;
}

/* The address in the module of what is at `offset` in its file. False: there is none; *no_code: nothing runs there. */
static bool find_address(struct module *m, uint64_t offset, GElf_Addr *address, uint32_t *no_code)
{
	GElf_Addr bias;
	Elf *elf = dw.module_getelf(m->mod, &bias);
	size_t n, i;
	GElf_Phdr p;

	if (!elf || elf_getphdrnum(elf, &n))
		return false;
	for (i = 0; i < n && gelf_getphdr(elf, (int)i, &p); i++) {
		if (p.p_type != PT_LOAD || !(p.p_flags & PF_X) || offset - p.p_offset >= p.p_filesz)
			continue;
		*address = offset - p.p_offset + p.p_vaddr + bias;
		return true;
	}
	*no_code = i == n;
	return false;
}

/* Of what is too long the beginning. */
static void copy(char *to, const char *from)
{
	const size_t len = from ? strnlen(from, SYMBOL_TEXT_MAX) : 0;

	memcpy(to, from ? from : "", len);
	if (len < SYMBOL_TEXT_MAX)
		to[len] = '\0';
	else
		memcpy(to + SYMBOL_TEXT_MAX - sizeof(CUT), CUT, sizeof(CUT));
}

/* Only a symbol that the address is inside of: in a stripped file the one before it is a stranger. */
static void find_symbol(struct module *m, GElf_Addr address, struct symbol_answer *a)
{
	GElf_Off offset;
	GElf_Sym sym;
	const char *name = dw.module_addrinfo(m->mod, address, &offset, &sym, NULL, NULL, NULL);
	char *plain;

	if (!name || offset >= sym.st_size)
		return;
	plain = demangled(name);
	copy(a->symbol, plain ? plain : name);
	free(plain);
}

static void find_line(struct module *m, GElf_Addr address, struct symbol_answer *a)
{
	Dwfl_Line *line = dw.module_getsrc(m->mod, address);
	const char *file;
	int nr = 0;

	if (!line)
		return;
	file = dw.lineinfo(line, NULL, &nr, NULL, NULL, NULL);
	copy(a->source, file);
	a->line = nr > 0 ? (uint32_t)nr : 0;
}

static void answer(struct symbolizer *s, const struct symbol_request *q, struct symbol_answer *a)
{
	struct module *m = find_module(s, q);
	GElf_Addr address;

	if (!m->mod)
		return;
	copy(a->module, m->path);
	/* What was called may be the last thing in its function. */
	if (!q->key.offset || !find_address(m, q->key.offset - !!q->key.returns, &address, &a->no_code))
		return;
	find_symbol(m, address, a);
	find_line(m, address, a);
}

void symbolizer__run(int fd, void *unused)
{
	static struct symbolizer s;
	struct symbol_request q;

	(void)unused;
	unsetenv("DEBUGINFOD_URLS"); /* nothing is fetched from anywhere */
	unsetenv("DEBUGINFOD_CACHE_PATH");
	if (!load_libdw())
		return;
	callbacks = (Dwfl_Callbacks){
		.find_elf = dw.build_id_find_elf,
		.find_debuginfo = dw.standard_find_debuginfo,
		.section_address = dw.offline_section_address,
		.debuginfo_path = &debug_path,
	};
	list_libraries(&s); /* before the first question comes: some 10 ms */
	while (recv(fd, &q, sizeof(q), 0) == sizeof(q)) {
		struct symbol_answer a = { .serial = q.serial };

		q.hint[sizeof(q.hint) - 1] = '\0';
		answer(&s, &q, &a);
		if (send(fd, &a, sizeof(a), MSG_NOSIGNAL) != sizeof(a))
			return;
	}
}
