/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * trace.c: takes checked options, brings the parts up in order and down again, gives the exit
 * status. Does not handle a single message itself.
 *
 * The order matters: outputs are opened and targets pinned before anything is attached; then all
 * privileges are given up, and only then is the first byte looked at that others have chosen;
 * "ready" is said last, and the command let go.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel.h"
#include "libc_files.h"
#include "log.h"
#include "loop.h"
#include "sandbox.h"
#include "symbols.h"
#include "trace.h"
#include "urgency.h"
#include "watched_libcs.h"

struct trace {
	const struct options *options;
	struct kernel kernel;
	struct plan plan;
	struct source *source;
	struct session session;
	struct command command;
	struct loop loop;
	struct privileges privileges; /* what is left once attached */
	struct target *targets;
	unsigned int nr_targets;
	struct target_cgroup cgroup;
	struct libc_files libc_files;
	struct watched_libcs watched;
	struct symbols *symbols; /* until the session has it */
	int out_fd; /* -1: stdout */
};

static int status_of(int err)
{
	if (!err)
		return STATUS_OK;
	if (err == -EPERM || err == -EACCES)
		return STATUS_DENIED;
	if (err == -ETXTBSY)
		return STATUS_USAGE; /* of one file for two things */
	return err == -EOPNOTSUPP ? STATUS_KERNEL : STATUS_ERROR;
}

static int refuse_permission(void)
{
	uint64_t lacks = kernel__lacks();
	char names[160];

	if (lacks)
		log__error("not permitted: run it as root, or give it %s", privileges__names(lacks, names));
	else
		log__error("not permitted: the kernel refuses bpf() here whatever one may (a container, or lockdown)");
	return -EPERM;
}

static int read_types(struct trace *t)
{
	int err = kernel__open(&t->kernel);

	if (!err)
		return 0;
	if (err == -ENOMEM)
		log__error("out of memory");
	else
		log__error("this kernel has no BTF (/sys/kernel/btf/vmlinux): it must be built with "
			   "CONFIG_DEBUG_INFO_BTF=y");
	return err == -ENOMEM ? err : -EOPNOTSUPP;
}

static int open_kernel(struct trace *t)
{
	int err;

	if (kernel__lacks())
		return refuse_permission();
	err = read_types(t);
	if (err)
		return err;
	err = plan__settle(&t->plan, &t->kernel, t->options);
	return err == -EPERM ? refuse_permission() : err;
}

static bool drops(const struct options *o)
{
	return !o->no_drop && sandbox__is_possible();
}

static int settle_privileges(struct trace *t)
{
	const struct options *o = t->options;

	return drops(o) ? privileges__settle(&t->privileges, o->by_other ? &o->run_as : NULL) : 0;
}

/* From here on this process prints what others have chosen, and can do nothing else. */
static int drop(struct trace *t, const struct sandbox *box)
{
	int err;

	if (!drops(t->options))
		return 0;
	err = privileges__drop(&t->privileges);
	return err ? err : sandbox__enter(box);
}

/* A FIFO has to wait for its reader. Not in open(): our signals are blocked, and only SIGKILL would end that. */
static int wait_for_reader(const char *path, int how)
{
	int fd;

	log__note("%s: a FIFO, waiting for its reader", text__shown(path).s);
	while ((fd = open(path, how)) < 0 && errno == ENXIO) {
		if (!loop__asked_to_stop(100))
			continue;
		errno = EINTR;
		break;
	}
	return fd;
}

/* Not truncated yet. */
static int open_untouched(const char *path)
{
	const int how = O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	int fd = open(path, how | O_CREAT, 0600), err = errno;
	struct stat st;

	if (fd < 0 && err == ENXIO && !lstat(path, &st) && S_ISFIFO(st.st_mode))
		return wait_for_reader(path, how);
	errno = err;
	return fd;
}

static const char *output_problem(int err)
{
	if (err == ELOOP)
		return "is a symbolic link, which is not followed";
	return err == EINTR ? "a FIFO that nobody has opened to read it" : strerror(err);
}

