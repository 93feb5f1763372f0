/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes every number of every list, checks its name and the way back. */
#include <errno.h>
#include <signal.h>

#include "names.h"
#include "unit.h"

/* What `kill -l` of bash prints; 32 and 33 belong to glibc. */
static const char all_signals[] =
	"HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU "
	"URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS 32 33 RTMIN RTMIN+1 RTMIN+2 RTMIN+3 RTMIN+4 RTMIN+5 RTMIN+6 "
	"RTMIN+7 RTMIN+8 RTMIN+9 RTMIN+10 RTMIN+11 RTMIN+12 RTMIN+13 RTMIN+14 RTMIN+15 RTMAX-14 RTMAX-13 RTMAX-12 "
	"RTMAX-11 RTMAX-10 RTMAX-9 RTMAX-8 RTMAX-7 RTMAX-6 RTMAX-5 RTMAX-4 RTMAX-3 RTMAX-2 RTMAX-1 RTMAX";

static void signals_both_ways(void)
{
	char words[sizeof(all_signals)], want[32], got[16], *word, *save = NULL;
	int signo = 0;

	memcpy(words, all_signals, sizeof(words));
	for (word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		signo++;
		snprintf(want, sizeof(want), "SIG%s", word);
		CHECK_STR(names__signal(signo, got), want);
		CHECK_I64(names__signal_number(want), signo);
		if (signo != 32 && signo != 33)
			CHECK_I64(names__signal_number(word), signo);
		snprintf(want, sizeof(want), "%d", signo);
		CHECK_I64(names__signal_number(want), signo);
	}
	CHECK_I64(signo, 64);
}

static void signals_of_libc(void)
{
	int signo;

	for (signo = 1; signo < 32; signo++)
		CHECK_I64(names__signal_number(sigabbrev_np(signo)), signo);
	CHECK_I64(names__signal_number("RTMIN"), SIGRTMIN);
	CHECK_I64(names__signal_number("RTMAX"), SIGRTMAX);
}

static void signals_as_people_type_them(void)
{
	static const char *const bad[] = {
		"",	"0",	   "65",       "-1",	  "SIG",    "TERMX",	  "15x",	"4294967311",
		"RTMIN-1", "RTMIN+31", "RTMAX+1", "RTMIN+", "RTMAX-31", "SIGRTMIN+x", "signal 15", " 15",
	};
	char got[16];
	size_t i;

	CHECK_I64(names__signal_number("term"), 15);
	CHECK_I64(names__signal_number("SigKill"), 9);
	CHECK_I64(names__signal_number("SIGIOT"), 6);
	CHECK_I64(names__signal_number("POLL"), 29);
	CHECK_I64(names__signal_number("CLD"), 17);
	CHECK_I64(names__signal_number("RTMIN+30"), 64);
	CHECK_I64(names__signal_number("rtmax-30"), 34);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_I64(names__signal_number(bad[i]), -EINVAL);
	CHECK_STR(names__signal(0, got), "signal 0");
	CHECK_STR(names__signal(127, got), "signal 127");
}

