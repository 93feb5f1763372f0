/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes the name of a way to die, gives that death, or a family of processes whose
 * deaths it states on stdout, one line of JSON each: {"pid":..,"expect":{key:value}}.
 * Does not judge: tests/cases compares. Words on stdout ("ready", "handled") are
 * handshakes. `die --list` tells what the record of each way must hold.
 */
#include "ways.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- exits ---- */

static void die_exit(char **argv)
{
	exit(number(argv, 1));
}

static void die__exit(char **argv)
{
	_exit(number(argv, 1));
}

static void die_exit_group(char **argv)
{
	syscall(SYS_exit_group, number(argv, 1));
}

static void die_return(char **argv)
{
	returned = number(argv, 1);
}

/* ---- threads ---- */

static pthread_barrier_t barrier;

/* The state in /proc/PID/stat is that of the leader. */
static bool leader_is_gone(void)
{
	char stat[128] = "";
	int fd = (int)check("open", open("/proc/self/stat", O_RDONLY | O_CLOEXEC));
	const char *state;

	check("read", read(fd, stat, sizeof(stat) - 1));
	close(fd);
	state = strrchr(stat, ')');
	return state && state[2] == 'Z';
}

static void *exit_later(void *arg)
{
	char **argv = arg;

	while (!leader_is_gone())
		pause_ns(MS);
	pause_ns(number(argv, 2) * MS);
	exit(number(argv, 1));
}

/* leader-first CODE MS: a thread goes on for so long */
static void die_leader_first(char **argv)
{
	thread(exit_later, argv);
	pthread_exit(NULL);
}

static void *wait_and_end(void *arg)
{
	pthread_barrier_wait(&barrier);
	if (arg)
		pause_ns(20 * MS);
	return NULL;
}

static void die_all_leader_first(char **argv)
{
	int i, n = number(argv, 1);

	pthread_barrier_init(&barrier, NULL, (unsigned int)n + 1);
	for (i = 0; i < n; i++)
		thread(wait_and_end, argv);
	pthread_barrier_wait(&barrier);
	pthread_exit(NULL);
}

static void die_all_leader_last(char **argv)
{
	int i, n = number(argv, 1);
	pthread_t t[64];

	if (n > 64)
		exit(2);
	pthread_barrier_init(&barrier, NULL, (unsigned int)n + 1);
	for (i = 0; i < n; i++)
		t[i] = thread(wait_and_end, NULL);
	pthread_barrier_wait(&barrier);
	for (i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	pthread_exit(NULL);
}

static void *wait_in_thread(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&barrier);
	wait_for_death();
}

static void start_threads(int n)
{
	int i;

	pthread_barrier_init(&barrier, NULL, (unsigned int)n);
	for (i = 1; i < n; i++)
		thread(wait_in_thread, NULL);
	pthread_barrier_wait(&barrier);
}

/* N threads, the leader included */
static void die_threads(char **argv)
{
	start_threads(number(argv, 1));
	say("ready\n");
	wait_for_death();
}

static void die_threads_exit(char **argv)
{
	start_threads(number(argv, 1));
	exit(number(argv, 2));
}

static void *exec_exit(void *arg)
{
	char **argv = arg;

	execl("/proc/self/exe", "die", "exit", argv[1], (char *)NULL);
	broken("exec");
}

/* The thread that execs takes the leader's pid: one process, one death. */
static void die_exec_in_thread(char **argv)
{
	thread(exec_exit, argv);
	wait_for_death();
}

/* ---- signals to itself ---- */

static void die_kill_self(char **argv)
{
	kill(getpid(), number(argv, 1));
	wait_for_death();
}

static void die_raise(char **argv)
{
	raise(number(argv, 1));
}

static void silence_stderr(void)
{
	dup2((int)check("open", open("/dev/null", O_WRONLY)), STDERR_FILENO);
}

static void die_abort(char **argv)
{
	(void)argv;
	abort();
}

static void die_assert(char **argv)
{
	silence_stderr();
	assert(!argv[0]);
}

/* ---- faults ---- */

static volatile int zero;

static void die_null_write(char **argv)
{
	(void)argv;
	*(volatile int *)(uintptr_t)zero = 1;
}

static void die_null_jump(char **argv)
{
	(void)argv;
	((void (*)(void))(uintptr_t)zero)();
}

static void die_readonly_write(char **argv)
{
	volatile char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)argv;
	page[16] = 1;
}

/* No page fault but a general protection fault: the kernel does not tell the address. */
static void die_noncanonical(char **argv)
{
	(void)argv;
	*(volatile int *)(0x4141414141414141 + (uintptr_t)zero) = 1;
}

static int deeper(volatile char *above)
{
	volatile char here[4096];

	here[0] = *above;
	return zero ? 0 : deeper(here) + here[0];
}

