/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes the name of a storm and how large, gives so many deaths (or system calls) as fast as it can and
 * one line of JSON on stdout: how many, in what time. For tests and scripts/bench. Does not look at
 * exittrace.
 *
 * All that die for the storm have its name (-N), so that they can be counted among others; the loops
 * that make them are called "storm-loop". The i-th one ends with status i % 251. SIGTERM ends a storm early.
 */
#include "helper.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define CODES 251
#define MAX_LOOPS 64
#define NS 1000000000ULL

static struct {
	long number, loops, batch, threads, files, rate;
	int cpu; /* of the first loop; the others go on the ones before it. -1: anywhere */
	double seconds;
	const char *name, *program, *file;
} o = { .number = 1000, .loops = 1, .batch = 1, .threads = 8, .files = 64, .cpu = -1, .name = "et-storm",
	.program = "/bin/true" };

/* What the loops have done, each in its own cell */
static struct shared {
	long deaths[MAX_LOOPS];
	long refused; /* forks, of a bomb */
	volatile sig_atomic_t over; /* before so many have died */
} *shared;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
}

static void be_called(const char *name)
{
	prctl(PR_SET_NAME, name, 0, 0, 0);
}

static pid_t fork_child(void)
{
	pid_t pid = fork();

	if (pid < 0)
		broken("fork");
	return pid;
}

/* ---- how they die ---- */

static void open_files(void)
{
	long i;

	for (i = 0; i < o.files; i++)
		if (open(o.file, O_RDWR | O_CLOEXEC) < 0)
			broken(o.file);
}

static pthread_barrier_t all_there;

static void *park(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&all_there);
	for (;;)
		pause();
	return NULL;
}

/*
 * This thread only. After pthread_exit() the last one calls exit(), which sends SIGKILL to those still on their way
 * out; if one of them turns out to be the last in the kernel, process accounting cannot write (EINTR), and does not
 * count the death.
 */
__attribute__((noreturn)) static void end_this_thread(void)
{
	for (;;)
		syscall(SYS_exit, 0);
}

static void *leave(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&all_there);
	end_this_thread();
}

/* Returns once they all run. */
static void start_threads(void *(*what)(void *))
{
	pthread_attr_t attr;
	pthread_t thread;
	long i;

	pthread_barrier_init(&all_there, NULL, (unsigned int)o.threads + 1);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	for (i = 0; i < o.threads; i++)
		if (pthread_create(&thread, &attr, what, NULL))
			broken("pthread_create");
	pthread_barrier_wait(&all_there);
}

static void end_plainly(int code)
{
	_exit(code);
}

static void end_by_kill(int code)
{
	(void)code;
	kill(getpid(), SIGKILL);
}

static void end_with_files(int code)
{
	open_files();
	_exit(code);
}

static void end_with_threads(int code)
{
	start_threads(park);
	_exit(code);
}

static void end_threads_by_kill(int code)
{
	(void)code;
	start_threads(park);
	kill(getpid(), SIGKILL);
}

static void end_thread_by_thread(int code)
{
	(void)code;
	start_threads(leave);
	end_this_thread();
}

static void end_by_exec(int code)
{
	char number[12];

	snprintf(number, sizeof(number), "%d", code);
	execl(o.program, o.program, number, NULL);
	broken(o.program);
}

/* ---- loops of deaths ---- */

static void (*end_child)(int code);

static pid_t start_forked(int code)
{
	pid_t pid = fork_child();

	if (pid)
		return pid;
	be_called(o.name);
	end_child(code);
	for (;;)
		pause();
}

static pid_t start_spawned(int code)
{
	char number[12], *argv[] = { (char *)o.program, number, NULL }, *envp[] = { NULL };
	pid_t pid;

	snprintf(number, sizeof(number), "%d", code);
	errno = posix_spawn(&pid, o.program, NULL, NULL, argv, envp);
	if (errno)
		broken(o.program);
	return pid;
}

/* Nothing is copied: the most deaths a second. The child has our memory and may do no more than this. */
static pid_t start_vforked(int code)
{
	pid_t pid = vfork();

	if (pid < 0)
		broken("vfork");
	if (pid)
		return pid;
	prctl(PR_SET_NAME, o.name, 0, 0, 0);
	_exit(code);
}

static void reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0)
		if (errno != EINTR)
			broken("waitpid");
}