/* The file of --record or --replay would be destroyed, or grow for ever. */
static int refuse_same(const struct trace *t, const char *path)
{
	struct stat out, st;

	if (!path || fstat(t->out_fd >= 0 ? t->out_fd : STDOUT_FILENO, &out) || stat(path, &st))
		return 0;
	if (!S_ISREG(st.st_mode) || out.st_dev != st.st_dev || out.st_ino != st.st_ino)
		return 0;
	log__error("%s: the output goes to this file, too, which would destroy it", text__shown(path).s);
	return -ETXTBSY;
}

static int begin_file(int fd)
{
	struct stat st;

	if (fstat(fd, &st) || (S_ISREG(st.st_mode) && ftruncate(fd, 0)))
		return -errno;
	return fcntl(fd, F_SETFL, 0) ? -errno : 0; /* without O_NONBLOCK, which was for open() */
}

static int open_output(struct trace *t)
{
	const char *path = t->options->output;
	int err = 0;

	if (path)
		t->out_fd = open_untouched(path);
	if (path && t->out_fd < 0)
		err = -errno;
	if (!err && (refuse_same(t, t->options->record) || refuse_same(t, t->options->replay)))
		return -ETXTBSY;
	if (!err && path)
		err = begin_file(t->out_fd);
	if (err)
		log__error("%s: %s", text__shown(path).s, output_problem(-err));
	return err ? -EIO : 0;
}

/* Only the command itself is a target, unless everything is watched while it runs. With -f its tree is, always. */
static bool command_is_target(const struct options *o)
{
	if (o->follow)
		return o->command;
	return o->command && !o->all && !o->name && !o->by_user && !o->cgroup && !o->tree;
}

static bool asks_by_pid(const struct options *o)
{
	return o->nr_pids || o->tree || command_is_target(o);
}

static int pin(struct trace *t, pid_t pid)
{
	int err = target__pin(&t->targets[t->nr_targets], pid);

	if (!err)
		t->nr_targets++;
	return err ? -ESRCH : 0;
}

static int pin_targets(struct trace *t)
{
	const struct options *o = t->options;
	int err = 0;

	t->targets = calloc(o->nr_pids + 2, sizeof(*t->targets));
	if (!t->targets) {
		log__error("out of memory");
		return -ENOMEM;
	}
	for (unsigned int i = 0; !err && i < o->nr_pids; i++)
		err = pin(t, o->pids[i]);
	if (!err && o->tree)
		err = pin(t, o->tree);
	if (!err && o->cgroup)
		err = target__cgroup(o->cgroup, kernel__has_struct(&t->kernel, "mem_cgroup"), &t->cgroup);
	return err;
}

/* One try to have it as the plan says; the kernel's BTF is given back before there is more to hold. */
static int try_source(struct trace *t, const struct source_filter *f, size_t *program, int *why)
{
	int err = source__new(&t->plan, &t->kernel, t->options, f, &t->source);

	kernel__close(&t->kernel); /* some 8 MiB */
	if (!err)
		err = source__load(t->source, f);
	return err ? err : source__attach(t->source, program, why);
}

static int open_source(struct trace *t)
{
	struct source_filter f = {
		.targets = t->targets,
		.nr_targets = t->nr_targets,
		.targets_only = t->nr_targets || command_is_target(t->options),
		.cgroup = t->cgroup,
		.libc_files = &t->libc_files,
		.watched = &t->watched,
	};
	size_t program;
	int err, why;

	for (;;) {
		err = try_source(t, &f, &program, &why);
		if (err != -EAGAIN)
			break;
		source__free(t->source);
		t->source = NULL;
		if (read_types(t) || plan__refuse(&t->plan, &t->kernel, program, why))
			break;
	}
	if (err == -EPERM && t->source) /* bpf() itself: capabilities of another user namespace than the initial one */
		return refuse_permission();
	return err && err != -ENOMEM ? -EOPNOTSUPP : err;
}

/* Forked when everything is attached, so that its whole life is seen; it waits before exec. */
static int start_command(struct trace *t)
{
	int err = command__start(&t->command, t->options->command, loop__restore_signals);

	if (err) {
		log__error("cannot start %s: %s", text__shown(t->options->command[0]).s, strerror(-err));
		return -ECHILD;
	}
	if (drops(t->options))
		err = command__relay(&t->command, &t->privileges);
	if (err || !command_is_target(t->options))
		return err;
	err = pin(t, t->command.pid);
	return err ? err : source__add_target(t->source, &t->targets[t->nr_targets - 1]);
}

