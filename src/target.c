/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * target.c: takes pids, a cgroup path or a command from the command line, gives processes
 * and ids that cannot be mistaken later. Does not trace them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "snapshot.h"
#include "target.h"
#include "text.h"

/* The process a thread belongs to, 0 when there is no such thread. */
static pid_t tgid_of(pid_t tid)
{
	char path[32], line[128];
	pid_t tgid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f) && sscanf(line, "Tgid: %d", &tgid) != 1)
		;
	fclose(f);
	return tgid;
}

#define PF_KTHREAD 0x00200000 /* the same in all kernels; no header for programs has it */

/*
 * PROC_PID_INIT_INO, what /proc of any namespace shows of the initial one. In another one nothing tells which numbers
 * processes have in the initial one, and those are what the kernel half compares.
 */
#define INITIAL_PID_NS 0xEFFFFFFCU

int target__namespace(void)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) || st.st_ino == INITIAL_PID_NS)
		return 0;
	log__error("pids here are not those of the initial pid namespace, which -p, --tree and a command need: "
		   "run it on the host, or with the host's pids (--pid=host, hostPID: true), or with --all");
	return -EXDEV;
}

static int no_such_process(pid_t pid)
{
	if (access("/proc/self/stat", F_OK))
		log__error("no /proc here, which tells of process %d: mount -t proc proc /proc", pid);
	else
		log__error("no process with pid %d: it has ended already, or never was", pid);
	return -ESRCH;
}

int target__pin(struct target *t, pid_t pid)
{
	pid_t tgid = tgid_of(pid);
	struct proc_stat st;

	t->pidfd = -1;
	if (!tgid)
		return no_such_process(pid);
	if (tgid != pid) {
		log__error("%d is a thread of process %d: use -p %d", pid, tgid, tgid);
		return -EINVAL;
	}
	t->pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (t->pidfd < 0 || snapshot__stat(pid, &st) || target__gone(t)) {
		target__close(t);
		return no_such_process(pid);
	}
	if (st.flags & PF_KTHREAD) {
		log__error("%d is a kernel thread, which is no process here", pid);
		target__close(t);
		return -EINVAL;
	}
	fcntl(t->pidfd, F_SETFD, FD_CLOEXEC);
	t->pid = pid;
	t->start_ticks = st.start_ticks;
	return 0;
}

int target__gone(const struct target *t)
{
	return syscall(SYS_pidfd_send_signal, t->pidfd, 0, NULL, 0) && errno == ESRCH;
}

void target__close(struct target *t)
{
	if (t->pidfd >= 0)
		close(t->pidfd);
	t->pidfd = -1;
}

/* Of the v1 hierarchies the one with this controller, which is the one whose directories have its file. */
static int take_cgroup(const char *path, const char *file, struct target_cgroup *c)
{
	char control[4200];
	struct statfs fs;
	struct stat st;

	if (statfs(path, &fs) || stat(path, &st))
		return -ENOENT;
	if ((fs.f_type != CGROUP2_SUPER_MAGIC && fs.f_type != CGROUP_SUPER_MAGIC) || !S_ISDIR(st.st_mode))
		return -ENOTDIR;
	c->v1 = fs.f_type == CGROUP_SUPER_MAGIC;
	snprintf(control, sizeof(control), "%s/%s", path, file);
	if (c->v1 && access(control, F_OK))
		return -EOPNOTSUPP;
	c->id = st.st_ino; /* the kernfs node id on 64-bit */
	return 0;
}

static int find_cgroup(const char *path, const char *file, struct target_cgroup *c)
{
	static const char *const mounts[] = { "", "/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/memory",
					      "/sys/fs/cgroup/pids" };
	char full[4096];

	for (unsigned int i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		int n = snprintf(full, sizeof(full), "%s%s%s", mounts[i], i && path[0] != '/' ? "/" : "", path);
		/* what is cut would be another one */
		int err = n < (int)sizeof(full) ? take_cgroup(full, file, c) : -ENOENT;

		if (!err || err == -EOPNOTSUPP)
			return err;
	}
	return -ENOENT;
}

int target__cgroup(const char *path, bool memory, struct target_cgroup *c)
{
	int err = find_cgroup(path, memory ? "memory.stat" : "pids.max", c);

	if (err == -EOPNOTSUPP)
		log__error("%s is of a v1 hierarchy that is not looked at: give a cgroup of v2, or of v1's %s "
			   "controller", text__shown(path).s, memory ? "memory" : "pids");
	else if (err)
		log__error("%s is no cgroup: give a directory below /sys/fs/cgroup, or a path as in /proc/PID/cgroup",
			   text__shown(path).s);
	return err ? -ENOENT : 0;
}

__attribute__((noreturn)) static void wait_and_exec(char **argv, int go, int fail)
{
	int err;
	char byte;

	while (read(go, &byte, 1) < 0 && errno == EINTR)
		;
	execvp(argv[0], argv);
	err = errno;
	if (write(fail, &err, sizeof(err)) != sizeof(err))
		_exit(126);
	_exit(err == ENOENT ? 127 : 126);
}

int command__start(struct command *c, char **argv, void (*before_exec)(void))
{
	int go[2], fail[2];

	memset(c, 0, sizeof(*c));
	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(fail, O_CLOEXEC)) {
		close(go[0]);
		close(go[1]);
		return -errno;
	}
	c->pid = fork();
	if (!c->pid) {
		close(go[1]);
		close(fail[0]);
		before_exec();
		wait_and_exec(argv, go[0], fail[1]);
	}
	close(go[0]);
	close(fail[1]);
	c->go_fd = go[1];
	c->fail_fd = fail[0];
	return c->pid < 0 ? -errno : 0;
}

int command__release(struct command *c)
{
	int err = 0;
	ssize_t n;

	close(c->go_fd); /* end of file is the starting shot, also when we die */
	do {
		n = read(c->fail_fd, &err, sizeof(err));
	} while (n < 0 && errno == EINTR);
	close(c->fail_fd);
	return n == sizeof(err) ? -err : 0;
}

int command__relay(struct command *c, const struct privileges *p)
{
	return relay__start(&c->relay, c->pid, p);
}

int command__signal(struct command *c, int sig)
{
	if (c->relay.pid > 0)
		return relay__send(&c->relay, sig);
	return kill(c->pid, sig) ? -errno : 0;
}

int command__reap(struct command *c)
{
	if (!c->reaped && waitpid(c->pid, &c->status, WNOHANG) == c->pid)
		c->reaped = 1;
	return c->reaped;
}

int command__exit_status(const struct command *c)
{
	return WIFSIGNALED(c->status) ? 128 + WTERMSIG(c->status) : WEXITSTATUS(c->status);
}

void command__kill(struct command *c)
{
	if (c->pid <= 0 || c->reaped)
		return;
	if (command__signal(c, SIGKILL)) {
		log__error("cannot end the command, process %d", c->pid);
		return;
	}
	waitpid(c->pid, &c->status, 0);
	c->reaped = 1;
}

void command__close(struct command *c)
{
	relay__end(&c->relay);
}