static void die_stack_overflow(char **argv)
{
	struct rlimit limit = { .rlim_cur = 1 << 20, .rlim_max = 1 << 20 };

	setrlimit(RLIMIT_STACK, &limit);
	returned = deeper(argv[0]);
}

static void die_truncated_mmap(char **argv)
{
	int fd = (int)check("memfd_create", memfd_create("die", 0));
	volatile char *page;

	(void)argv;
	check("ftruncate", ftruncate(fd, 4096));
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	check("ftruncate", ftruncate(fd, 0));
	returned = page[8];
}

/* In assembly: a compiler may turn x / 0 into a trap of another kind. */
static void die_divide(char **argv)
{
	(void)argv;
#ifdef __x86_64__
	__asm__ volatile("xorl %%ecx, %%ecx; movl $1, %%eax; cltd; idivl %%ecx" ::: "eax", "ecx", "edx");
#endif
}

static void die_ud2(char **argv)
{
	(void)argv;
#ifdef __x86_64__
	__asm__ volatile("ud2");
#endif
}

static void die_int3(char **argv)
{
	(void)argv;
#ifdef __x86_64__
	__asm__ volatile("int3");
#endif
}

/* ---- nobody reads ---- */

static void write_unread(int keep, int drop)
{
	ssize_t ret;

	close(drop);
	ret = write(keep, "x", 1);
	(void)ret;
}

static void die_pipe(char **argv)
{
	int fd[2];

	(void)argv;
	check("pipe", pipe(fd));
	write_unread(fd[1], fd[0]);
}

static void die_socket(char **argv)
{
	int fd[2];

	(void)argv;
	check("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
	write_unread(fd[1], fd[0]);
}

/* ---- told to die by others ---- */

static void on_signal_say(int sig)
{
	(void)sig;
	say("handled\n");
}

static void set_blocked(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	check("sigprocmask", sigprocmask(how, &set, NULL));
}

static void die_wait(char **argv)
{
	(void)argv;
	say("ready\n");
	wait_for_death();
}

static void die_handle(char **argv)
{
	handle(number(argv, 1), on_signal_say);
	say("ready\n");
	wait_for_death();
}

static volatile sig_atomic_t told;

static void on_signal_note(int sig)
{
	(void)sig;
	told = 1;
}

/* handle-exit SIG CODE MS: a service that stops in order, and takes its time */
static void die_handle_exit(char **argv)
{
	int sig = number(argv, 1);
	sigset_t open;

	sigemptyset(&open);
	set_blocked(SIG_BLOCK, sig);
	handle(sig, on_signal_note);
	say("ready\n");
	while (!told)
		sigsuspend(&open);
	pause_ns(number(argv, 3) * MS);
	exit(number(argv, 2));
}

static void reraise(int sig)
{
	handle(sig, SIG_DFL);
	raise(sig);
}

static void die_reraise(char **argv)
{
	handle(number(argv, 1), reraise);
	say("ready\n");
	wait_for_death();
}

static void die_ignore_exit(char **argv)
{
	handle(number(argv, 1), SIG_IGN);
	say("ready\n");
	go();
	exit(number(argv, 2));
}

static void die_ignore(char **argv)
{
	handle(number(argv, 1), SIG_IGN);
	say("ready\n");
	wait_for_death();
}

static void die_block_fault(char **argv)
{
	set_blocked(SIG_BLOCK, number(argv, 1));
	say("ready\n");
	go();
	die_null_write(argv);
}

static void die_block_unblock(char **argv)
{
	int sig = number(argv, 1);

	set_blocked(SIG_BLOCK, sig);
	say("ready\n");
	go();
	set_blocked(SIG_UNBLOCK, sig);
	wait_for_death();
}

/* ---- senders: HOW SIG PID [TID] ---- */

static void die_send(char **argv)
{
	check("kill", kill(number(argv, 2), number(argv, 1)));
}

static void die_sigqueue(char **argv)
{
	check("sigqueue", sigqueue(number(argv, 2), number(argv, 1), (union sigval){ .sival_int = 77 }));
}

static void die_tgkill(char **argv)
{
	check("tgkill", syscall(SYS_tgkill, number(argv, 2), number(argv, 3), number(argv, 1)));
}

static void die_pidfd_send(char **argv)
{
	long fd = check("pidfd_open", syscall(SYS_pidfd_open, number(argv, 2), 0));

	check("pidfd_send_signal", syscall(SYS_pidfd_send_signal, fd, number(argv, 1), NULL, 0));
}

/* The siginfo says that init sent it. */
static void die_forge(char **argv)
{
	siginfo_t info = { .si_signo = number(argv, 1), .si_code = SI_QUEUE };

	info.si_pid = 1;
	check("rt_sigqueueinfo", syscall(SYS_rt_sigqueueinfo, number(argv, 2), info.si_signo, &info));
}

/* forge-timer* SIG PID INNOCENT: the siginfo says that it comes from a timer, and names somebody else. */
static siginfo_t forged_timer(char **argv)
{
	siginfo_t info = { .si_signo = number(argv, 1), .si_code = SI_TIMER };

	info.si_pid = number(argv, 3);
	return info;
}

static void die_forge_timer(char **argv)
{
	siginfo_t info = forged_timer(argv);

	check("rt_sigqueueinfo", syscall(SYS_rt_sigqueueinfo, number(argv, 2), info.si_signo, &info));
}

static void die_forge_timer_thread(char **argv)
{
	siginfo_t info = forged_timer(argv);
	int pid = number(argv, 2);

	check("rt_tgsigqueueinfo", syscall(SYS_rt_tgsigqueueinfo, pid, pid, info.si_signo, &info));
}

static void die_forge_timer_pidfd(char **argv)
{
	siginfo_t info = forged_timer(argv);
	long fd = check("pidfd_open", syscall(SYS_pidfd_open, number(argv, 2), 0));

	check("pidfd_send_signal", syscall(SYS_pidfd_send_signal, fd, info.si_signo, &info, 0));
}

/* forge-self SIG CODE: as if the kernel said so */
static void die_forge_self(char **argv)
{
	siginfo_t info = { .si_signo = number(argv, 1), .si_code = number(argv, 2) };

	info.si_addr = (void *)0xdead;
	check("rt_tgsigqueueinfo", syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), info.si_signo, &info));
	wait_for_death();
}