static void signal_codes(void)
{
	CHECK_STR(names__sicode(SIGSEGV, SEGV_MAPERR), "SEGV_MAPERR");
	CHECK_STR(names__sicode(SIGSEGV, SEGV_ACCERR), "SEGV_ACCERR");
	CHECK_STR(names__sicode(SIGSEGV, SEGV_PKUERR), "SEGV_PKUERR");
	CHECK_STR(names__sicode(SIGBUS, BUS_ADRERR), "BUS_ADRERR");
	CHECK_STR(names__sicode(SIGBUS, BUS_MCEERR_AR), "BUS_MCEERR_AR");
	CHECK_STR(names__sicode(SIGFPE, FPE_INTDIV), "FPE_INTDIV");
	CHECK_STR(names__sicode(SIGILL, ILL_ILLOPN), "ILL_ILLOPN");
	CHECK_STR(names__sicode(SIGTRAP, TRAP_BRKPT), "TRAP_BRKPT");
	CHECK_STR(names__sicode(SIGSYS, 1), "SYS_SECCOMP");
	CHECK_STR(names__sicode(SIGCHLD, CLD_DUMPED), "CLD_DUMPED");
	CHECK_STR(names__sicode(SIGIO, POLL_HUP), "POLL_HUP");
	CHECK_STR(names__sicode(SIGTERM, SI_USER), "SI_USER");
	CHECK_STR(names__sicode(SIGSEGV, SI_KERNEL), "SI_KERNEL");
	CHECK_STR(names__sicode(SIGTERM, SI_TKILL), "SI_TKILL");
	CHECK_STR(names__sicode(SIGALRM, SI_TIMER), "SI_TIMER");
	CHECK_STR(names__sicode(SIGRTMIN, SI_QUEUE), "SI_QUEUE");
	CHECK_STR(names__sicode(SIGTERM, 1), NULL);
	CHECK_STR(names__sicode(SIGSEGV, 77), NULL);
}

static void classes(void)
{
	static const char *const closed[] = { "unknown", "exit",  "signal", "fault", "abort",  "oom_memcg",
					      "oom_global", "seccomp", "rlimit", "timer", "pipe", "tty",
					      "hangup",	 "pdeathsig", "pidns", "ptrace", "exec" };
	int i;

	CHECK_I64(CAUSE_COUNT, (int)(sizeof(closed) / sizeof(closed[0])));
	for (i = 0; i < CAUSE_COUNT; i++) {
		CHECK_STR(names__class(i), closed[i]);
		CHECK_I64(names__class_number(closed[i]), i);
	}
	CHECK_I64(names__class_number("oom"), -EINVAL);
	CHECK_I64(names__class_number(""), -EINVAL);
}

/* A recording of a newer exittrace may hold numbers that this one does not know. */
static void unknown_numbers(void)
{
	CHECK_STR(names__class(CAUSE_COUNT), "unknown");
	CHECK_STR(names__door(200), "unknown");
	CHECK_STR(names__observation(ET_OBS_COUNT), "unknown");
	CHECK_STR(names__how(77), "unknown");
	CHECK_STR(names__runtime(77), "unknown");
	CHECK_STR(names__why(77), "unknown");
	CHECK_STR(names__phase(PHASE_COUNT), "unknown");
	CHECK_STR(names__now(ET_PHASE_NONE), "unknown");
	CHECK_STR(names__now(ET_PHASE_COUNT), "unknown");
	CHECK_STR(names__core_reason(CORE_REASON_NONE), "unknown");
	CHECK_STR(names__core_target(0), "unknown");
}

static void ways_out(void)
{
	static const char *const parts[] = { "delivery", "coredump", "mm", "files", "detach", "task_work",
					     "notify", "other" };
	static const char *const nows[] = { "delivery", "coredump", "exit", "mm", "files", "detach",
					    "task_work", "notify" };
	static const char *const reasons[] = { "not_dumpable", "pattern_empty", "limit", "open_failed",
					       "handler_failed", "interrupted" };
	unsigned int i;

	CHECK_U64(PHASE_COUNT, sizeof(parts) / sizeof(parts[0]));
	for (i = 0; i < PHASE_COUNT; i++)
		CHECK_STR(names__phase(i), parts[i]);
	for (i = ET_PHASE_DELIVERY; i < ET_PHASE_COUNT; i++)
		CHECK_STR(names__now(i), nows[i - 1]);
	for (i = CORE_NOT_DUMPABLE; i <= CORE_INTERRUPTED; i++)
		CHECK_STR(names__core_reason(i), reasons[i - 1]);
	CHECK_STR(names__core_target(ET_CORE_FILE), "file");
	CHECK_STR(names__core_target(ET_CORE_PIPE), "pipe");
	CHECK_STR(names__core_target(ET_CORE_SOCKET), "socket");
	for (i = 0; i < ET_OBS_COUNT; i++)
		CHECK(strcmp(names__observation(i), "unknown"));
	CHECK_STR(names__observation(ET_OBS_COREDUMP), "coredump");
}