static int say_ready(const struct options *o)
{
	if (o->ready_fd >= 0) {
		if (write(o->ready_fd, "\n", 1) != 1) {
			log__error("--ready-fd %d: %s", o->ready_fd, strerror(errno));
			return -EIO;
		}
		close(o->ready_fd);
	}
	if (!o->command)
		log__note(o->duration_ns ? "ready" : "ready, Ctrl-C ends it");
	return 0;
}

/* All that takes a privilege, or a file. */
static int prepare(struct trace *t, struct et_start *start)
{
	int err = session__open(&t->session, t->options, t->out_fd >= 0 ? t->out_fd : STDOUT_FILENO, t->symbols);

	t->symbols = NULL;
	if (err)
		return -EIO;
	t->session.targets = t->targets;
	t->session.nr_targets = t->nr_targets;
	t->loop = (struct loop){ .options = t->options, .session = &t->session, .source = t->source };
	t->loop.command = t->options->command ? &t->command : NULL;
	if (t->options->command && !getauxval(AT_BASE)) /* no dynamic linker: we are static */
		t->session.unborn = t->command.pid;
	err = loop__open(&t->loop);
	if (err)
		return err;
	if (options__many(t->options))
		urgency__raise();
	source__start(t->source, start);
	source__open_snapshot(t->source); /* has said what failed */
	return 0;
}

static int begin(struct trace *t)
{
	struct et_start start;
	int err = prepare(t, &start);

	if (!err)
		err = drop(t, &sandbox_tracer);
	if (err)
		return err;
	session__message(&t->session, &start, sizeof(start));
	session__clock(&t->session);
	source__snapshot(t->source, session__message, &t->session); /* has said what failed */
	output__flush(t->session.output);
	return say_ready(t->options);
}

/* What could not be executed is no death to report; the status is a shell's: 127 or 126. */
static int run_command(struct trace *t)
{
	int err = command__release(&t->command);

	if (!err)
		return 0;
	log__error("cannot run %s: %s", text__shown(t->options->command[0]).s, strerror(-err));
	while (!command__reap(&t->command))
		usleep(1000);
	for (unsigned int i = 0; i < t->nr_targets; i++)
		t->targets[i].recorded = 1; /* and nobody misses the record */
	session__end(&t->session);
	return err;
}

static int run(struct trace *t)
{
	if (t->options->command && run_command(t))
		return 0;
	return loop__run(&t->loop);
}

static void find_libcs(struct trace *t)
{
	const struct options *o = t->options;

	if (o->exit_stack || o->stdio)
		libc_files__find(&t->libc_files, o, t->targets, t->nr_targets);
	if (o->exit_stack)
		watched_libcs__find(&t->watched, &t->libc_files);
}

/* Started first, when there is little that it could have. */
static int bring_up(struct trace *t)
{
	int err;

	if (t->options->exit_stack)
		t->symbols = symbols__new(t->options->all ? SYMBOLS_MS : SYMBOLS_FEW_MS);
	err = open_kernel(t);
	if (!err)
		err = settle_privileges(t);
	if (!err)
		err = open_output(t);
	if (!err)
		err = pin_targets(t);
	if (!err)
		find_libcs(t);
	if (!err)
		err = open_source(t);
	libc_files__close(&t->libc_files);
	if (!err && t->options->command)
		err = start_command(t);
	return err ? err : begin(t);
}

static void bring_down(struct trace *t)
{
	for (unsigned int i = 0; i < t->nr_targets; i++)
		target__close(&t->targets[i]);
	free(t->targets);
	source__free(t->source);
	command__close(&t->command); /* after that: its end is none of what was watched */
	symbols__free(t->symbols);
	kernel__close(&t->kernel);
	if (t->out_fd >= 0)
		close(t->out_fd);
}

/*
 * Pinned, and gone without a record: it ended before the last probe was attached. (With a
 * filter of the kernel half there may be no record for a good reason.)
 */
static int say_missed(const struct trace *t)
{
	const struct options *o = t->options;
	int missed = 0;

	if (o->failed || o->signals || o->name || o->by_user || o->cgroup || session__lost(&t->session))
		return 0;
	for (unsigned int i = 0; i < t->nr_targets; i++) {
		if (t->targets[i].recorded || !target__gone(&t->targets[i]))
			continue;
		log__error("process %d ended before every probe was attached: no record of it", t->targets[i].pid);
		missed++;
	}
	return missed;
}