/* pidfd-each SIG PID...: a descriptor for each, the same number again and again */
static void die_pidfd_each(char **argv)
{
	for (char **pid = argv + 2; *pid; pid++) {
		long fd = check("pidfd_open", syscall(SYS_pidfd_open, atoi(*pid), 0));

		check("pidfd_send_signal", syscall(SYS_pidfd_send_signal, fd, number(argv, 1), NULL, 0));
		close(fd);
	}
}

/* write-each TEXT FILE...: the same */
static void die_write_each(char **argv)
{
	for (char **file = argv + 2; *file; file++) {
		int fd = (int)check("open", open(*file, O_WRONLY));

		check("write", write(fd, argv[1], strlen(argv[1])));
		close(fd);
	}
}

static void exit_7(int sig)
{
	(void)sig;
	_exit(7);
}

static void *take_signal(void *sig)
{
	set_blocked(SIG_UNBLOCK, (int)(long)sig);
	say("ready\n");
	wait_for_death();
	return NULL;
}

/* worker-takes SIG: the main thread blocks it */
static void die_worker_takes(char **argv)
{
	const long sig = number(argv, 1);
	pthread_t thread;

	set_blocked(SIG_BLOCK, (int)sig);
	signal((int)sig, exit_7);
	pthread_create(&thread, NULL, take_signal, (void *)sig);
	wait_for_death();
}

/* child-ends SIG: a child that lets it know by that */
static void die_child_ends(char **argv)
{
	if (!check("clone", syscall(SYS_clone, number(argv, 1), NULL, NULL, NULL, NULL)))
		_exit(0);
	wait_for_death();
}

/* send-later SIG PID: when told to */
static void die_send_later(char **argv)
{
	say("ready\n");
	go();
	die_send(argv);
}

/* send-child SIG PID: a child of ours does it */
static void die_send_child(char **argv)
{
	pid_t pid = child();

	if (!pid) {
		die_send(argv);
		_exit(0);
	}
	state(pid, "'exit.raw':%d,'parent.pid':%d", reap(pid), getpid());
}

/* escalate PID MS: asks it to stop, then does not ask */
static void die_escalate(char **argv)
{
	check("kill", kill(number(argv, 1), SIGTERM));
	pause_ns(number(argv, 2) * MS);
	check("kill", kill(number(argv, 1), SIGKILL));
}

/* write PATH TEXT: files of the kernel that act on what is written to them */
static void die_write(char **argv)
{
	int fd = (int)check(argv[1], open(argv[1], O_WRONLY));

	check(argv[1], write(fd, argv[2], strlen(argv[2])));
}

/* ---- families ---- */

static void die_vfork(char **argv)
{
	int code = number(argv, 1), status;
	pid_t pid = vfork();

	if (!pid)
		_exit(code);
	status = reap((pid_t)check("vfork", pid));
	state(pid, "'exit.raw':%d,'cause.class':'exit','parent.pid':%d,'reap.how':'waited','reap.by.pid':%d",
	      status, getpid(), getpid());
}

extern char **environ;

static void die_spawn(char **argv)
{
	char *args[] = { "die", "exit", argv[1], NULL };
	pid_t pid;
	int status;

	errno = posix_spawn(&pid, "/proc/self/exe", NULL, NULL, args, environ);
	if (errno)
		broken("posix_spawn");
	status = reap(pid);
	state(pid, "'exit.raw':%d,'cause.class':'exit','parent.pid':%d,'reap.how':'waited','reap.by.pid':%d",
	      status, getpid(), getpid());
}

