/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* metrics_address.h: where --metrics-listen listens: "127.0.0.1:9743", "[::1]:9743", "localhost:9743", "unix:/PATH". */
#ifndef EXITTRACE_METRICS_ADDRESS_H
#define EXITTRACE_METRICS_ADDRESS_H

#include <stdbool.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

struct metrics_address {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
	socklen_t len;
	bool loopback; /* nobody but this machine gets there */
};

/* No name is looked up. 0 or -EINVAL. */
int metrics_address__parse(const char *s, struct metrics_address *a);
/* A socket that listens there, or negative errno. A socket file that nobody listens at any more is replaced. */
int metrics_address__listen(const struct metrics_address *a);

#endif