static void roles(void)
{
	struct et_peer p = { .id = { 1, 1, 0 }, .flags = ET_PEER_NS_INIT | ET_PEER_SUBREAPER };

	CHECK_STR(names__role(&p), "init");
	p.id.tgid = 77;
	CHECK_STR(names__role(&p), "pid_namespace_init");
	p.flags = ET_PEER_SUBREAPER | ET_PEER_EXITING;
	CHECK_STR(names__role(&p), "subreaper");
	p.flags = ET_PEER_EXITING;
	CHECK_STR(names__role(&p), NULL);
}

static void terminals(void)
{
	static const struct {
		const char kernel[ET_TTY_LEN], *people;
	} all[] = {
		{ "pts3", "pts/3" },   { "pts12345678", "pts/12345678" }, { "tty1", "tty1" }, { "ttyS0", "ttyS0" },
		{ "ptsx", "ptsx" },    { "pts", "pts" },		  { "", "" },	      { "p", "p" },
		{ { 'p', 't', 's', '1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '1', '2', '3' },
		  "pts/1234567890123" },
	};
	char got[RECORD_TTY];
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		CHECK_STR(names__tty(all[i].kernel, got), all[i].people);
}

static void ends_of_threads(void)
{
	CHECK_STR(names__ended_by(&(struct et_thread){ .status = 3 << 8 }), "exit");
	CHECK_STR(names__ended_by(&(struct et_thread){ .flags = ET_THREAD_LAST }), "exit");
	CHECK_STR(names__ended_by(&(struct et_thread){ .flags = ET_THREAD_GROUP, .status = 9 }), "group_exit");
	CHECK_STR(names__ended_by(&(struct et_thread){ .flags = ET_THREAD_EXEC, .status = 9 }), "exec");
	CHECK_STR(names__ended_by(&(struct et_thread){ .flags = ET_THREAD_ALONE, .status = 31 }), "killed");
	CHECK_STR(names__ended_by(&(struct et_thread){ .status = 31 }), "killed");
}

static void errors(void)
{
	char got[RECORD_ERRNO_NAME];

	CHECK_STR(names__errno(ENOSPC, got), "ENOSPC");
	CHECK_STR(names__errno(EIO, got), "EIO");
	CHECK_STR(names__errno(EDQUOT, got), "EDQUOT");
	CHECK_STR(names__errno(ENOTRECOVERABLE, got), "ENOTRECOVERABLE");
	CHECK_STR(names__errno(512, got), "errno 512"); /* the kernel's own ERESTARTSYS */
	CHECK_STR(names__errno(2147483647, got), "errno 2147483647");
}

static void other_lists(void)
{
	unsigned int i;

	CHECK_STR(names__how(REAP_UNREAPED), "unreaped");
	CHECK_STR(names__runtime(RUNTIME_CRIO), "cri-o");
	CHECK_STR(names__door(ET_DOOR_ITER), "iterator");
	CHECK_STR(names__door(ET_DOOR_OFF), "off");
	CHECK_STR(names__observation(ET_OBS_EXIT), "exit");
	CHECK_STR(names__observation(ET_OBS_SNAPSHOT), "snapshot");
	for (i = WHY_TIER; i <= WHY_UNSEEN; i++)
		CHECK(strcmp(names__why(i), "unknown"));
}

int main(void)
{
	UNIT(signals_both_ways);
	UNIT(signals_of_libc);
	UNIT(signals_as_people_type_them);
	UNIT(signal_codes);
	UNIT(classes);
	UNIT(unknown_numbers);
	UNIT(ways_out);
	UNIT(roles);
	UNIT(terminals);
	UNIT(ends_of_threads);
	UNIT(errors);
	UNIT(other_lists);
	return unit__end();
}