/* clone EXIT-SIGNAL CODE */
static void die_clone(char **argv)
{
	int sig = number(argv, 1), code = number(argv, 2), status;
	long pid;

	if (sig)
		handle(sig, SIG_IGN);
	pid = check("clone", syscall(SYS_clone, (unsigned long)sig, 0, 0, 0, 0));
	if (!pid)
		_exit(code);
	status = reap((pid_t)pid);
	state((pid_t)pid, "'exit.raw':%d,'cause.class':'exit','reap.how':'waited','reap.by.pid':%d", status, getpid());
}

/* quick N CODE: children that never get as far as exec */
static void die_quick(char **argv)
{
	int i, n = number(argv, 1), code = number(argv, 2);
	pid_t pid;

	for (i = 0; i < n; i++) {
		pid = child();
		if (!pid)
			_exit(code);
		state(pid, "'exit.raw':%d,'process.comm':'die','parent.pid':%d,'reap.by.pid':%d", reap(pid), getpid(),
		      getpid());
	}
}

static void auto_child(const char *reason)
{
	pid_t pid = child();

	if (!pid)
		_exit(6);
	/* ECHILD, but only after the last child is gone */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	state(pid, "'exit.code':6,'reap.how':'auto','reap.auto_reason':'%s','parent.pid':%d", reason, getpid());
}

static void die_auto_ignore(char **argv)
{
	(void)argv;
	handle(SIGCHLD, SIG_IGN);
	auto_child("sigchld_ignored");
}

static void die_auto_nocldwait(char **argv)
{
	struct sigaction sa = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT };

	(void)argv;
	check("sigaction", sigaction(SIGCHLD, &sa, NULL));
	auto_child("no_cldwait");
}

/* The child asks for it itself: 7.1 and newer. Status 77: this kernel does not know it. */
#ifndef CLONE_AUTOREAP
#define CLONE_AUTOREAP (1ULL << 34)
#endif

