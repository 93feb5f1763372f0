/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a directory, gives a file system there in which every name is a file: what is
 * written is thrown away, FLUSH and RELEASE are counted. The name says how they go:
 *   enospc*  eio*    FLUSH fails so
 *   sleepN*          FLUSH takes N ms
 *   slowrelN*        RELEASE takes N ms
 * RELEASE of a file is not waited for: after -d there is the device /dev/NAME instead, of
 * which it is.
 * Says "ready" when it is there. For each line on stdin it tells the counts, {"total":
 * {"flush":..,"release":..},"name":{..}}; goes away, and the mount with it, when stdin
 * ends. Does not keep data, does not list the directory.
 */
#define FUSE_USE_VERSION 312
#include "helper.h"

#include <cuse_lowlevel.h>
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

#define FILES_MAX 512
#define FOR_EVER 1e6
#define FIRST_INO 2 /* behind FUSE_ROOT_ID */

struct file {
	char name[64];
	int flush, release; /* requests */
};

static struct file files[FILES_MAX];
static int nr_files;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct file *file_of(fuse_ino_t ino)
{
	return &files[ino - FIRST_INO];
}

/* The number of the file, a new one if need be; negative: too many, or the name too long. */
static int find(const char *name)
{
	int i;

	for (i = 0; i < nr_files; i++)
		if (!strcmp(files[i].name, name))
			return i;
	if (nr_files == FILES_MAX || strlen(name) >= sizeof(files[0].name))
		return -1;
	strcpy(files[nr_files].name, name);
	return nr_files++;
}

static void set_attributes(struct stat *st, fuse_ino_t ino)
{
	memset(st, 0, sizeof(*st));
	st->st_ino = ino;
	st->st_mode = ino == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0644;
	st->st_nlink = 1;
}

static void on_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param entry = { .attr_timeout = FOR_EVER, .entry_timeout = FOR_EVER };
	int number;

	(void)parent;
	pthread_mutex_lock(&lock);
	number = find(name);
	pthread_mutex_unlock(&lock);
	if (number < 0) {
		fuse_reply_err(req, ENFILE);
		return;
	}
	entry.ino = (fuse_ino_t)number + FIRST_INO;
	set_attributes(&entry.attr, entry.ino);
	fuse_reply_entry(req, &entry);
}

static void on_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st;

	(void)fi;
	set_attributes(&st, ino);
	fuse_reply_attr(req, &st, FOR_EVER);
}

/* Truncation, for one */
static void on_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *wanted, int which, struct fuse_file_info *fi)
{
	(void)wanted;
	(void)which;
	on_getattr(req, ino, fi);
}

static void on_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	fuse_reply_open(req, fi);
}

static void on_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size, off_t offset,
		     struct fuse_file_info *fi)
{
	(void)ino;
	(void)data;
	(void)offset;
	(void)fi;
	fuse_reply_write(req, size);
}

static void sleep_as_named(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);
	struct timespec t;
	int ms;

	if (strncmp(name, prefix, len))
		return;
	ms = atoi(name + len);
	t = (struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

static int error_as_named(const char *name)
{
	if (!strncmp(name, "enospc", 6))
		return ENOSPC;
	return strncmp(name, "eio", 3) ? 0 : EIO;
}

/* Counted before the answer: whoever was told the answer finds it counted. */
static void on_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)fi;
	__atomic_add_fetch(&file_of(ino)->flush, 1, __ATOMIC_SEQ_CST);
	sleep_as_named(file_of(ino)->name, "sleep");
	fuse_reply_err(req, error_as_named(file_of(ino)->name));
}

static void on_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)fi;
	sleep_as_named(file_of(ino)->name, "slowrel");
	__atomic_add_fetch(&file_of(ino)->release, 1, __ATOMIC_SEQ_CST);
	fuse_reply_err(req, 0);
}

static const struct fuse_lowlevel_ops operations = {
	.lookup = on_lookup,
	.getattr = on_getattr,
	.setattr = on_setattr,
	.open = on_open,
	.write = on_write,
	.flush = on_flush,
	.release = on_release,
};

static void tell_counts(void)
{
	int i, flush = 0, release = 0;

	pthread_mutex_lock(&lock);
	printf("{");
	for (i = 0; i < nr_files; i++) {
		printf("\"%s\":{\"flush\":%d,\"release\":%d},", files[i].name, files[i].flush, files[i].release);
		flush += files[i].flush;
		release += files[i].release;
	}
	printf("\"total\":{\"flush\":%d,\"release\":%d}}\n", flush, release);
	fflush(stdout);
	pthread_mutex_unlock(&lock);
}

/* The end of this process ends the connection: who waits for an answer gets an error. */
static void *obey(void *arg)
{
	struct fuse_session *session = arg;
	char line[64];

	while (fgets(line, sizeof(line), stdin))
		tell_counts();
	if (session)
		fuse_session_unmount(session);
	_exit(0);
}

static void start_to_obey(struct fuse_session *session)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, obey, session))
		broken("pthread_create");
	printf("ready\n");
	fflush(stdout);
}

static int serve_directory(const char *path)
{
	/* "fuse.counted" in /proc/mounts */
	char *argv[] = { "fuse", "-ofsname=tests,subtype=counted", NULL };
	struct fuse_args args = FUSE_ARGS_INIT(2, argv);
	struct fuse_session *session = fuse_session_new(&args, &operations, sizeof(operations), NULL);

	if (!session || fuse_session_mount(session, path))
		broken("fuse_session_mount");
	start_to_obey(session);
	fuse_session_loop_mt(session, NULL);
	fuse_session_unmount(session);
	return 0;
}

/* ---- a device ---- */

static void on_device_open(fuse_req_t req, struct fuse_file_info *fi)
{
	on_open(req, FIRST_INO, fi);
}

static void on_device_write(fuse_req_t req, const char *data, size_t size, off_t offset, struct fuse_file_info *fi)
{
	on_write(req, FIRST_INO, data, size, offset, fi);
}

static void on_device_release(fuse_req_t req, struct fuse_file_info *fi)
{
	on_release(req, FIRST_INO, fi);
}

static void on_device_ready(void *user)
{
	(void)user;
	start_to_obey(NULL);
}

static const struct cuse_lowlevel_ops device_operations = {
	.init_done = on_device_ready,
	.open = on_device_open,
	.write = on_device_write,
	.release = on_device_release,
};

static int serve_device(const char *name)
{
	char variable[80], *argv[] = { "fuse", "-f", NULL };
	const char *variables[] = { variable };
	const struct cuse_info info = { .dev_info_argc = 1, .dev_info_argv = variables };

	snprintf(variable, sizeof(variable), "DEVNAME=%s", name);
	if (find(name) < 0)
		broken(name);
	return cuse_lowlevel_main(2, argv, &info, &device_operations, NULL);
}

int main(int argc, char **argv)
{
	forget_signals();
	if (argc == 2)
		return serve_directory(argv[1]);
	if (argc == 3 && !strcmp(argv[1], "-d"))
		return serve_device(argv[2]);
	fprintf(stderr, "usage: fuse DIRECTORY | fuse -d NAME\n");
	return 2;
}
