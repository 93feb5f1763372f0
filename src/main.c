/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * main.c: takes the command line, gives the exit status. Does not do anything else.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

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

int main(int argc, char **argv)
{
	static struct options o; /* large: holds every -p */
	int status;

	status = options__parse(&o, argc, argv);
	if (status)
		return status;
	log__quiet(o.quiet);
	status = run(&o);
	if (fflush(stdout) && status == STATUS_OK) {
		log__error("stdout: %s", strerror(errno));
		status = STATUS_ERROR;
	}
	return status;
}
