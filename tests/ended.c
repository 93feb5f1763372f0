/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes the name of a way to be ended by the kernel, or by who is close to it (a tracer, a terminal, a dying relative),
 * gives that end; families state their deaths as those of die.c do. Does not judge.
 */
#include "ways.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/time.h>

static volatile unsigned long spun;

__attribute__((noreturn)) static void spin(void)
{
	for (;;)
		spun++;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	check("sched_setaffinity", sched_setaffinity(0, sizeof(set), &set));
}

/* spin CPU: whoever is interrupted there is this one */
static void die_spin(char **argv)
{
	pin(number(argv, 1));
	say("ready\n");
	spin();
}

/* ---- memory ---- */

/* Not everybody may lower it, not even root in a container: then it stays as it is. */
static void set_oom_score_adj(const char *adj)
{
	int fd = (int)check("oom_score_adj", open("/proc/self/oom_score_adj", O_WRONLY));

	if (write(fd, adj, strlen(adj)) < 0 && errno != EACCES)
		broken("oom_score_adj");
	close(fd);
}

/* hold-memory ADJ MIB: idle, with so much; takes it when told to */
static void die_hold_memory(char **argv)
{
	set_oom_score_adj(argv[1]);
	say("ready\n");
	go();
	touch((size_t)number(argv, 2) << 20);
	say("held\n");
	wait_for_death();
}

static int wait_in_clone(void *arg)
{
	(void)arg;
	wait_for_death();
}

static char clone_stack[STACK] __attribute__((aligned(16)));

/* share-memory ADJ MIB: two processes, one memory */
static void die_share_memory(char **argv)
{
	int pid;

	set_oom_score_adj(argv[1]);
	say("ready\n");
	go();
	touch((size_t)number(argv, 2) << 20);
	pid = (int)check("clone", clone(wait_in_clone, clone_stack + STACK, CLONE_VM | SIGCHLD, NULL));
	state(pid, "'parent.pid':%d", getpid());
	wait_for_death();
}

static bool is_dead(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return check("poll", poll(&p, 1, 0)) > 0;
}

/*
 * eat ADJ MIB PID: more and more, at most so much, until that one is dead; 0: until it is dead itself. With less room
 * than that left when the other is gone it would be next.
 */
static void die_eat(char **argv)
{
	int pid = number(argv, 3), fd, left = number(argv, 2) * 4;

	set_oom_score_adj(argv[1]);
	fd = pid ? (int)check("pidfd_open", syscall(SYS_pidfd_open, pid, 0)) : -1;
	say("ready\n");
	go();
	while (fd < 0 || !is_dead(fd)) {
		if (left-- > 0)
			touch(256 << 10);
		else
			pause_ns(MS);
	}
}

/* ---- seccomp ---- */

#define REFUSED SYS_getppid

