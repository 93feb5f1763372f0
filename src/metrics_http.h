/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * metrics_http.h: answers GET /metrics on a socket, within somebody else's loop: no thread, nothing that waits. Who is
 * slow or says nothing is cut off; there are never more than a few at once.
 */
#ifndef EXITTRACE_METRICS_HTTP_H
#define EXITTRACE_METRICS_HTTP_H

#include "buf.h"

struct metrics_http;
typedef void (*metrics_page_fn)(void *ctx, struct buf *b);

/*
 * Before the sandbox, as it loads a library. `fd` listens, and is not the caller's any more. NULL after one line on
 * stderr: it cannot be had.
 */
struct metrics_http *metrics_http__new(int fd, metrics_page_fn page, void *ctx);
void metrics_http__free(struct metrics_http *h); /* NULL is fine */
int metrics_http__fd(const struct metrics_http *h); /* readable: there is something to do */
void metrics_http__run(struct metrics_http *h);	    /* all that can be done now; also now and then */
bool metrics_http__is_possible(void); /* false in a static program */

#endif
