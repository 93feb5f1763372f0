/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes the bytes of a file, gives where a C library that it is keeps its streams, and where its functions begin. Does
 * not trust a byte of it: whoever runs a program chooses its library. That its streams look as we read them is checked
 * in those that the file has ready.
 */
#include "libc_elf.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#define NARROW EM_386
#define RELATIVE R_X86_64_RELATIVE
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#define NARROW EM_ARM
#define RELATIVE R_AARCH64_RELATIVE
#else
#error "which machine is this?"
#endif

#define PHDRS_MAX 64
#define DYNAMIC_MAX 256
#define SYMBOLS_MAX 65536 /* looked at in one bucket of the hash table, and relocations */

struct elf {
	const unsigned char *bytes;
	size_t size;
	bool narrow; /* of 32 bits: what is read is made into what it were with 64 */
	uint64_t headers;
	unsigned int nr_headers;
	uint64_t dynamic; /* address */
	uint64_t gnu_hash, hash, symtab, strtab, strsz, versym, rela, relasz; /* 0: there is none */
};

static bool copy_at(const struct elf *e, uint64_t offset, void *dst, size_t n)
{
	if (offset > e->size || n > e->size - offset)
		return false;
	memcpy(dst, e->bytes + offset, n);
	return true;
}

static bool narrow_segment(const struct elf *e, unsigned int i, Elf64_Phdr *p)
{
	Elf32_Phdr n;

	if (!copy_at(e, e->headers + i * sizeof(n), &n, sizeof(n)))
		return false;
	*p = (Elf64_Phdr){
		.p_type = n.p_type, .p_flags = n.p_flags, .p_offset = n.p_offset, .p_vaddr = n.p_vaddr,
		.p_filesz = n.p_filesz, .p_memsz = n.p_memsz,
	};
	return true;
}

static bool segment(const struct elf *e, unsigned int i, Elf64_Phdr *p)
{
	if (i >= e->nr_headers || i >= PHDRS_MAX)
		return false;
	return e->narrow ? narrow_segment(e, i, p) : copy_at(e, e->headers + i * sizeof(*p), p, sizeof(*p));
}

/* What will be at an address, as far as the file has it. */
static bool copy(const struct elf *e, uint64_t address, void *dst, size_t n)
{
	Elf64_Phdr p;

	for (unsigned int i = 0; segment(e, i, &p); i++) {
		if (p.p_type != PT_LOAD || address < p.p_vaddr || address - p.p_vaddr >= p.p_filesz)
			continue;
		if (n > p.p_filesz - (address - p.p_vaddr))
			return false;
		return copy_at(e, p.p_offset + (address - p.p_vaddr), dst, n);
	}
	return false;
}

/* Can a variable of this size be there? */
static bool is_variable(const struct elf *e, uint64_t address, size_t n)
{
	Elf64_Phdr p;

	for (unsigned int i = 0; segment(e, i, &p); i++)
		if (p.p_type == PT_LOAD && p.p_flags & PF_W && address >= p.p_vaddr &&
		    address - p.p_vaddr < p.p_memsz && n <= p.p_memsz - (address - p.p_vaddr))
			return address % n == 0;
	return false;
}

/* ---- the dynamic section ---- */

static void note_entry(struct elf *e, const Elf64_Dyn *d)
{
	uint64_t *const known[] = {
		[DT_HASH] = &e->hash, [DT_STRTAB] = &e->strtab, [DT_SYMTAB] = &e->symtab, [DT_STRSZ] = &e->strsz,
		[DT_RELA] = &e->rela, [DT_RELASZ] = &e->relasz,
	};

	if (d->d_tag == DT_GNU_HASH)
		e->gnu_hash = d->d_un.d_val;
	else if (d->d_tag == DT_VERSYM)
		e->versym = d->d_un.d_val;
	else if (d->d_tag >= 0 && (size_t)d->d_tag < sizeof(known) / sizeof(known[0]) && known[d->d_tag])
		*known[d->d_tag] = d->d_un.d_val;
}

static bool entry(const struct elf *e, unsigned int i, Elf64_Dyn *d)
{
	Elf32_Dyn n;

	if (!e->narrow)
		return copy(e, e->dynamic + i * sizeof(*d), d, sizeof(*d));
	if (!copy(e, e->dynamic + i * sizeof(n), &n, sizeof(n)))
		return false;
	d->d_tag = n.d_tag;
	d->d_un.d_val = n.d_un.d_val;
	return true;
}