static void wait_for_turn(long i, uint64_t begin)
{
	uint64_t due = begin + (uint64_t)i * NS / (uint64_t)o.rate;
	struct timespec t = { .tv_sec = (time_t)(due / NS), .tv_nsec = (long)(due % NS) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static int is_over(uint64_t begin)
{
	return shared->over || (o.seconds > 0 && (double)(now_ns() - begin) > o.seconds * (double)NS);
}

/* A batch is started before the first of it is waited for. */
static long batch(pid_t (*start)(int), pid_t *pids, long i, long number)
{
	long k, n = number - i < o.batch ? number - i : o.batch;

	for (k = 0; k < n; k++)
		pids[k] = start((int)((i + k) % CODES));
	for (k = 0; k < n; k++)
		reap(pids[k]);
	return n;
}

static void die_in_turn(pid_t (*start)(int), int loop, uint64_t begin)
{
	long i, number = o.number / o.loops;
	pid_t *pids = calloc((size_t)o.batch, sizeof(*pids));

	for (i = 0; i < number && !is_over(begin);) {
		if (o.rate)
			wait_for_turn(i, begin);
		i += batch(start, pids, i, number);
		shared->deaths[loop] = i;
	}
}

static void pin(int loop)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	if (o.cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)((o.cpu + loop) % processors), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		broken("sched_setaffinity");
}

static void run_loops(pid_t (*start)(int))
{
	uint64_t begin = now_ns();
	pid_t pids[MAX_LOOPS];
	int i;

	be_called("storm-loop");
	if (o.loops == 1) {
		pin(0);
		die_in_turn(start, 0, begin);
		return;
	}
	for (i = 0; i < o.loops; i++) {
		pids[i] = fork_child();
		if (pids[i])
			continue;
		pin(i);
		die_in_turn(start, i, begin);
		_exit(0);
	}
	for (i = 0; i < o.loops; i++)
		reap(pids[i]);
}

static void forked(void)
{
	run_loops(start_forked);
}

static void spawned(void)
{
	run_loops(start_spawned);
}

static void vforked(void)
{
	run_loops(start_vforked);
}

/* ---- zombies ---- */

static void say_and_wait(const char *word)
{
	char byte;

	if (write(STDOUT_FILENO, word, strlen(word)) < 0 || read(STDIN_FILENO, &byte, 1) < 0)
		broken("stdin and stdout");
}

/* All are dead before the first one is waited for, which is when somebody says so on stdin. */
static void zombies(void)
{
	pid_t *pids = calloc((size_t)o.number, sizeof(*pids));
	siginfo_t info;
	long i;

	be_called("storm-loop");
	for (i = 0; i < o.number; i++)
		pids[i] = start_forked((int)(i % CODES));
	for (i = 0; i < o.number; i++)
		if (waitid(P_PID, (id_t)pids[i], &info, WEXITED | WNOWAIT))
			broken("waitid");
	say_and_wait("ready\n");
	for (i = 0; i < o.number; i++)
		reap(pids[i]);
	shared->deaths[0] = o.number;
}

/* Nobody dies until somebody says so on stdin, or is gone. */
static void sleepers(void)
{
	pid_t *pids = calloc((size_t)o.number, sizeof(*pids));
	long i;

	for (i = 0; i < o.number; i++) {
		pids[i] = fork_child();
		if (pids[i])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		for (;;)
			pause();
	}
	say_and_wait("ready\n");
	for (i = 0; i < o.number; i++)
		kill(pids[i], SIGKILL);
	for (i = 0; i < o.number; i++)
		reap(pids[i]);
}

/* ---- a bomb ---- */

/* Who gets no child too often makes room for those of others: so it goes on until all are killed. */
__attribute__((noreturn)) static void explode(void)
{
	static const struct timespec pause_for = { .tv_nsec = 1000000 };
	int refused = 0;

	be_called(o.name);
	for (;;) {
		if (fork() >= 0)
			continue;
		if (errno == EAGAIN)
			__atomic_add_fetch(&shared->refused, 1, __ATOMIC_RELAXED);
		if (++refused > 8 + getpid() % 8)
			_exit(1);
		nanosleep(&pause_for, NULL);
	}
}

/* It begins when somebody, who may limit it first, says so on stdin. Orphans come to us. */
static void bomb(void)
{
	char line[32];
	pid_t pid;

	be_called("storm-loop");
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	pid = fork_child();
	if (!pid) {
		snprintf(line, sizeof(line), "%d\n", getpid());
		say_and_wait(line);
		explode();
	}
	while ((pid = wait(NULL)) > 0 || errno == EINTR)
		shared->deaths[0] += pid > 0;
}

/* ---- system calls whose cost a tracer must not raise ---- */

static pid_t victim; /* asleep */

static void close_once(void)
{
	close(dup(STDIN_FILENO));
}

static void kill_0_once(void)
{
	kill(victim, 0);
}

/* ignored unless it is handled */
static void ignored_signal_once(void)
{
	kill(victim, SIGURG);
}

static void (*call_once)(void);

static void calls(void)
{
	uint64_t begin = now_ns();
	long i;

	pin(0);
	victim = fork_child();
	while (!victim)
		pause();
	for (i = 0; i < o.number && (i % 1024 || !is_over(begin)); i++)
		call_once();
	kill(victim, SIGKILL);
	reap(victim);
	shared->deaths[0] = i;
}

/* ---- all ---- */

static const struct {
	const char *name;
	void (*run)(void);
	void (*end)(int code);
	void (*call)(void);
} storms[] = {
	{ "fork", forked, end_plainly, NULL },
	{ "signal", forked, end_by_kill, NULL },
	{ "files", forked, end_with_files, NULL },
	{ "threads", forked, end_with_threads, NULL },
	{ "threads-kill", forked, end_threads_by_kill, NULL },
	{ "threads-leave", forked, end_thread_by_thread, NULL },
	{ "exec", forked, end_by_exec, NULL },
	{ "spawn", spawned, NULL, NULL },
	{ "vfork", vforked, NULL, NULL },
	{ "zombies", zombies, end_plainly, NULL },
	{ "sleepers", sleepers, NULL, NULL },
	{ "bomb", bomb, NULL, NULL },
	{ "close", calls, NULL, close_once },
	{ "kill-0", calls, NULL, kill_0_once },
	{ "ignored-signal", calls, NULL, ignored_signal_once },
};

static int usage(void)
{
	size_t i;

	fprintf(stderr, "usage: storm MODE [-n NUMBER] [-j LOOPS] [-c CPU] [-b AT_ONCE] [-t THREADS] [-f FILES]\n"
			"             [-r RATE] [-s SECONDS] [-e PROGRAM] [-N NAME]\nMODE:");
	for (i = 0; i < sizeof(storms) / sizeof(storms[0]); i++)
		fprintf(stderr, " %s", storms[i].name);
	fprintf(stderr, "\n");
	return 2;
}

static int take_option(int letter)
{
	switch (letter) {
	case 'n': o.number = atol(optarg); break;
	case 'j': o.loops = atol(optarg); break;
	case 'c': o.cpu = atoi(optarg); break;
	case 'b': o.batch = atol(optarg); break;
	case 't': o.threads = atol(optarg); break;
	case 'f': o.files = atol(optarg); break;
	case 'r': o.rate = atol(optarg); break;
	case 's': o.seconds = atof(optarg); break;
	case 'e': o.program = optarg; break;
	case 'N': o.name = optarg; break;
	default: return usage();
	}
	return 0;
}

static void raise_limit(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	/* more is for root */
	limit.rlim_cur = limit.rlim_max = (rlim_t)o.files + 64;
	if (limit.rlim_max > 1024)
		setrlimit(RLIMIT_NOFILE, &limit);
}

static void make_ready(void)
{
	static char path[64];
	int fd = memfd_create("storm", 0);

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fd < 0 || shared == MAP_FAILED)
		broken("mmap");
	/* opened by that name each is a file of its own, of the same inode */
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), fd);
	o.file = path;
	raise_limit();
}

