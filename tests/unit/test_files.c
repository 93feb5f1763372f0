/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* FILE messages in, readable files out, of one process; bounded in processes and in files. */
#include "files.h"

#include <errno.h>

#include "synth.h"
#include "unit.h"

static const struct et_id dying = { .start_ns = 110 * SEC, .tgid = 4242 };

static struct et_id other(unsigned int pid)
{
	return (struct et_id){ .start_ns = 109 * SEC, .tgid = pid };
}

/* "fs path" of the only file of a message. */
static const char *told(const struct et_file *m)
{
	static char words[1024];
	struct files *f = files__new(4, 1 << 20);
	const struct noted_file *list;
	struct noted_files *n;
	unsigned int nr;

	CHECK_I64(files__add(f, m), 0);
	n = files__take(f, &m->id);
	list = noted_files__list(n, &nr);
	CHECK_U64(nr, 1);
	snprintf(words, sizeof(words), "%.*s %s%.*s%s", (int)list->fs.len, list->fs.bytes, list->known ? "" : "?",
		 list->known ? (int)list->path.len : 0, list->known ? list->path.bytes : "", list->cut ? " cut" : "");
	files__free_taken(f, n);
	files__free(f);
	return words;
}

static struct et_file on(const char *fs, const char *reversed, unsigned int len, uint32_t flags)
{
	struct et_file m = synth_file(&dying, ET_FILE_SLOW_CLOSE, fs, reversed, len);

	m.flags = flags;
	return m;
}

static void paths(void)
{
	struct et_file m = on("ext4", "x.log\0log\0var", 14, 0);

	CHECK_STR(told(&m), "ext4 /var/log/x.log");
	m = on("ext4", "x.log\0log", 10, ET_FILE_CUT);
	CHECK_STR(told(&m), "ext4 .../log/x.log cut");
	m = on("tmpfs", "memfd:x", 8, ET_FILE_UNLINKED);
	CHECK_STR(told(&m), "tmpfs /memfd:x (deleted)");
	m = on("ext4", "", 0, 0);
	CHECK_STR(told(&m), "ext4 /");
	m = on("fuse", "log\0mnt", 8, 0);
	memcpy(m.subtype, "sshfs", 5);
	CHECK_STR(told(&m), "fuse.sshfs /mnt/log");
	m = on("nfs4", "", 0, ET_FILE_GONE);
	CHECK_STR(told(&m), "nfs4 ?");
}

/* Without a path of their own, as /proc/PID/fd shows them. */
static void names_without_path(void)
{
	struct et_file m = on("pipefs", "", 0, 0);

	CHECK_STR(told(&m), "pipefs pipe:[77]");
	m.flags = ET_FILE_GONE | ET_FILE_CUT | ET_FILE_UNLINKED; /* a number does not go */
	m.inode = UINT64_MAX;
	CHECK_STR(told(&m), "pipefs pipe:[18446744073709551615]");
	m = on("sockfs", "TCP", 4, 0);
	CHECK_STR(told(&m), "sockfs socket:[77]");
	m = on("anon_inodefs", "[eventfd]", 10, 0);
	CHECK_STR(told(&m), "anon_inodefs anon_inode:[eventfd]");
	m = on("anon_inodefs", "[eventfd]", 10, ET_FILE_GONE);
	CHECK_STR(told(&m), "anon_inodefs ?");
}

/* Arrays full to the last byte, without a NUL. */
static void longest(void)
{
	struct et_file m = on("ext4", "", 0, ET_FILE_CUT | ET_FILE_UNLINKED);
	const char *words;

	memset(m.fs, 'f', sizeof(m.fs));
	memset(m.subtype, 's', sizeof(m.subtype));
	memset(m.path, 'p', sizeof(m.path));
	m.len = sizeof(m.path);
	words = told(&m);
	CHECK_U64(strlen(words), 2 * ET_FS_LEN + strlen(". .../") + ET_FILE_PATH_MAX + strlen(" (deleted) cut"));
	memset(m.subtype, 0, sizeof(m.subtype));
	memset(m.fs, 0, sizeof(m.fs));
	memcpy(m.fs, "anon_inodefs", 12);
	words = told(&m);
	CHECK_U64(strlen(words), strlen("anon_inodefs anon_inode:") + ET_FILE_PATH_MAX);
}

/* ---- what is kept ---- */

static void note(struct files *f, const struct et_id *id, enum et_file_what what, uint64_t ns, int error)
{
	struct et_file m = synth_file(id, what, "ext4", "x", 2);

	m.ns = ns;
	m.error = error;
	m.fd = what == ET_FILE_FLUSH_ERROR ? (int)ns : -1;
	CHECK_I64(files__add(f, &m), 0);
}