static bool read_dynamic(struct elf *e)
{
	Elf64_Phdr p;
	Elf64_Dyn d;

	for (unsigned int i = 0; segment(e, i, &p); i++)
		if (p.p_type == PT_DYNAMIC)
			e->dynamic = p.p_vaddr;
	if (!e->dynamic)
		return false;
	for (unsigned int i = 0; i < DYNAMIC_MAX && entry(e, i, &d) && d.d_tag != DT_NULL; i++)
		note_entry(e, &d);
	return (e->gnu_hash || e->hash) && e->symtab && e->strtab;
}

/* As fingerprint_of() in bpf/probe_stdio.bpf.c makes it of what is in memory. */
static bool make_fingerprint(const struct elf *e, __u64 *fingerprint)
{
	uint64_t hash = 0;
	Elf64_Dyn d;

	for (unsigned int i = 0; i < ET_LIBC_ENTRIES; i++) {
		if (!entry(e, i, &d))
			return false;
		if (d.d_tag == DT_NULL)
			break;
		hash = (hash ^ (uint64_t)d.d_tag) * ET_LIBC_HASH;
		hash = (hash ^ d.d_un.d_val) * ET_LIBC_HASH;
	}
	*fingerprint = hash;
	return true;
}

static bool read_head(struct elf *e)
{
	Elf64_Ehdr h;

	if (!copy_at(e, 0, &h, sizeof(h)))
		return false;
	e->headers = h.e_phoff;
	e->nr_headers = h.e_phnum;
	return h.e_type == ET_DYN && h.e_machine == MACHINE && h.e_phentsize == sizeof(Elf64_Phdr);
}

static bool read_narrow_head(struct elf *e)
{
	Elf32_Ehdr h;

	if (!copy_at(e, 0, &h, sizeof(h)))
		return false;
	e->headers = h.e_phoff;
	e->nr_headers = h.e_phnum;
	return h.e_type == ET_DYN && h.e_machine == NARROW && h.e_phentsize == sizeof(Elf32_Phdr);
}

static bool open_elf(struct elf *e, const void *bytes, size_t size)
{
	unsigned char ident[EI_NIDENT];

	*e = (struct elf){ .bytes = bytes, .size = size };
	if (!copy_at(e, 0, ident, sizeof(ident)) || memcmp(ident, ELFMAG, SELFMAG) || ident[EI_DATA] != ELFDATA2LSB)
		return false;
	e->narrow = ident[EI_CLASS] == ELFCLASS32;
	if (!e->narrow && ident[EI_CLASS] != ELFCLASS64)
		return false;
	return (e->narrow ? read_narrow_head(e) : read_head(e)) && read_dynamic(e);
}

/* ---- symbols ---- */

static uint32_t hash_name(const char *name)
{
	uint32_t h = 5381;

	for (; *name; name++)
		h = h * 33 + (unsigned char)*name;
	return h;
}

static bool symbol(const struct elf *e, uint64_t i, Elf64_Sym *sym)
{
	Elf32_Sym n;

	if (!e->narrow)
		return copy(e, e->symtab + i * sizeof(*sym), sym, sizeof(*sym));
	if (!copy(e, e->symtab + i * sizeof(n), &n, sizeof(n)))
		return false;
	*sym = (Elf64_Sym){
		.st_name = n.st_name, .st_info = n.st_info, .st_shndx = n.st_shndx, .st_value = n.st_value,
		.st_size = n.st_size,
	};
	return true;
}

/* glibc keeps what was changed for programs that were linked long ago: quick_exit() of before 2.24. */
static bool is_old(const struct elf *e, uint64_t i)
{
	Elf64_Versym version;

	return e->versym && copy(e, e->versym + i * sizeof(version), &version, sizeof(version)) && version & 0x8000;
}

/* Defined, of that name, and what a program linked today would get. */
static bool is_symbol(const struct elf *e, uint64_t i, const char *name, Elf64_Sym *sym)
{
	char there[32];
	const size_t n = strlen(name) + 1;

	if (!symbol(e, i, sym) || sym->st_shndx == SHN_UNDEF)
		return false;
	return n <= sizeof(there) && sym->st_name < e->strsz && copy(e, e->strtab + sym->st_name, there, n) &&
	       !memcmp(there, name, n) && !is_old(e, i);
}

