/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * main.c: takes the command line, gives the exit status. Does not do anything else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "complete.h"
#include "history.h"
#include "log.h"
#include "metrics.h"
#include "options.h"
#include "schema.h"
#include "serve.h"
#include "trace.h"
#include "version.h"

static int put_schema(void)
{
	struct buf b = { 0 };

	schema__put(&b);
	if (b.failed)
		log__error("out of memory");
	else
		fwrite(b.data, 1, b.len, stdout);
	buf__free(&b);
	return b.failed ? STATUS_ERROR : STATUS_OK;
}

static int run(const struct options *o)
{
	switch (o->mode) {
	case MODE_HELP:
		options__help(o);
		return STATUS_OK;
	case MODE_VERSION:
		puts("exittrace " EXITTRACE_VERSION);
		return STATUS_OK;
	case MODE_COMPLETE:
		complete__put(o->command);
		return STATUS_OK;
	case MODE_LIST_FIELDS:
		options__list_fields();
		return STATUS_OK;
	case MODE_LIST_METRICS:
		metrics__list();
		return STATUS_OK;
	case MODE_JSON_SCHEMA:
		return put_schema();
	case MODE_PROBES:
		return trace__probes(o);
	case MODE_REPLAY:
		return trace__replay(o);
	case MODE_TRACE:
		return trace__live(o);
	case MODE_SERVE:
		return serve__run(o);
	case MODE_LIST:
	case MODE_WHY:
	case MODE_STATS:
		return history__tell(o);
	}
	return STATUS_ERROR;
}

/*
 * Whoever leaves out 0, 1 or 2 must not get a socket, a map or the file of -o there: words for people would go into it.
 * Opened the wrong way round, so that reading and writing fail as they do with a closed one.
 */
static bool hold_standard_fds(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	static struct options o; /* large: holds every -p */
	int status;

	if (!hold_standard_fds())
		return STATUS_ERROR; /* where to should it be told */
	status = options__parse(&o, argc, argv);
	if (status)
		return status;
	log__quiet(o.quiet);
	status = run(&o);
	if ((fflush(stdout) || ferror(stdout)) && status == STATUS_OK) {
		log__error("stdout: %s", strerror(errno));
		status = STATUS_ERROR;
	}
	return status;
}
