/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes the name of a program that sent a signal, gives its role and what the signal
 * usually means. Does not know more than the name: a hint says where to look, not what is.
 */
#include "hint.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "array.h"

#define COMM_MAX 15 /* a comm is the name, cut */

enum when {
	ALWAYS,
	ESCALATED, /* it had asked before */
};

static const struct known {
	const char *name; /* '*' at the end: and whatever follows */
	int signo;	  /* 0: any */
	enum when when;
	const char *role;
	const char *words; /* NULL: there is nothing to say that the name does not */
} known[] = {
	/* The first row that fits counts: those of one name stand together, the special before the general. */
	{ "systemd", SIGKILL, ESCALATED, "service_manager", "it had not stopped in time (TimeoutStopSec=)" },
	{ "systemd", SIGKILL, ALWAYS, "service_manager", "left over by its unit (KillMode=), or systemctl kill" },
	{ "systemd", SIGABRT, ALWAYS, "service_manager", "watchdog: it had not reported in time (WatchdogSec=)" },
	{ "systemd", SIGHUP, ALWAYS, "service_manager", "its unit was stopped (SendSIGHUP=), or reloaded" },
	{ "systemd", 0, ALWAYS, "service_manager", "its unit was stopped or restarted, see its journal" },
	{ "init", 0, ALWAYS, "service_manager", "shutdown, or its service was stopped" },
	{ "systemd-shutdow*", 0, ALWAYS, "service_manager", "the machine was shut down" },
	{ "start-stop-daemon", 0, ALWAYS, "service_manager", "an init script stopped its service" },
	{ "openrc*", 0, ALWAYS, "service_manager", "its service was stopped" },
	{ "supervise-daemon", 0, ALWAYS, "service_manager", "its service was stopped" },

	{ "systemd-oomd", 0, ALWAYS, "oom_killer", "memory or swap was short in its cgroup, see oomctl" },
	{ "earlyoom", 0, ALWAYS, "oom_killer", "memory was nearly used up, see earlyoom's log" },
	{ "nohang*", 0, ALWAYS, "oom_killer", "memory was nearly used up, see nohang's log" },
	{ "oomd", 0, ALWAYS, "oom_killer", "memory was short, see oomd's log" },
	{ "oomd.bin", 0, ALWAYS, "oom_killer", "memory was short, see oomd's log" },
	{ "low-memory-monitor", 0, ALWAYS, "oom_killer", "memory was short" },

	{ "kubelet", SIGKILL, ESCALATED, "orchestrator", "its pod had not stopped in its grace period" },
	{ "kubelet", 0, ALWAYS, "orchestrator", "its pod was stopped, evicted or unwell, see kubectl describe pod" },
	{ "k3s*", 0, ALWAYS, "orchestrator", "its pod was stopped, evicted or unwell, see kubectl describe pod" },
	{ "nomad", 0, ALWAYS, "orchestrator", "its task was stopped, see nomad alloc status" },

	{ "runc", SIGKILL, ESCALATED, "container_runtime", "its container had not stopped in time (stop timeout)" },
	{ "runc", SIGKILL, ALWAYS, "container_runtime", "its container was killed, or had not stopped in time" },
	{ "runc", 0, ALWAYS, "container_runtime", "its container was told to stop" },
	{ "crun", SIGKILL, ESCALATED, "container_runtime", "its container had not stopped in time (stop timeout)" },
	{ "crun", SIGKILL, ALWAYS, "container_runtime", "its container was killed, or had not stopped in time" },
	{ "crun", 0, ALWAYS, "container_runtime", "its container was told to stop" },
	{ "youki", 0, ALWAYS, "container_runtime", "its container was stopped or killed" },
	{ "containerd-shim*", SIGKILL, ALWAYS, "container_runtime", "its container was killed, or left this over" },
	{ "containerd-shim*", 0, ALWAYS, "container_runtime", "its container was told to stop" },
	{ "containerd", 0, ALWAYS, "container_runtime", "its container was stopped or killed" },
	{ "dockerd", SIGKILL, ESCALATED, "container_runtime", "its container had not stopped in time (stop --time)" },
	{ "dockerd", 0, ALWAYS, "container_runtime", "its container was stopped or killed, see docker events" },
	{ "conmon", 0, ALWAYS, "container_runtime", "its container was stopped or killed" },
	{ "crio", 0, ALWAYS, "container_runtime", "its container was stopped or killed" },
	{ "podman", SIGKILL, ESCALATED, "container_runtime", "its container had not stopped in time (stop --time)" },
	{ "podman", 0, ALWAYS, "container_runtime", "its container was stopped or killed, see podman events" },
	{ "lxc-*", 0, ALWAYS, "container_runtime", "its container was stopped or killed" },
	{ "lxd", 0, ALWAYS, "container_runtime", "its container was stopped or killed" },
	{ "incusd", 0, ALWAYS, "container_runtime", "its container was stopped or killed" },
	{ "docker-init", 0, ALWAYS, "container_init", "handed on what the container's init was sent" },
	{ "tini*", 0, ALWAYS, "container_init", "handed on what the container's init was sent" },
	{ "dumb-init", 0, ALWAYS, "container_init", "handed on what the container's init was sent" },
	{ "catatonit", 0, ALWAYS, "container_init", "handed on what the container's init was sent" },

	{ "timeout", SIGKILL, ESCALATED, "timeout", "it ran longer than allowed and had not stopped (timeout -k)" },
	{ "timeout", 0, ALWAYS, "timeout", "it ran longer than allowed, or timeout was ended itself" },

	{ "supervisord", SIGKILL, ESCALATED, "supervisor", "it had not stopped in time (stopwaitsecs)" },
	{ "supervisord", 0, ALWAYS, "supervisor", "stopped or restarted, see supervisorctl" },
	{ "runsv", 0, ALWAYS, "supervisor", "stopped or restarted with sv" },
	{ "sv", 0, ALWAYS, "supervisor", "stopped or restarted with sv" },
	{ "s6-supervise", SIGKILL, ESCALATED, "supervisor", "it had not stopped in time (timeout-kill)" },
	{ "s6-supervise", 0, ALWAYS, "supervisor", "stopped or restarted with s6-svc" },
	{ "s6-svscan", 0, ALWAYS, "supervisor", "everything s6 supervises was stopped" },
	{ "supervise", 0, ALWAYS, "supervisor", "stopped or restarted with svc" },
	{ "monit", 0, ALWAYS, "supervisor", "stopped or restarted, see monit's log" },
	{ "circusd", 0, ALWAYS, "supervisor", "stopped or restarted, see circusctl" },
	{ "watchdog", 0, ALWAYS, "watchdog", "the watchdog found the machine unwell, see its log" },

	{ "sshd*", SIGHUP, ALWAYS, "session_manager", "its connection ended" },
	{ "sshd*", 0, ALWAYS, "session_manager", "its connection or login ended" },
	{ "systemd-logind", 0, ALWAYS, "session_manager", "its user's session ended (KillUserProcesses=)" },
	{ "login", 0, ALWAYS, "session_manager", "its login ended" },
	{ "gnome-session*", 0, ALWAYS, "session_manager", "the desktop session ended" },
	{ "gnome-shell", 0, ALWAYS, "session_manager", "force quit, or the desktop session ended" },
	{ "xfce4-session", 0, ALWAYS, "session_manager", "the desktop session ended" },
	{ "lxsession", 0, ALWAYS, "session_manager", "the desktop session ended" },
	{ "ksmserver", 0, ALWAYS, "session_manager", "the desktop session ended" },
	{ "plasma_session", 0, ALWAYS, "session_manager", "the desktop session ended" },
	{ "sddm*", 0, ALWAYS, "session_manager", "the desktop session ended" },
	{ "gdm*", 0, ALWAYS, "session_manager", "the desktop session ended" },
	{ "tmux*", 0, ALWAYS, "terminal", "its window or session was closed" },
	{ "screen", 0, ALWAYS, "terminal", "its window or session was closed" },

	{ "sudo", 0, ALWAYS, "relay", "handed on: sudo itself was sent it, or its terminal was" },
	{ "su", 0, ALWAYS, "relay", "handed on: su itself was sent it, or ended" },
	{ "doas", 0, ALWAYS, "relay", "handed on: doas itself was sent it" },
	{ "parallel", 0, ALWAYS, "relay", "its job was stopped: a limit, or a failure elsewhere" },

	{ "slurmstepd", 0, ALWAYS, "batch_scheduler", "its job was cancelled or over a limit, see sacct" },
	{ "slurmd", 0, ALWAYS, "batch_scheduler", "its job was cancelled or over a limit, see sacct" },
	{ "sge_shepherd", 0, ALWAYS, "batch_scheduler", "its job was cancelled or over a limit, see qacct" },
	{ "pbs_mom", 0, ALWAYS, "batch_scheduler", "its job was cancelled or over a limit" },
	{ "condor_starter", 0, ALWAYS, "batch_scheduler", "its job was removed or over a limit" },

	{ "gdb", 0, ALWAYS, "debugger", "killed from the debugger" },
	{ "lldb*", 0, ALWAYS, "debugger", "killed from the debugger" },
	{ "strace", 0, ALWAYS, "debugger", "strace had started it, and was ended itself" },
	{ "make", 0, ALWAYS, "build_tool", "its build was interrupted" },
	{ "ninja", 0, ALWAYS, "build_tool", "its build was interrupted" },
	{ "logrotate", 0, ALWAYS, "log_rotation", "was to open its log again, and has no handler" },

	{ "kill", 0, ALWAYS, "kill_command", NULL },
	{ "killall*", 0, ALWAYS, "kill_command", "chosen by name" },
	{ "pkill", 0, ALWAYS, "kill_command", "chosen by name or pattern" },
	{ "pgrep", 0, ALWAYS, "kill_command", "chosen by name or pattern" }, /* pkill is a link to it */
	{ "xkill", 0, ALWAYS, "kill_command", "its window was clicked" },
	{ "fuser", 0, ALWAYS, "kill_command", "it used a file or port (fuser -k)" },
	{ "htop", 0, ALWAYS, "process_viewer", "somebody chose it there" },
	{ "top", 0, ALWAYS, "process_viewer", "somebody chose it there" },
	{ "btop", 0, ALWAYS, "process_viewer", "somebody chose it there" },
	{ "atop", 0, ALWAYS, "process_viewer", "somebody chose it there" },
	{ "gnome-system-monitor", 0, ALWAYS, "process_viewer", "somebody chose it there" },
	{ "plasma-systemmonitor", 0, ALWAYS, "process_viewer", "somebody chose it there" },

	{ "bash", SIGHUP, ALWAYS, "shell", "its shell ended (huponexit), or kill typed or in a script" },
	{ "bash", 0, ALWAYS, "shell", NULL },
	{ "sh", 0, ALWAYS, "shell", NULL },
	{ "dash", 0, ALWAYS, "shell", NULL },
	{ "ash", 0, ALWAYS, "shell", NULL },
	{ "zsh*", SIGHUP, ALWAYS, "shell", "its shell ended, or kill typed or in a script" },
	{ "zsh*", 0, ALWAYS, "shell", NULL },
	{ "ksh*", 0, ALWAYS, "shell", NULL },
	{ "mksh", 0, ALWAYS, "shell", NULL },
	{ "fish", 0, ALWAYS, "shell", NULL },
};

