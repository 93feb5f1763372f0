/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a user to become and capabilities to keep, gives a process that is no more than that and cannot be again. Does
 * not restrict what anybody may do; that is sandbox.c.
 */
#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "array.h"
#include "log.h"

/*
 * Not getpwnam(): that loads whatever nsswitch.conf names into this process, and
 * a static binary cannot do it at all. Users from elsewhere can be given as numbers.
 */
bool privileges__find_user(const char *name, struct user *u)
{
	FILE *f = fopen("/etc/passwd", "re");
	struct passwd *pw;
	bool found = false;

	if (!f)
		return false;
	while (!found && (pw = fgetpwent(f))) {
		found = !strcmp(pw->pw_name, name);
		if (found)
			*u = (struct user){ pw->pw_uid, pw->pw_gid };
	}
	fclose(f);
	return found;
}

/* ---- capabilities ---- */

static int get_capabilities(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capget, &head, data) ? -errno : 0;
}

static int set_capabilities(uint64_t caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)caps, .permitted = (uint32_t)caps },
		{ .effective = (uint32_t)(caps >> 32), .permitted = (uint32_t)(caps >> 32) },
	};

	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

uint64_t privileges__effective(void)
{
	struct __user_cap_data_struct data[2] = { 0 };

	return get_capabilities(data) ? 0 : data[0].effective | (uint64_t)data[1].effective << 32;
}

int privileges__use(uint64_t caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	int err = get_capabilities(data);

	if (err)
		return err;
	data[0].effective = (uint32_t)caps;
	data[1].effective = (uint32_t)(caps >> 32);
	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

static uint64_t permitted(void)
{
	struct __user_cap_data_struct data[2] = { 0 };

	return get_capabilities(data) ? 0 : data[0].permitted | (uint64_t)data[1].permitted << 32;
}

const char *privileges__names(uint64_t caps, char dst[160])
{
	static const struct {
		unsigned int cap;
		const char *name;
	} known[] = {
		{ CAP_BPF, "CAP_BPF" },
		{ CAP_PERFMON, "CAP_PERFMON" },
		{ CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH" },
		{ CAP_SYS_RESOURCE, "CAP_SYS_RESOURCE" },
		{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN" },
	};
	size_t len = 0;

	dst[0] = '\0';
	for (unsigned int i = 0; i < ARRAY_SIZE(known); i++)
		if (caps & PRIVILEGE(known[i].cap))
			len += (size_t)snprintf(dst + len, 160 - len, "%s%s", len ? " " : "", known[i].name);
	return dst;
}

/* ---- whether it can be done ---- */

static bool is_root(void)
{
	uid_t real = 0, effective = 0, saved = 0;

	return getresuid(&real, &effective, &saved) || !real || !effective || !saved;
}

static int check_keeping(const struct user *wanted)
{
	if (!wanted && !is_root())
		return 0; /* an ordinary user with a few capabilities stays who he is */
	if (wanted)
		log__error("--run-as takes CAP_SETUID and CAP_SETGID; without it, it stays the user it is");
	else
		log__error("root cannot become %s without CAP_SETUID and CAP_SETGID: start it as another user, "
			   "or with --no-drop", PRIVILEGES_USER);
	return -EPERM;
}

static bool may_change(void)
{
	const uint64_t needed = PRIVILEGE(CAP_SETUID) | PRIVILEGE(CAP_SETGID);

	return (privileges__effective() & needed) == needed;
}

int privileges__leave_root(struct privileges *p, const struct user *to)
{
	*p = (struct privileges){ .change = may_change(), .user = *to };
	return !p->change && is_root() ? -EPERM : 0;
}

int privileges__settle(struct privileges *p, const struct user *wanted)
{
	*p = (struct privileges){ .change = may_change() };
	if (!p->change)
		return check_keeping(wanted);
	if (wanted) {
		p->user = *wanted;
		return 0;
	}
	if (privileges__find_user(PRIVILEGES_USER, &p->user))
		return 0;
	log__error("no user '%s' in /etc/passwd to become after attaching: give one with --run-as, a user id works too",
		   PRIVILEGES_USER);
	return -ENOENT;
}

/* ---- the steps, in their order ---- */

static int refuse_more(const struct privileges *p)
{
	(void)p;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

/* Without CAP_SETPCAP it stays. It bounds what exec() may give, and that is nothing now. */
static int empty_bounding_set(const struct privileges *p)
{
	(void)p;
	if (!(privileges__effective() & PRIVILEGE(CAP_SETPCAP)))
		return 0;
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			return -errno;
	return 0;
}

/* Else the next step takes them all. */
static int keep_capabilities(const struct privileges *p)
{
	return p->keep && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) ? -errno : 0;
}

static int change_user(const struct privileges *p)
{
	const struct user *u = &p->user;

	if (!p->change)
		return 0;
	if (setgroups(0, NULL) || setresgid(u->gid, u->gid, u->gid) || setresuid(u->uid, u->uid, u->uid))
		return -errno;
	return 0;
}

static int clear_ambient_set(const struct privileges *p)
{
	(void)p;
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) ? -errno : 0;
}

static int clear_capabilities(const struct privileges *p)
{
	return set_capabilities(p->keep & permitted());
}

static int forbid_core(const struct privileges *p)
{
	const struct rlimit none = { 0, 0 };

	(void)p;
	return setrlimit(RLIMIT_CORE, &none) ? -errno : 0;
}

/* Nobody of the same user may look into us: what we hold is not for him. Last, for a new user resets it. */
static int hide(const struct privileges *p)
{
	(void)p;
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ? -errno : 0;
}

int privileges__drop(const struct privileges *p)
{
	static const struct {
		const char *what;
		int (*take)(const struct privileges *p);
	} steps[] = {
		{ "no_new_privs", refuse_more },
		{ "the bounding set", empty_bounding_set },
		{ "PR_SET_KEEPCAPS", keep_capabilities },
		{ "becoming another user", change_user },
		{ "the ambient set", clear_ambient_set },
		{ "capabilities", clear_capabilities },
		{ "RLIMIT_CORE", forbid_core },
		{ "PR_SET_DUMPABLE", hide },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(steps); i++) {
		int err = steps[i].take(p);

		if (!err)
			continue;
		log__error("cannot give up privileges, %s: %s (--no-drop goes on with them)", steps[i].what,
			   strerror(-err));
		return err;
	}
	return 0;
}