static void die_auto_clone(char **argv)
{
	struct clone_args args = { .flags = CLONE_AUTOREAP };
	long pid;

	(void)argv;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0 && errno == EINVAL)
		_exit(77);
	if (!check("clone3", pid))
		_exit(6);
	while (waitpid((pid_t)pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	if (errno != ECHILD)
		broken("waited for");
	state((pid_t)pid, "'exit.code':6,'reap.how':'auto','reap.auto_reason':'autoreap','parent.pid':%d", getpid());
}

/* zombie MS: the parent lets it lie */
static void die_zombie(char **argv)
{
	pid_t pid = child();

	if (!pid)
		_exit(4);
	until_dead(pid);
	pause_ns(number(argv, 1) * MS);
	state(pid, "'exit.raw':%d,'reap.how':'waited','reap.by.pid':%d", reap(pid), getpid());
}

/* leave-zombie: the parent lets it lie until a byte comes */
static void die_leave_zombie(char **argv)
{
	pid_t pid = child();

	if (!pid)
		_exit(number(argv, 1));
	until_dead(pid);
	state(pid, "'exit.code':%d,'parent.pid':%d", number(argv, 1), getpid());
	go();
	reap(pid);
}

static void *reap_in_thread(void *arg)
{
	pid_t *pid = arg;

	state(*pid, "'exit.raw':%d,'reap.how':'waited','reap.by.pid':%d,'reap.by.tid':%ld", reap(*pid), getpid(),
	      syscall(SYS_gettid));
	return NULL;
}

static void die_wait_in_thread(char **argv)
{
	pid_t pid = child();

	if (!pid)
		_exit(number(argv, 1));
	pthread_join(thread(reap_in_thread, &pid), NULL);
}

/* waitid CODE: and no wait4 at all */
static void die_waitid(char **argv)
{
	siginfo_t info;
	pid_t pid = child();

	if (!pid)
		_exit(number(argv, 1));
	check("waitid", waitid(P_PID, (id_t)pid, &info, WEXITED));
	state(pid, "'exit.code':%d,'reap.how':'waited','reap.by.pid':%d", info.si_status, getpid());
}

/* ptraced MS: a tracer that is not the parent holds the dead body */
static void tracer(pid_t target, int start, int delay_ms)
{
	check("PTRACE_SEIZE", ptrace(PTRACE_SEIZE, target, 0, 0));
	check("write", write(start, "x", 1));
	until_dead(target);
	pause_ns(delay_ms * MS);
	reap(target);
	_exit(0);
}

static void die_ptraced(char **argv)
{
	int start[2], status;
	pid_t pid, by;

	check("pipe", pipe(start));
	pid = child();
	if (!pid) {
		dup2(start[0], STDIN_FILENO);
		go();
		_exit(8);
	}
	by = child();
	if (!by)
		tracer(pid, start[1], number(argv, 1));
	reap(by);
	status = reap(pid);
	state(pid, "'exit.raw':%d,'reap.how':'traced','reap.by.pid':%d,'parent.pid':%d,'reap.tracer.pid':%d,"
	      "'reap.tracer.uid':0", status, getpid(), getpid(), by);
}

/* ---- orphans ---- */

/* In the order in which an orphan tells them */
enum { DEAD, ORPHAN, ADOPTER, MIDDLE, NR_PIDS };

/*
 * The middle process has two children and waits for neither: one dies before it, the
 * other sees who its new parent is.
 */
static void orphan_maker(int out)
{
	pid_t middle = getpid(), dead, pids[NR_PIDS];

	dead = child();
	if (!dead)
		_exit(10);
	until_dead(dead);
	if (child())
		_exit(0);
	while (getppid() == middle)
		pause_ns(MS);
	pids[DEAD] = dead;
	pids[ORPHAN] = getpid();
	pids[ADOPTER] = getppid();
	pids[MIDDLE] = middle;
	check("write", write(out, pids, sizeof(pids)));
	_exit(11);
}

static void make_orphans(pid_t pids[NR_PIDS])
{
	int fd[2];
	pid_t pid;

	check("pipe", pipe(fd));
	pid = child();
	if (!pid)
		orphan_maker(fd[1]);
	reap(pid);
	check("read", read(fd[0], pids, NR_PIDS * sizeof(pid_t)) - NR_PIDS * (long)sizeof(pid_t));
}

/* Whoever takes orphans in without being init was asked to with prctl(). */
static const char *role(pid_t adopter)
{
	return adopter == 1 ? "init" : "subreaper";
}

static void state_orphans(const pid_t pids[NR_PIDS])
{
	pid_t adopter = pids[ADOPTER];

	state(pids[DEAD], "'exit.code':10,'reap.how':'reparented','reap.reparented_to.pid':%d,"
	      "'reap.reparented_to.role':'%s','reap.by.pid':%d", adopter, role(adopter), adopter);
	state(pids[ORPHAN], "'exit.code':11,'reap.how':'waited','parent.pid':%d,'reap.by.pid':%d,'children.adopted':0",
	      adopter, adopter);
	state(pids[MIDDLE], "'exit.code':0,'parent.pid':%d,'children.adopted':2,'children.adopted_by.pid':%d,"
	      "'children.adopted_by.role':'%s'", getpid(), adopter, role(adopter));
}

static void die_orphans_to_subreaper(char **argv)
{
	pid_t pids[NR_PIDS];

	(void)argv;
	check("PR_SET_CHILD_SUBREAPER", prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	make_orphans(pids);
	reap(pids[DEAD]);
	reap(pids[ORPHAN]);
	state_orphans(pids);
}

static void die_orphans_to_init(char **argv)
{
	pid_t pids[NR_PIDS];

	(void)argv;
	make_orphans(pids);
	state_orphans(pids);
}

/* ---- children left behind ---- */

/* Dies with n children, which stay until `gate` is closed. */
static void leave_children(int n, const int gate[2])
{
	char byte;

	while (n-- > 0) {
		if (child())
			continue;
		close(gate[1]);
		_exit((int)read(gate[0], &byte, 1));
	}
	_exit(14);
}

/* leave-children N: that they are ours to wait for shows who adopted them. */
static void die_leave_children(char **argv)
{
	int n = number(argv, 1), i, gate[2];
	pid_t pid;

	check("pipe", pipe(gate));
	check("PR_SET_CHILD_SUBREAPER", prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	pid = child();
	if (!pid)
		leave_children(n, gate);
	reap(pid);
	close(gate[1]);
	for (i = 0; i < n; i++)
		check("wait", wait(NULL));
	if (n)
		state(pid, "'exit.code':14,'children.adopted':%d,'children.adopted_by.pid':%d,"
		      "'children.adopted_by.role':'subreaper'", n, getpid());
	else
		state(pid, "'exit.code':14,'children.adopted':0,'children.adopted_by':null");
}

/* In a process group of its own, which the parent may make a moment earlier. */
static pid_t group_of_its_own(void)
{
	pid_t pid = child();

	if (!pid) {
		setpgid(0, 0);
		wait_for_death();
	}
	setpgid(pid, pid);
	return pid;
}

/* Its child is stopped, and in a session where nobody else could continue it. */
static void leave_stopped(int out)
{
	pid_t pid;

	check("setsid", setsid());
	pid = group_of_its_own();
	kill(pid, SIGSTOP);
	check("waitpid", waitpid(pid, NULL, WUNTRACED));
	check("write", write(out, &pid, sizeof(pid)));
	_exit(15);
}

/* Its child is in the foreground of the terminal it is the session leader of. */
static void leave_foreground(int out, int slave)
{
	pid_t pid;

	check("setsid", setsid());
	check("TIOCSCTTY", ioctl(slave, TIOCSCTTY, 0));
	pid = group_of_its_own();
	check("tcsetpgrp", tcsetpgrp(slave, pid));
	check("write", write(out, &pid, sizeof(pid)));
	_exit(15);
}

static int open_terminal(int *master)
{
	*master = (int)check("posix_openpt", posix_openpt(O_RDWR | O_NOCTTY));
	check("grantpt", grantpt(*master));
	check("unlockpt", unlockpt(*master));
	return (int)check("open", open(ptsname(*master), O_RDWR | O_NOCTTY));
}

/* hang-up stopped|foreground: what the orphan died of shows who was hung up. */
static void die_hang_up(char **argv)
{
	int fd[2], master, slave = open_terminal(&master), status;
	bool stopped = argv[1] && !strcmp(argv[1], "stopped");
	char id[IDENT_LEN];
	pid_t pid, orphan;

	check("pipe", pipe(fd));
	check("PR_SET_CHILD_SUBREAPER", prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	pid = child();
	if (!pid && stopped)
		leave_stopped(fd[1]);
	if (!pid)
		leave_foreground(fd[1], slave);
	until_dead(pid);
	ident(id, pid);
	reap(pid);
	check("read", read(fd[0], &orphan, sizeof(orphan)) - (long)sizeof(orphan));
	status = reap(orphan);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGHUP)
		broken("no hangup");
	state(pid, "'exit.code':15,'children.adopted':1,'children.hung_up':1");
	state(orphan, "'exit.raw':%d,'exit.signal':%d,'cause.class':'hangup','cause.by':null,'cause.because_of':'%s'",
	      status, SIGHUP, id);
}

/* ---- uses ---- */

static long long cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000 * MS + t.tv_nsec;
}

/* burn MS MIB: time on the processor, memory */
static void die_burn(char **argv)
{
	size_t size = (size_t)number(argv, 2) << 20;
	char *memory = malloc(size);

	if (!memory)
		broken("malloc");
	memset(memory, 1, size);
	while (cpu_ns() < number(argv, 1) * MS)
		;
	exit(memory[size / 2] - 1);
}

/* touch MIB */
static void die_touch(char **argv)
{
	touch((size_t)number(argv, 1) << 20);
	state(getpid(), "'phases.mm_freed':true");
}

static void state_lender(pid_t borrower, int status)
{
	state(borrower, "'exit.raw':%d,'phases.mm_freed':false", status);
	state(getpid(), "'phases.mm_freed':true");
}

/* touch-vfork MIB: the child dies with its parent's memory */
static void die_touch_vfork(char **argv)
{
	pid_t pid;

	touch((size_t)number(argv, 1) << 20);
	pid = vfork();
	if (!pid)
		_exit(3);
	state_lender(pid, reap((pid_t)check("vfork", pid)));
}

static int end_clone(void *arg)
{
	(void)arg;
	syscall(SYS_exit, 3);
	return 0;
}

static char clone_stack[STACK] __attribute__((aligned(16)));

/* touch-shared MIB: the same, and the parent goes on meanwhile */
static void die_touch_shared(char **argv)
{
	int pid;

	touch((size_t)number(argv, 1) << 20);
	pid = (int)check("clone", clone(end_clone, clone_stack + STACK, CLONE_VM | SIGCHLD, NULL));
	state_lender(pid, reap(pid));
}

/* ---- descriptors ---- */

static int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	if (!dir)
		broken("/proc/self/fd");
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 3; /* ".", ".." and the directory itself */
}

/* Exactly n of several kinds, stdout one of them */
static void have_descriptors(int n)
{
	struct rlimit limit = { .rlim_cur = 8192, .rlim_max = 8192 };
	int i, fd[2];

	check("setrlimit", setrlimit(RLIMIT_NOFILE, &limit));
	close(STDIN_FILENO);
	syscall(SYS_close_range, STDERR_FILENO, ~0U, 0);
	for (i = 1; i < n; i++) {
		if (i % 16 == 3 && i + 1 < n) {
			check("pipe", pipe(fd));
			i++;
		} else if (i % 2) {
			check("open", open("/dev/null", O_RDWR));
		} else {
			check("dup", dup(STDOUT_FILENO));
		}
	}
	if (count_descriptors() != n)
		_exit(99);
}

/* descriptors N */
static void die_descriptors(char **argv)
{
	int n = number(argv, 1);

	have_descriptors(n);
	state(getpid(), "'files.closed':%d,'files.flushed':0,'files.shared':null,'files.flush_error_count':0", n);
	_exit(0);
}

/* shared-descriptors N: the child has the same table and dies first */
static void die_shared_descriptors(char **argv)
{
	int n = number(argv, 1);
	long pid;

	have_descriptors(n);
	pid = check("clone", syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0));
	if (!pid)
		_exit(3);
	state((pid_t)pid, "'exit.raw':%d,'files.closed':0,'files.flushed':0,'files.shared':true", reap((pid_t)pid));
	state(getpid(), "'files.closed':%d,'files.flushed':0,'files.shared':null", n);
	_exit(0);
}

