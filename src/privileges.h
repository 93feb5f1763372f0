/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * privileges.h: who this process is and what the kernel lets it do, and giving both up for good. What a process without
 * any may still ask the kernel for is sandbox.h.
 */
#ifndef EXITTRACE_PRIVILEGES_H
#define EXITTRACE_PRIVILEGES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PRIVILEGES_USER "nobody" /* to become, when nobody said whom */

struct user {
	uid_t uid;
	gid_t gid;
};

struct privileges { /* what becomes of them */
	bool change; /* to `user`: this process may, so it must */
	struct user user;
	uint64_t keep; /* capabilities that stay, a bit each */
};

/* By name in /etc/passwd. */
bool privileges__find_user(const char *name, struct user *u);
/* Capabilities in effect, a bit each; 0 also when the kernel does not tell. */
uint64_t privileges__effective(void);
#define PRIVILEGE(cap) (1ULL << (cap))
/* For a try with fewer, or with all again. 0, or negative errno: they may not be had. */
int privileges__use(uint64_t caps);
/* "CAP_BPF CAP_PERFMON": of those that we ever speak of. */
const char *privileges__names(uint64_t caps, char dst[160]);

/*
 * Asked before anything is attached, so that it is refused in time. `wanted`: NULL, for PRIVILEGES_USER.
 * 0; -EPERM, -ENOENT after one line on stderr: it cannot be done.
 */
int privileges__settle(struct privileges *p, const struct user *wanted);
/* The same for a child of ours, without a word; to be whoever it is already will do, unless that is root. */
int privileges__leave_root(struct privileges *p, const struct user *to);
/* Of the process, which has one thread. 0, or negative errno after one line on stderr: then it must not go on. */
int privileges__drop(const struct privileges *p);

#endif