/* By the hash table: buckets, and for each symbol its hash, whose lowest bit ends the bucket. */
static bool find_by_hash(const struct elf *e, const char *name, Elf64_Sym *sym)
{
	struct { uint32_t buckets, first, bloom, shift; } h;
	uint32_t hash = hash_name(name), i, there;
	uint64_t buckets, chain;

	if (!copy(e, e->gnu_hash, &h, sizeof(h)) || !h.buckets)
		return false;
	buckets = e->gnu_hash + sizeof(h) + (uint64_t)h.bloom * (e->narrow ? sizeof(uint32_t) : sizeof(uint64_t));
	chain = buckets + (uint64_t)h.buckets * sizeof(uint32_t);
	if (!copy(e, buckets + (uint64_t)(hash % h.buckets) * sizeof(i), &i, sizeof(i)) || i < h.first)
		return false;
	for (unsigned int n = 0; n < SYMBOLS_MAX; n++, i++) {
		if (!copy(e, chain + (uint64_t)(i - h.first) * sizeof(there), &there, sizeof(there)))
			return false;
		if ((there | 1) == (hash | 1) && is_symbol(e, i, name, sym))
			return true;
		if (there & 1)
			return false;
	}
	return false;
}

/* The older table is only asked how many symbols there are. */
static bool find_one_by_one(const struct elf *e, const char *name, Elf64_Sym *sym)
{
	struct { uint32_t buckets, symbols; } h;

	if (!copy(e, e->hash, &h, sizeof(h)))
		return false;
	for (uint32_t i = 0; i < h.symbols && i < SYMBOLS_MAX; i++)
		if (is_symbol(e, i, name, sym))
			return true;
	return false;
}

static bool find_symbol(const struct elf *e, const char *name, Elf64_Sym *sym)
{
	return e->gnu_hash ? find_by_hash(e, name, sym) : find_one_by_one(e, name, sym);
}

static uint64_t address_of(const struct elf *e, const char *name)
{
	Elf64_Sym sym;

	return find_symbol(e, name, &sym) ? sym.st_value : 0;
}

/* ---- glibc ---- */

/* Its standard output is ready in the file: flags and descriptor are where we read them. */
static int take_glibc(const struct elf *e, uint64_t list, struct et_libc *out)
{
	const uint64_t ready = address_of(e, "_IO_2_1_stdout_");
	uint32_t flags, fd;

	if (!ready || !copy(e, ready, &flags, sizeof(flags)) || !copy(e, ready + 112, &fd, sizeof(fd)))
		return -ENOENT;
	if ((flags & 0xffff0000) != 0xfbad0000 || fd != 1 || !is_variable(e, list, sizeof(uint64_t)))
		return -ENOENT;
	out->kind = ET_LIBC_GLIBC;
	out->heads[0] = list;
	return 0;
}

/* Its dynamic linker. */
static int take_linker(const struct elf *e, uint64_t debug, struct et_libc *out)
{
	if (!is_variable(e, debug, sizeof(uint64_t)))
		return -ENOENT;
	out->kind = ET_LIBC_LINKER;
	out->heads[0] = debug;
	return 0;
}

/* ---- musl ---- */

/* The pointer that will be there: what the linker adds to the address it is loaded at. */
static uint64_t pointer_at(const struct elf *e, uint64_t address)
{
	uint64_t there = 0;
	Elf64_Rela r;

	for (uint64_t at = 0; at + sizeof(r) <= e->relasz && at / sizeof(r) < SYMBOLS_MAX; at += sizeof(r)) {
		if (!copy(e, e->rela + at, &r, sizeof(r)))
			break;
		if (r.r_offset == address && ELF64_R_TYPE(r.r_info) == RELATIVE)
			return (uint64_t)r.r_addend;
	}
	return copy(e, address, &there, sizeof(there)) ? there : 0;
}

/* A stream that is ready in the file: permanent and not to be read, its buffer, its descriptor. */
static bool is_musl_stream(const struct elf *e, uint64_t stream, uint32_t fd, uint64_t buffer)
{
	struct { uint32_t flags, pad; uint64_t pointers[11], buf_size, prev, next; uint32_t fd; } s;

	return copy(e, stream, &s, sizeof(s)) && s.flags == 5 && s.fd == fd && s.buf_size == buffer && !s.prev &&
	       !s.next;
}

