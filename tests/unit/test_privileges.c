/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* test_privileges.c: as root all of it, else what an ordinary user can see. */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "privileges.h"
#include "unit.h"

static void users(void)
{
	struct user u = { 7, 7 };

	CHECK(privileges__find_user("root", &u));
	CHECK_U64(u.uid, 0);
	CHECK(!privileges__find_user("no:such:user", &u));
	CHECK(!privileges__find_user("", &u));
}

static void names(void)
{
	char dst[160];

	CHECK_STR(privileges__names(0, dst), "");
	CHECK_STR(privileges__names(PRIVILEGE(CAP_BPF) | PRIVILEGE(CAP_PERFMON), dst), "CAP_BPF CAP_PERFMON");
	CHECK(strlen(privileges__names(~0ULL, dst)) < 159);
}

static int in_child(int (*fn)(void))
{
	pid_t pid = fork();
	int status = -1;

	if (!pid)
		_exit(fn());
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

static int all_given_up(void)
{
	static const struct user wanted = { 4242, 4343 };
	struct privileges p;
	uid_t r, e, s;

	if (privileges__settle(&p, &wanted) || privileges__drop(&p))
		return 1;
	if (getresuid(&r, &e, &s) || r != 4242 || e != 4242 || s != 4242 || getegid() != 4343 || getgroups(0, NULL))
		return 2;
	if (!setuid(0) || !setgid(0) || !setgroups(0, NULL) || privileges__effective())
		return 3;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_GET_DUMPABLE) ||
	       prctl(PR_CAPBSET_READ, CAP_KILL);
}

static int one_is_kept(void)
{
	struct privileges p;

	if (privileges__settle(&p, NULL))
		return 1;
	p.keep = PRIVILEGE(CAP_KILL);
	if (privileges__drop(&p))
		return 2;
	return !getuid() || privileges__effective() != PRIVILEGE(CAP_KILL);
}

static void given_up(void)
{
	if (geteuid())
		return;
	CHECK_I64(in_child(all_given_up), 0);
	CHECK_I64(in_child(one_is_kept), 0);
}

static int stays(void)
{
	struct privileges p;

	if (!geteuid() && (setgroups(0, NULL) || setresgid(4242, 4242, 4242) || setresuid(4242, 4242, 4242)))
		return 1;
	if (privileges__settle(&p, NULL) || p.change || privileges__drop(&p))
		return 2;
	return !getuid() || privileges__effective();
}

static void ordinary_user(void)
{
	CHECK_I64(in_child(stays), 0);
}

int main(void)
{
	UNIT(users);
	UNIT(names);
	UNIT(given_up);
	UNIT(ordinary_user);
	return unit__end();
}