static void errors_in_order(void)
{
	struct files *f = files__new(4, 1 << 20);
	const struct noted_file *list;
	struct noted_files *n;
	unsigned int nr, i;

	note(f, &dying, ET_FILE_SLOW_CLOSE, 500, 0);
	for (i = 0; i < 100; i++)
		note(f, &dying, ET_FILE_FLUSH_ERROR, i, i % 2 ? -ENOSPC : -EIO);
	note(f, &dying, ET_FILE_SLOW_CLOSE, 900, 0);
	note(f, &dying, ET_FILE_SLOW_CLOSE, 700, 0); /* a message that came late */
	note(f, &dying, ET_FILE_SLOW_RELEASE, 3, 0);
	note(f, &dying, ET_FILE_CORE, 0, 0);
	n = files__take(f, &dying);
	list = noted_files__list(n, &nr);
	CHECK_U64(nr, ET_FILES_TOLD + 3);
	CHECK(list[0].what == ET_FILE_SLOW_CLOSE);
	CHECK_U64(list[0].ns, 900);
	for (i = 0; i < ET_FILES_TOLD; i++) {
		CHECK(list[1 + i].what == ET_FILE_FLUSH_ERROR);
		CHECK_I64(list[1 + i].fd, i);
		CHECK_STR(list[1 + i].errno_name, i % 2 ? "ENOSPC" : "EIO");
		CHECK_I64(list[1 + i].error, i % 2 ? ENOSPC : EIO);
	}
	CHECK(list[nr - 2].what == ET_FILE_SLOW_RELEASE && list[nr - 1].what == ET_FILE_CORE);
	CHECK_STR(list[nr - 1].errno_name, "");
	files__free_taken(f, n);
	CHECK(!files__take(f, &dying));
	files__free(f);
}

static void of_one_process(void)
{
	const struct et_id again = { .start_ns = dying.start_ns + 1, .tgid = dying.tgid };
	struct files *f = files__new(4, 1 << 20);
	struct noted_files *n;
	unsigned int nr;

	note(f, &dying, ET_FILE_SLOW_CLOSE, 1, 0);
	note(f, &again, ET_FILE_SLOW_CLOSE, 2, 0);
	n = files__take(f, &again);
	CHECK_U64(noted_files__list(n, &nr)->ns, 2);
	files__free_taken(f, n);
	n = files__take(f, &dying);
	CHECK_U64(noted_files__list(n, &nr)->ns, 1);
	files__free_taken(f, n);
	CHECK(!noted_files__list(NULL, &nr));
	CHECK_U64(nr, 0);
	files__free_taken(f, NULL);
	files__free(f);
	files__free(NULL);
}

/* Deaths that were filtered out leave theirs behind. */
static void oldest_is_forgotten(void)
{
	struct files *f = files__new(8, 1 << 20);
	unsigned int i, kept = 0;

	for (i = 0; i < 1000; i++) {
		struct et_id id = other(i);

		note(f, &id, ET_FILE_SLOW_CLOSE, i, 0);
	}
	for (i = 0; i < 1000; i++) {
		struct et_id id = other(i);
		struct noted_files *n = files__take(f, &id);

		CHECK(!n == (i < 992));
		kept += n != NULL;
		files__free_taken(f, n);
	}
	CHECK_U64(kept, 8);
	for (i = 0; i < 5; i++)
		note(f, &dying, ET_FILE_SLOW_CLOSE, i, 0);
	files__free(f);
}

/* Taken and added in any order. */
static void churn(void)
{
	struct files *f = files__new(16, 1 << 20);
	uint32_t rng = 1;
	unsigned int i;

	for (i = 0; i < 20000; i++) {
		struct et_id id;

		rng = rng * 1103515245 + 12345;
		id = other(1 + (rng >> 16) % 40);
		if ((rng >> 8) % 3)
			note(f, &id, 1 + (rng >> 10) % 4, rng >> 20, 0);
		else
			files__free_taken(f, files__take(f, &id));
	}
	files__free(f);
}

/* The oldest go; what was taken out counts until it is freed. */
static void memory_is_bounded(void)
{
	static struct noted_files *taken[4000];
	struct files *f = files__new(4000, 32 << 10);
	unsigned int i, n = 0;
	struct et_file m;

	for (i = 0; i < 4000; i++) {
		const struct et_id id = { .tgid = 1 + i, .start_ns = 7 };

		m = synth_file(&id, i % 2 ? ET_FILE_FLUSH_ERROR : ET_FILE_SLOW_CLOSE, "nfs4", "log\0mnt\0", 8);
		files__add(f, &m);
		files__add(f, &m);
		CHECK(files__bytes(f) <= 32 << 10);
		if (i % 3 == 0 && n < 60)
			taken[n++] = files__take(f, &id);
	}
	CHECK(files__take(f, &(struct et_id){ .tgid = 1, .start_ns = 7 }) == NULL);
	CHECK(n == 60 && taken[59]);
	while (n)
		files__free_taken(f, taken[--n]);
	while (i--)
		files__free_taken(f, files__take(f, &(struct et_id){ .tgid = 1 + i, .start_ns = 7 }));
	CHECK_U64(files__bytes(f), 0);
	files__free(f);
}

int main(void)
{
	UNIT(paths);
	UNIT(names_without_path);
	UNIT(longest);
	UNIT(errors_in_order);
	UNIT(of_one_process);
	UNIT(oldest_is_forgotten);
	UNIT(churn);
	UNIT(memory_is_bounded);
	return unit__end();
}