#define CALL_SIZE 5 /* e8, and how far */
#define CODE_MAX 640

/* The address that lea puts into %rax, in the function there. */
static uint64_t returned_address(const struct elf *e, uint64_t function)
{
	unsigned char code[48];
	int32_t far;

	if (!copy(e, function, code, sizeof(code)))
		return 0;
	for (size_t i = 0; i + 7 <= sizeof(code) && code[i] != 0xc3; i++) {
		if (code[i] != 0x48 || code[i + 1] != 0x8d || code[i + 2] != 0x05)
			continue;
		memcpy(&far, code + i + 3, sizeof(far));
		return function + i + 7 + (uint64_t)(int64_t)far;
	}
	return 0;
}

/*
 * The list of streams has no name to look for. fflush() of all of them gets it from a function of its own,
 * __ofl_lock(), and takes the first: a call, and then mov (%rax),register. 0: this build does it in some other way.
 */
static uint64_t find_musl_list(const struct elf *e)
{
	unsigned char code[CODE_MAX];
	uint64_t list;
	Elf64_Sym sym;
	int32_t far;

	if (MACHINE != EM_X86_64 || !find_symbol(e, "fflush", &sym) || sym.st_size > sizeof(code) ||
	    !copy(e, sym.st_value, code, sym.st_size))
		return 0;
	for (size_t i = 0; i + CALL_SIZE + 3 <= sym.st_size; i++) {
		const unsigned char *then = code + i + CALL_SIZE;

		if (code[i] != 0xe8 || (then[0] & 0xfb) != 0x48 || then[1] != 0x8b || (then[2] & 0xc7))
			continue;
		memcpy(&far, code + i + 1, sizeof(far));
		list = returned_address(e, sym.st_value + i + CALL_SIZE + (uint64_t)(int64_t)far);
		if (list && is_variable(e, list, sizeof(uint64_t)))
			return list;
	}
	return 0;
}

static int take_musl(const struct elf *e, struct et_libc *out)
{
	out->heads[0] = address_of(e, "stdout");
	out->heads[1] = address_of(e, "stderr");
	if (!out->heads[0] || !out->heads[1] || !is_musl_stream(e, pointer_at(e, out->heads[0]), 1, 1024) ||
	    !is_musl_stream(e, pointer_at(e, out->heads[1]), 2, 0))
		return -ENOENT;
	out->heads[2] = find_musl_list(e);
	out->kind = ET_LIBC_MUSL;
	return 0;
}

int libc_elf__parse(const void *bytes, size_t size, struct libc_build *out)
{
	struct libc_build b = { 0 };
	struct elf e;
	uint64_t list, debug;
	int err;

	if (!open_elf(&e, bytes, size) || e.narrow)
		return -EBADMSG;
	list = address_of(&e, "_IO_list_all");
	debug = address_of(&e, "_r_debug");
	if (list)
		err = take_glibc(&e, list, &b.libc);
	else
		err = debug ? take_linker(&e, debug, &b.libc) : take_musl(&e, &b.libc);
	if (err)
		return err;
	if (!make_fingerprint(&e, &b.libc.fingerprint))
		return -EBADMSG;
	b.key.dynamic = e.dynamic;
	*out = b;
	return 0;
}

/* ---- functions ---- */

/* Where in the file the code at this address is; 0: nowhere, or it is no code. */
static uint64_t offset_of(const struct elf *e, uint64_t address)
{
	Elf64_Phdr p;

	for (unsigned int i = 0; segment(e, i, &p); i++)
		if (p.p_type == PT_LOAD && p.p_flags & PF_X && address >= p.p_vaddr &&
		    address - p.p_vaddr < p.p_filesz)
			return address - p.p_vaddr + p.p_offset;
	return 0;
}

void libc_elf__functions(const void *bytes, size_t size, const char *const *names, unsigned int nr, __u64 *offsets)
{
	struct elf e;
	Elf64_Sym sym;
	const bool opened = open_elf(&e, bytes, size);

	for (unsigned int i = 0; i < nr; i++) {
		offsets[i] = 0;
		if (opened && find_symbol(&e, names[i], &sym) && ELF64_ST_TYPE(sym.st_info) == STT_FUNC)
			offsets[i] = offset_of(&e, sym.st_value);
	}
}