/* ---- with files open ---- */

static int write_to(const char *path)
{
	int fd = (int)check(path, open(path, O_WRONLY | O_CREAT, 0644));

	check(path, write(fd, "x", 1));
	return fd;
}

static void let_core(rlim_t bytes)
{
	struct rlimit limit = { .rlim_cur = bytes, .rlim_max = RLIM_INFINITY };

	check("setrlimit", setrlimit(RLIMIT_CORE, &limit));
}

/* A child that never execs has all that is open too. Then the parent goes on when told so. */
static void fork_and_exit(void)
{
	pid_t pid = child();

	if (!pid)
		_exit(0);
	state(pid, "'exit.raw':%d", reap(pid));
	go();
	_exit(0);
}

/* hold HOW PATH...: all of them open and written to; the last one has two descriptors */
static void die_hold(char **argv)
{
	const char *how = argv[1] ? argv[1] : "";
	int i, last = -1;

	for (i = 2; argv[1] && argv[i]; i++)
		last = write_to(argv[i]);
	check("dup", dup(last));
	say("ready\n");
	go();
	if (!strcmp(how, "exit"))
		exit(0);
	else if (!strcmp(how, "kill"))
		raise(SIGKILL);
	else if (!strcmp(how, "fork"))
		fork_and_exit();
	else if (!strcmp(how, "core"))
		let_core(RLIM_INFINITY);
	if (!strcmp(how, "core") || !strcmp(how, "segv"))
		die_null_write(argv);
	_exit(0);
}