static double cpu_seconds(int who)
{
	struct rusage r;

	getrusage(who, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static void report(const char *mode, uint64_t ns)
{
	long number = 0;
	int i;

	for (i = 0; i < MAX_LOOPS; i++)
		number += shared->deaths[i];
	printf("{\"mode\":\"%s\",\"number\":%ld,\"seconds\":%.6f,\"cpu_seconds\":%.6f,\"refused\":%ld}\n", mode, number,
	       (double)ns / (double)NS, cpu_seconds(RUSAGE_SELF) + cpu_seconds(RUSAGE_CHILDREN), shared->refused);
}

static void end_early(int sig)
{
	(void)sig;
	shared->over = 1;
}

static int run(size_t i)
{
	uint64_t begin;

	make_ready();
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = end_early, .sa_flags = SA_RESTART }, NULL);
	end_child = storms[i].end;
	call_once = storms[i].call;
	begin = now_ns();
	storms[i].run();
	report(storms[i].name, now_ns() - begin);
	return 0;
}

int main(int argc, char **argv)
{
	int letter, bad = 0;
	size_t i;

	forget_signals();
	while ((letter = getopt(argc, argv, "n:j:c:b:t:f:r:s:e:N:")) != -1)
		bad |= take_option(letter);
	bad |= o.loops < 1 || o.loops > MAX_LOOPS || o.batch < 1;
	for (i = 0; !bad && optind == argc - 1 && i < sizeof(storms) / sizeof(storms[0]); i++)
		if (!strcmp(argv[optind], storms[i].name))
			return run(i);
	return bad ? 2 : usage();
}
