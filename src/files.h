/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * files.h: files with a part in a death, kept until its DEATH message comes. Bounded: of a
 * process the slowest close, the slowest release, the core and ET_FILES_TOLD errors.
 */
#ifndef EXITTRACE_FILES_H
#define EXITTRACE_FILES_H

#include "record.h"

struct files;	    /* of many processes */
struct noted_files; /* of one */

struct files *files__new(unsigned int max_processes);
void files__free(struct files *f); /* NULL is fine */
/* A checked message. -ENOMEM: not kept; the oldest process is forgotten when there are too many. */
int files__add(struct files *f, const struct et_file *m);
/* Takes them out; NULL: none were kept. The caller frees what it took. */
struct noted_files *files__take(struct files *f, const struct et_id *id);
void noted_files__free(struct noted_files *n); /* NULL is fine */
/* Valid as long as n is. n may be NULL: none. */
const struct noted_file *noted_files__list(const struct noted_files *n, unsigned int *nr);

#endif