/* ---- core dumps ---- */

/* core LIMIT DUMPABLE MIB: LIMIT in bytes, -1 for none */
static void die_core(char **argv)
{
	let_core((rlim_t)number(argv, 1));
	touch((size_t)number(argv, 3) << 20);
	check("PR_SET_DUMPABLE", prctl(PR_SET_DUMPABLE, number(argv, 2), 0, 0, 0));
	die_null_write(argv);
}

/*
 * core-handler MS PATH: what core_pattern may start. Makes the file and lets the core wait in the
 * pipe, until whoever writes it is gone.
 */
static void die_core_handler(char **argv)
{
	struct pollfd core = { .fd = STDIN_FILENO };
	char data[65536];

	close((int)check(argv[2], open(argv[2], O_CREAT | O_WRONLY, 0600)));
	poll(&core, 1, number(argv, 1));
	while (read(STDIN_FILENO, data, sizeof(data)) > 0)
		;
}

/* ---- places ---- */

/* The grandchild's outer pid is known to nobody else: it tells itself. */
static void namespace_child(void)
{
	state(outer_pid(), "'exit.code':12,'process.ns_pid':2,'cause.class':'exit'");
	_exit(12);
}

static void namespace_init(int outer_parent)
{
	pid_t pid = child();

	if (!pid)
		namespace_child();
	reap(pid);
	state(outer_pid(), "'exit.code':13,'process.ns_pid':1,'cause.class':'exit','reap.by.pid':%d", outer_parent);
	_exit(13);
}

static void die_pid_namespace(char **argv)
{
	pid_t pid, self = getpid();

	(void)argv;
	check("unshare", unshare(CLONE_NEWPID));
	pid = child();
	if (!pid)
		namespace_init(self);
	reap(pid);
}

/* A session leader with a terminal of its own, whose name it tells */
static void session_leader(int code)
{
	int master, slave = open_terminal(&master);

	check("setsid", setsid());
	check("TIOCSCTTY", ioctl(slave, TIOCSCTTY, 0));
	state(getpid(), "'exit.code':%d,'process.tty':'%s','process.session':%d,'process.pgid':%d", code,
	      ptsname(master) + strlen("/dev/"), getpid(), getpid());
	_exit(code);
}

static void die_tty(char **argv)
{
	pid_t pid = child();

	if (!pid)
		session_leader(number(argv, 1));
	reap(pid);
}

/* ---- the table ---- */

#define FAULT(code) "'cause.class':'fault','cause.by':null,'cause.fault.code_name':'" code "'"