/* What they run, or which of their many programs they are, only comm tells. */
static const char *const runs_scripts[] = {
	"python*", "perl*", "ruby*", "node", "busybox", "toybox", "bash", "sh", "dash",
};

static struct text base_name(struct text path)
{
	size_t i = path.len;

	if (!i) /* then there may be no bytes to point to either */
		return path;
	while (i && path.bytes[i - 1] != '/')
		i--;
	return (struct text){ path.bytes + i, path.len - i };
}

/* `max`: how much of the name the kernel had room for. */
static bool is_named(struct text t, const char *name, size_t max)
{
	const size_t n = strlen(name);
	const bool any_end = n && name[n - 1] == '*';
	size_t want = any_end ? n - 1 : n;

	if (want > max)
		want = max;
	return t.len >= want && (any_end || t.len == want) && !memcmp(t.bytes, name, want);
}

static bool runs_others(struct text exe)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(runs_scripts); i++)
		if (is_named(exe, runs_scripts[i], SIZE_MAX))
			return true;
	return false;
}

static bool fits(const struct known *k, int signo, bool escalated)
{
	return (!k->signo || k->signo == signo) && (k->when != ESCALATED || escalated);
}

static const struct known *find(struct text name, size_t max, int signo, bool escalated)
{
	unsigned int i;

	for (i = 0; name.len && i < ARRAY_SIZE(known); i++)
		if (is_named(name, known[i].name, max) && fits(&known[i], signo, escalated))
			return &known[i];
	return NULL;
}

struct hint hint__find(struct text exe, struct text comm, int signo, bool escalated)
{
	const struct text program = base_name(exe);
	const struct known *k = NULL;

	if (!exe.len || runs_others(program))
		k = find(comm, COMM_MAX, signo, escalated);
	if (!k)
		k = find(program, SIZE_MAX, signo, escalated);
	return k ? (struct hint){ k->role, k->words } : (struct hint){ NULL, NULL };
}

const char *hint__name(unsigned int i)
{
	return i < ARRAY_SIZE(known) ? known[i].name : NULL;
}