static void refuse(unsigned int action)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, REFUSED, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = COUNT(code), .filter = code };

	check("PR_SET_NO_NEW_PRIVS", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	check("PR_SET_SECCOMP", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

static void be_refused(void)
{
	syscall(REFUSED);
}

static void die_seccomp_process(char **argv)
{
	(void)argv;
	refuse(SECCOMP_RET_KILL_PROCESS);
	be_refused();
}

static void *be_refused_in_thread(void *arg)
{
	refuse(*(unsigned int *)arg);
	be_refused();
	return NULL;
}

/* The thread's doing, the process's end */
static void die_seccomp_process_in_thread(char **argv)
{
	unsigned int action = SECCOMP_RET_KILL_PROCESS;

	(void)argv;
	thread(be_refused_in_thread, &action);
	wait_for_death();
}

static void die_seccomp_thread(char **argv)
{
	(void)argv;
	refuse(SECCOMP_RET_KILL_THREAD);
	be_refused();
}

static void die_seccomp_trap(char **argv)
{
	(void)argv;
	refuse(SECCOMP_RET_TRAP);
	be_refused();
}

static void be_strict(void)
{
	check("PR_SET_SECCOMP", prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	be_refused();
}

static void die_seccomp_strict(char **argv)
{
	(void)argv;
	be_strict();
}

struct lone {
	bool strict;
	volatile int tid;
};

static void *die_alone(void *arg)
{
	struct lone *lone = arg;
	unsigned int action = SECCOMP_RET_KILL_THREAD;

	lone->tid = (int)syscall(SYS_gettid);
	if (lone->strict)
		be_strict();
	return be_refused_in_thread(&action);
}

static bool thread_is_there(int tid)
{
	return !syscall(SYS_tgkill, getpid(), tid, 0);
}

/* seccomp-alone filter|strict CODE: only one of its threads dies; it tells which, and exits when told to */
static void die_seccomp_alone(char **argv)
{
	struct lone lone = { .strict = !strcmp(argv[1], "strict") };
	char line[32];

	thread(die_alone, &lone);
	while (!lone.tid || thread_is_there(lone.tid))
		pause_ns(MS);
	snprintf(line, sizeof(line), "%d\n", lone.tid);
	say(line);
	go();
	_exit(number(argv, 2));
}

/* ---- limits ---- */

static void limit(int resource, int soft, int hard)
{
	struct rlimit limit = { .rlim_cur = (rlim_t)soft, .rlim_max = hard < 0 ? RLIM_INFINITY : (rlim_t)hard };

	check("setrlimit", setrlimit((__rlimit_resource_t)resource, &limit));
}

/* cpu-limit SOFT HARD: seconds; hard -1: none */
static void die_cpu_limit(char **argv)
{
	limit(RLIMIT_CPU, number(argv, 1), number(argv, 2));
	spin();
}

/* rt-limit SOFT HARD: microseconds without a system call at real-time priority */
static void die_rt_limit(char **argv)
{
	struct sched_param p = { .sched_priority = 1 };

	limit(RLIMIT_RTTIME, number(argv, 1), number(argv, 2));
	check("sched_setscheduler", sched_setscheduler(0, SCHED_FIFO, &p));
	spin();
}

static void die_file_limit(char **argv)
{
	int fd = (int)check("memfd_create", memfd_create("limited", 0));

	(void)argv;
	limit(RLIMIT_FSIZE, 4096, -1);
	check("ftruncate", ftruncate(fd, 8192));
}

static void die_file_limit_write(char **argv)
{
	int fd = (int)check("memfd_create", memfd_create("limited", 0));

	(void)argv;
	limit(RLIMIT_FSIZE, 4096, -1);
	check("pwrite", pwrite(fd, "x", 1, 4096));
}

/* ---- timers ---- */

static const struct timespec soon = { .tv_nsec = 60 * MS };

static void set_itimer(int which)
{
	struct itimerval t = { .it_value.tv_usec = (int)soon.tv_nsec / 1000 };

	check("setitimer", setitimer((__itimer_which_t)which, &t, NULL));
}

/* Past glibc, which has no name for the thread that gets it. */
static void create_timer(clockid_t clock, int notify, int sig)
{
	struct {
		union sigval value;
		int signo, notify, tid, pad[12];
	} event = { .signo = sig, .notify = notify, .tid = getpid() };
	struct itimerspec t = { .it_value = soon };
	int id;

	check("timer_create", syscall(SYS_timer_create, clock, &event, &id));
	check("timer_settime", syscall(SYS_timer_settime, id, 0, &t, NULL));
}

/* How a real timer ends who waits, and one of processor time who spins */
static const struct timer {
	const char *name;
	int how, sig; /* how: -1 alarm, -2 an itimer, else a notification */
	int clock;    /* or which itimer */
	bool spins;
} timers[] = {
	{ "alarm", -1, SIGALRM, 0, false },
	{ "real", -2, SIGALRM, ITIMER_REAL, false },
	{ "virtual", -2, SIGVTALRM, ITIMER_VIRTUAL, true },
	{ "prof", -2, SIGPROF, ITIMER_PROF, true },
	{ "usr1", SIGEV_SIGNAL, SIGUSR1, CLOCK_MONOTONIC, false },
	{ "realtime", SIGEV_SIGNAL, 36, CLOCK_REALTIME, false },
	{ "kill", SIGEV_SIGNAL, SIGKILL, CLOCK_MONOTONIC, false },
	{ "thread", SIGEV_THREAD_ID, SIGTERM, CLOCK_BOOTTIME, false },
	{ "cputime", SIGEV_SIGNAL, SIGUSR2, CLOCK_PROCESS_CPUTIME_ID, true },
};

static void start_timer(const struct timer *t)
{
	if (t->how == -1)
		alarm(1);
	else if (t->how == -2)
		set_itimer(t->clock);
	else
		create_timer(t->clock, t->how, t->sig);
}

/* timer KIND CPU */
static void die_timer(char **argv)
{
	size_t i;

	pin(number(argv, 2));
	for (i = 0; i < COUNT(timers) && strcmp(timers[i].name, argv[1]); i++)
		;
	if (i == COUNT(timers))
		exit(2);
	state(getpid(), "'exit.signal':%d", timers[i].sig);
	start_timer(&timers[i]);
	if (timers[i].spins)
		spin();
	wait_for_death();
}

/* ---- terminals ---- */

static int take_terminal(const char *path)
{
	int fd = (int)check(path, open(path, O_RDWR | O_NOCTTY));

	check("TIOCSCTTY", ioctl(fd, TIOCSCTTY, 0));
	return fd;
}

/* terminal PATH: the leader of a session (somebody has made it that) with this terminal, in its foreground */
static void die_terminal(char **argv)
{
	take_terminal(argv[1]);
	say("ready\n");
	wait_for_death();
}

/* terminal-job PATH: its child is in the foreground, and it waits for it, as a shell does */
static void die_terminal_job(char **argv)
{
	int fd = take_terminal(argv[1]);
	pid_t pid = child();

	if (!pid)
		wait_for_death();
	check("setpgid", setpgid(pid, pid));
	check("tcsetpgrp", tcsetpgrp(fd, pid));
	say("ready\n");
	state(pid, "'exit.raw':%d,'process.pgid':%d,'reap.by.pid':%d", reap(pid), pid, getpid());
	_exit(0);
}

/* ---- relatives ---- */

static void wait_for_parents_death(int sig, int out)
{
	pid_t self = getpid();

	check("PR_SET_PDEATHSIG", prctl(PR_SET_PDEATHSIG, sig, 0, 0, 0));
	check("write", write(out, &self, sizeof(self)));
	wait_for_death();
}

static pid_t read_pid(int fd)
{
	pid_t pid;

	check("read", read(fd, &pid, sizeof(pid)) - (long)sizeof(pid));
	return pid;
}

static void leave_child(int sig, const int fd[2])
{
	pid_t pid = child();

	if (!pid)
		wait_for_parents_death(sig, fd[1]);
	if (read_pid(fd[0]) != pid)
		_exit(98);
	check("write", write(fd[1], &pid, sizeof(pid)));
	_exit(0);
}

/* parent-dies SIG */
static void die_parent_dies(char **argv)
{
	int fd[2], sig = number(argv, 1);
	char id[IDENT_LEN];
	pid_t pid, orphan;

	check("pipe", pipe(fd));
	check("PR_SET_CHILD_SUBREAPER", prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	pid = child();
	if (!pid)
		leave_child(sig, fd);
	until_dead(pid);
	ident(id, pid);
	reap(pid);
	orphan = read_pid(fd[0]);
	state(pid, "'exit.code':0,'children.adopted':1");
	state(orphan, "'exit.raw':%d,'exit.signal':%d,'cause.class':'pdeathsig','cause.by':null,"
	      "'cause.because_of':'%s'", reap(orphan), sig, id);
}

struct creator {
	int sig, fd[2];
	pid_t child;
};

static void *create_and_end(void *arg)
{
	struct creator *c = arg;

	c->child = child();
	if (!c->child)
		wait_for_parents_death(c->sig, c->fd[1]);
	read_pid(c->fd[0]);
	return NULL;
}

/* creator-dies SIG: only the thread that made it, the process lives on */
static void die_creator_dies(char **argv)
{
	struct creator c = { .sig = number(argv, 1) };

	check("pipe", pipe(c.fd));
	pthread_join(thread(create_and_end, &c), NULL);
	state(c.child, "'exit.raw':%d,'exit.signal':%d,'parent.pid':%d,'cause.class':'pdeathsig','cause.by':null,"
	      "'cause.because_of':null", reap(c.child), c.sig, getpid());
}

/* The grandchildren's outer pids are known to nobody else: they tell themselves. */
static void wait_in_namespace(const char *expect)
{
	state(outer_pid(), "%s", expect);
	wait_for_death();
}

static void populate(int n, const char *expect)
{
	while (n-- > 0)
		if (!child())
			wait_in_namespace(expect);
}

/* namespace N: an init with so many children, who say how they will end; the init itself is stated last */
static void die_namespace(char **argv)
{
	char expect[256], id[IDENT_LEN];
	pid_t pid;
	int status;

	check("unshare", unshare(CLONE_NEWPID));
	pid = child();
	if (!pid) {
		snprintf(expect, sizeof(expect), "'exit.signal':9,'cause.class':'pidns','cause.by':null,"
			 "'cause.because_of':'%s'", ident(id, outer_pid()));
		populate(number(argv, 1), expect);
		wait_for_death();
	}
	status = reap(pid);
	state(pid, "'exit.raw':%d,'process.ns_pid':1,'reap.by.pid':%d", status, getpid());
}

/* Whose outer pid is known before it has anybody to kill */
static pid_t start_killer(int sig, const int start[2])
{
	int told[2];
	pid_t outer;

	check("pipe", pipe(told));
	if (!child()) {
		outer = outer_pid();
		check("write", write(told[1], &outer, sizeof(outer)));
		read_pid(start[0]);
		check("kill", kill(-1, sig));
		_exit(0);
	}
	outer = read_pid(told[0]);
	state(outer, "'exit.code':0,'process.ns_pid':2");
	return outer;
}

static void start_victims(int n, int sig, pid_t killer, int ready)
{
	char expect[256];

	snprintf(expect, sizeof(expect), "'exit.signal':%d,'cause.class':'signal','cause.by.pid':%d", sig, killer);
	while (n-- > 0) {
		if (child())
			continue;
		state(outer_pid(), "%s", expect);
		check("write", write(ready, &n, sizeof(n)));
		wait_for_death();
	}
}

/* namespace-kill N SIG: one of them ends all the others with one call, but for init */
static void die_namespace_kill(char **argv)
{
	int n = number(argv, 1), sig = number(argv, 2), i, start[2], ready[2];
	pid_t killer;

	check("unshare", unshare(CLONE_NEWPID));
	if (child()) {
		check("wait", wait(NULL));
		return;
	}
	check("pipe", pipe(start));
	check("pipe", pipe(ready));
	killer = start_killer(sig, start);
	start_victims(n, sig, killer, ready[1]);
	for (i = 0; i < n; i++)
		read_pid(ready[0]);
	check("write", write(start[1], &killer, sizeof(killer)));
	while (wait(NULL) > 0)
		;
	_exit(0);
}

/* ---- tracers ---- */

/* trace-exitkill PID CODE: a tracer that does not want to be survived */
static void die_trace_exitkill(char **argv)
{
	check("PTRACE_SEIZE", ptrace(PTRACE_SEIZE, number(argv, 1), 0, PTRACE_O_EXITKILL));
	exit(number(argv, 2));
}

static pid_t attach(char **argv)
{
	pid_t pid = number(argv, 1);

	check("PTRACE_ATTACH", ptrace(PTRACE_ATTACH, pid, 0, 0));
	check("waitpid", waitpid(pid, NULL, __WALL));
	return pid;
}

/* What comes on the way is let through. A tracer is told of the death before the parent is. */
static void follow_to_its_end(pid_t pid)
{
	int status;

	for (;;) {
		status = reap(pid);
		if (!WIFSTOPPED(status))
			return;
		check("PTRACE_CONT", ptrace(PTRACE_CONT, pid, 0, WSTOPSIG(status)));
	}
}

static void die_trace_kill(char **argv)
{
	pid_t pid = attach(argv);

	check("PTRACE_KILL", ptrace(PTRACE_KILL, pid, 0, 0));
	follow_to_its_end(pid);
}

/* trace-inject PID SIG: instead of the SIGSTOP that stopped it */
static void die_trace_inject(char **argv)
{
	pid_t pid = attach(argv);

	check("PTRACE_CONT", ptrace(PTRACE_CONT, pid, 0, number(argv, 2)));
	follow_to_its_end(pid);
}

/* trace-inject-call PID SIG: where a system call ends; the stop that comes first is let go on without a signal */
static void die_trace_inject_call(char **argv)
{
	pid_t pid = attach(argv);

	check("PTRACE_SYSCALL", ptrace(PTRACE_SYSCALL, pid, 0, 0));
	check("waitpid", waitpid(pid, NULL, __WALL));
	check("PTRACE_CONT", ptrace(PTRACE_CONT, pid, 0, number(argv, 2)));
	follow_to_its_end(pid);
}

/* ---- programs ---- */

/* exec PATH [ARG...]: returns only if the kernel refuses it in time */
static void die_exec(char **argv)
{
	execv(argv[1], argv + 1);
	broken("exec");
}

/* ---- threads ---- */

static pthread_barrier_t all_there;
static pthread_mutex_t telling = PTHREAD_MUTEX_INITIALIZER;

static void tell_thread(const char *ended_by)
{
	char line[48];

	snprintf(line, sizeof(line), "%ld %s\n", syscall(SYS_gettid), ended_by);
	pthread_mutex_lock(&telling);
	say(line);
	pthread_mutex_unlock(&telling);
}

static void *end_by_itself(void *tid)
{
	*(int *)tid = (int)syscall(SYS_gettid);
	tell_thread("exit");
	pthread_barrier_wait(&all_there);
	return NULL;
}

static void *end_with_others(void *arg)
{
	tell_thread(arg);
	pthread_barrier_wait(&all_there);
	wait_for_death();
}

/*
 * So many that end by themselves, and so many that do not; each tells its number and how it will end. Who joins a
 * thread goes on before that thread is gone.
 */
static void start_all(int ending, int staying, const char *ended_by)
{
	int i, tid[64] = { 0 };

	if (ending > 64)
		exit(2);
	pthread_barrier_init(&all_there, NULL, (unsigned int)(ending + staying) + 1);
	for (i = 0; i < ending; i++)
		pthread_detach(thread(end_by_itself, &tid[i]));
	for (i = 0; i < staying; i++)
		thread(end_with_others, (void *)(uintptr_t)ended_by);
	pthread_barrier_wait(&all_there);
	for (i = 0; i < ending; i++)
		while (thread_is_there(tid[i]))
			pause_ns(MS);
}

/* threads-end ENDING STAYING CODE */
static void die_threads_end(char **argv)
{
	tell_thread("group_exit");
	start_all(number(argv, 1), number(argv, 2), "group_exit");
	exit(number(argv, 3));
}

static void *exec_in_thread(void *arg)
{
	char **argv = arg;

	execl("/proc/self/exe", "ended", "tell-and-exit", argv[3], (char *)NULL);
	broken("exec");
}

/* threads-exec ENDING STAYING CODE: the one that execs has the leader's number then, and ends as that */
static void die_threads_exec(char **argv)
{
	tell_thread("exec");
	start_all(number(argv, 1), number(argv, 2), "exec");
	thread(exec_in_thread, argv);
	wait_for_death();
}

static void die_tell_and_exit(char **argv)
{
	tell_thread("last");
	exit(number(argv, 1));
}

/* threads-killed STAYING */
static void die_threads_killed(char **argv)
{
	tell_thread("group_exit");
	start_all(0, number(argv, 1), "group_exit");
	say("ready\n");
	wait_for_death();
}

/* ---- the table ---- */

#define ENDED(class) "'cause.class':'" class "','cause.by':null"
#define REFUSED_CALL ENDED("seccomp") ",'cause.syscall.name':'getppid','cause.syscall.nr':" REFUSED_NR
#define LIMIT(name) ENDED("rlimit") ",'cause.limit':'" name "'"
/* REFUSED as text */
#ifdef __x86_64__
#define REFUSED_NR "110"
#elif defined(__i386__)
#define REFUSED_NR "64"
#else
#define REFUSED_NR "173"
#endif

static const struct way ways[] = {
	{ "spin", die_spin, NULL },
	{ "hold-memory", die_hold_memory, NULL },
	{ "share-memory", die_share_memory, NULL },
	{ "eat", die_eat, NULL },
	{ "seccomp-process", die_seccomp_process, REFUSED_CALL },
	{ "seccomp-process-in-thread", die_seccomp_process_in_thread, REFUSED_CALL },
	{ "seccomp-thread", die_seccomp_thread, REFUSED_CALL },
	{ "seccomp-trap", die_seccomp_trap, REFUSED_CALL },
	{ "seccomp-strict", die_seccomp_strict, REFUSED_CALL },
	{ "seccomp-alone", die_seccomp_alone, NULL },
	{ "cpu-limit", die_cpu_limit, LIMIT("RLIMIT_CPU") },
	{ "rt-limit", die_rt_limit, LIMIT("RLIMIT_RTTIME") },
	{ "file-limit", die_file_limit, LIMIT("RLIMIT_FSIZE") },
	{ "file-limit-write", die_file_limit_write, LIMIT("RLIMIT_FSIZE") },
	{ "timer", die_timer, ENDED("timer") },
	{ "terminal", die_terminal, NULL },
	{ "terminal-job", die_terminal_job, EXIT },
	{ "parent-dies", die_parent_dies, EXIT },
	{ "creator-dies", die_creator_dies, EXIT },
	{ "namespace", die_namespace, EXIT },
	{ "namespace-kill", die_namespace_kill, EXIT },
	{ "trace-exitkill", die_trace_exitkill, EXIT },
	{ "trace-kill", die_trace_kill, EXIT },
	{ "trace-inject", die_trace_inject, EXIT },
	{ "trace-inject-call", die_trace_inject_call, EXIT },
	{ "exec", die_exec, ENDED("exec") },
	{ "threads-end", die_threads_end, EXIT },
	{ "threads-exec", die_threads_exec, EXIT },
	{ "tell-and-exit", die_tell_and_exit, EXIT },
	{ "threads-killed", die_threads_killed, "'cause.class':'signal'" },
};

int main(int argc, char **argv)
{
	return take_a_way(ways, COUNT(ways), argc, argv);
}