static const struct way ways[] = {
	{ "exit", die_exit, EXIT },
	{ "_exit", die__exit, EXIT },
	{ "exit-group", die_exit_group, EXIT },
	{ "return", die_return, EXIT },
	{ "leader-first", die_leader_first, EXIT },
	{ "all-leader-first", die_all_leader_first, EXIT },
	{ "all-leader-last", die_all_leader_last, EXIT },
	{ "threads", die_threads, NULL },
	{ "threads-exit", die_threads_exit, EXIT },
	{ "exec-in-thread", die_exec_in_thread, EXIT },
	{ "kill-self", die_kill_self, "'cause.class':'signal'" },
	{ "raise", die_raise, "'cause.class':'signal'" },
	{ "abort", die_abort, "'cause.class':'abort','cause.by':null" },
	{ "assert", die_assert, "'cause.class':'abort','cause.by':null" },
	{ "null-write", die_null_write, FAULT("SEGV_MAPERR") ",'cause.fault.address':'0x0'" },
	{ "null-jump", die_null_jump, FAULT("SEGV_MAPERR") ",'cause.fault.address':'0x0','cause.fault.ip':'0x0'" },
	{ "readonly-write", die_readonly_write, FAULT("SEGV_ACCERR") },
	{ "noncanonical", die_noncanonical, FAULT("SI_KERNEL") },
	{ "stack-overflow", die_stack_overflow, FAULT("SEGV_MAPERR") },
	{ "truncated-mmap", die_truncated_mmap, FAULT("BUS_ADRERR") },
	{ "divide", die_divide, FAULT("FPE_INTDIV") },
	{ "ud2", die_ud2, FAULT("ILL_ILLOPN") },
	{ "int3", die_int3, FAULT("SI_KERNEL") },
	{ "pipe", die_pipe, "'cause.class':'pipe','cause.by':null" },
	{ "socket", die_socket, "'cause.class':'pipe','cause.by':null" },
	{ "wait", die_wait, NULL },
	{ "handle", die_handle, NULL },
	{ "handle-exit", die_handle_exit, EXIT },
	{ "reraise", die_reraise, "'cause.class':'signal'" },
	{ "ignore-exit", die_ignore_exit, EXIT },
	{ "ignore", die_ignore, NULL },
	{ "block-fault", die_block_fault, FAULT("SEGV_MAPERR") },
	{ "block-unblock", die_block_unblock, "'cause.class':'signal'" },
	{ "send", die_send, EXIT },
	{ "sigqueue", die_sigqueue, EXIT },
	{ "tgkill", die_tgkill, EXIT },
	{ "pidfd-send", die_pidfd_send, EXIT },
	{ "forge", die_forge, EXIT },
	{ "forge-timer", die_forge_timer, EXIT },
	{ "forge-timer-thread", die_forge_timer_thread, EXIT },
	{ "forge-timer-pidfd", die_forge_timer_pidfd, EXIT },
	{ "forge-self", die_forge_self, "'cause.class':'signal'" },
	{ "pidfd-each", die_pidfd_each, EXIT },
	{ "write-each", die_write_each, EXIT },
	{ "worker-takes", die_worker_takes, "'exit.code':7" },
	{ "child-ends", die_child_ends, "'cause.class':'unknown'" },
	{ "send-later", die_send_later, EXIT },
	{ "send-child", die_send_child, EXIT },
	{ "escalate", die_escalate, EXIT },
	{ "write", die_write, EXIT },
	{ "vfork", die_vfork, EXIT },
	{ "spawn", die_spawn, EXIT },
	{ "clone", die_clone, EXIT },
	{ "quick", die_quick, EXIT },
	{ "auto-ignore", die_auto_ignore, EXIT },
	{ "auto-clone", die_auto_clone, EXIT },
	{ "auto-nocldwait", die_auto_nocldwait, EXIT },
	{ "zombie", die_zombie, EXIT },
	{ "leave-zombie", die_leave_zombie, EXIT },
	{ "wait-in-thread", die_wait_in_thread, EXIT },
	{ "waitid", die_waitid, EXIT },
	{ "ptraced", die_ptraced, EXIT },
	{ "orphans-to-subreaper", die_orphans_to_subreaper, EXIT },
	{ "orphans-to-init", die_orphans_to_init, EXIT },
	{ "leave-children", die_leave_children, EXIT },
	{ "hang-up", die_hang_up, EXIT },
	{ "pid-namespace", die_pid_namespace, EXIT },
	{ "burn", die_burn, EXIT },
	{ "touch", die_touch, EXIT },
	{ "touch-vfork", die_touch_vfork, EXIT },
	{ "touch-shared", die_touch_shared, EXIT },
	{ "descriptors", die_descriptors, EXIT },
	{ "shared-descriptors", die_shared_descriptors, EXIT },
	{ "hold", die_hold, NULL },
	{ "core", die_core, FAULT("SEGV_MAPERR") },
	{ "core-handler", die_core_handler, EXIT },
	{ "tty", die_tty, EXIT },
};

int main(int argc, char **argv)
{
	return take_a_way(ways, COUNT(ways), argc, argv);
}