/* -d or --count ended us before it, a full disk, or a second Ctrl-C: then nobody knows its status. */
static bool left_running(struct trace *t)
{
	if (t->command.pid <= 0 || command__reap(&t->command))
		return false;
	log__error("%s, process %d, still runs, and goes on unwatched", text__shown(t->options->command[0]).s,
		   t->command.pid);
	return t->loop.signals == 0;
}

/* What was lost or could not be written outweighs the command's own status. */
static int conclude(struct trace *t, int err)
{
	bool lost = t->session.assembler && session__lost(&t->session);
	int missed = t->session.assembler && !err ? say_missed(t) : 0;
	int write_err = session__close(&t->session);
	bool left = !err && left_running(t);

	if (err)
		return status_of(err);
	if (write_err && write_err != -EPIPE)
		return STATUS_ERROR;
	if (lost && t->options->strict)
		return STATUS_LOST;
	if (t->options->command && t->command.reaped)
		return command__exit_status(&t->command);
	return write_err || missed || left ? STATUS_ERROR : STATUS_OK;
}

int trace__live(const struct options *o)
{
	struct trace t = { .options = o, .out_fd = -1 };
	int err = loop__block_signals(), status;

	if (asks_by_pid(o) && target__namespace())
		return STATUS_USAGE;
#ifdef M_MMAP_THRESHOLD
	/* glibc keeps the room of large blocks that were freed, and the kernel's types are several MiB. */
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
#endif
	t.session.options = o;
	if (!err)
		err = bring_up(&t);
	if (err)
		command__kill(&t.command);
	else
		err = run(&t);
	status = conclude(&t, err);
	bring_down(&t);
	return status;
}

static const char *replay_problem(int err)
{
	if (err == -EPROTONOSUPPORT)
		return "recorded by another version of exittrace, which must replay it";
	return err == -EBADMSG ? "not a recording of exittrace, or cut short" : strerror(-err);
}

static int replay(struct trace *t, int fd)
{
	int err = session__open(&t->session, t->options, t->out_fd >= 0 ? t->out_fd : STDOUT_FILENO, t->symbols);

	t->symbols = NULL;
	if (!err)
		err = drop(t, &sandbox_replay);
	if (err)
		return err;
	err = stream__read(fd, session__message, &t->session);
	if (err)
		log__error("%s: %s", text__shown(t->options->replay).s, replay_problem(err));
	return err;
}

/* A recording is somebody else's bytes, too. */
int trace__replay(const struct options *o)
{
	struct trace t = { .options = o, .out_fd = -1 };
	int fd = stream__open(o->replay), err;

	signal(SIGPIPE, SIG_IGN);
	t.session.options = o;
	if (fd < 0)
		log__error("%s: %s", text__shown(o->replay).s, strerror(-fd));
	else if (stream__has_stacks(fd))
		t.symbols = symbols__new(SYMBOLS_REPLAY_MS);
	err = fd < 0 ? fd : settle_privileges(&t);
	if (!err)
		err = open_output(&t);
	if (!err)
		err = replay(&t, fd);
	symbols__free(t.symbols);
	if (t.session.output)
		session__end(&t.session);
	return conclude(&t, err && err != -ETXTBSY ? -EIO : err);
}

/* What it takes to start, and what is left once it has. */
static void print_privileges(const struct trace *t)
{
	char names[160];

	printf("needs: %s\n", privileges__names(plan__needs(&t->plan, &t->kernel), names));
	printf("then: no capabilities, seccomp, %s\n",
	       sandbox__has_landlock() ? "Landlock" : "no Landlock in this kernel");
}

int trace__probes(const struct options *o)
{
	struct trace t = { .options = o };
	int err = open_kernel(&t);

	if (!err) {
		print_privileges(&t);
		plan__print(&t.plan);
	}
	kernel__close(&t.kernel);
	return status_of(err);
}

int trace__attach(const struct options *o, struct source **out)
{
	static struct trace t; /* its plan belongs to the source */
	int err;

	t = (struct trace){ .options = o, .out_fd = -1 };
	err = open_kernel(&t);
	if (!err)
		err = pin_targets(&t);
	if (!err)
		err = open_source(&t);
	kernel__close(&t.kernel);
	*out = t.source;
	return status_of(err);
}
