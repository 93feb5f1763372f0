/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * files.h: files with a part in a death, kept until its DEATH message comes. Bounded: of a
 * process the slowest close, the slowest release, the core and ET_FILES_TOLD errors; of all
 * a number of processes, and bytes.
 */
#ifndef EXITTRACE_FILES_H
#define EXITTRACE_FILES_H

#include "path.h"
#include "record.h"

struct files;	    /* of many processes */
struct noted_files; /* of one */

struct files *files__new(unsigned int max_processes, size_t max_bytes);
void files__free(struct files *f); /* NULL is fine */
/* A checked message. -ENOMEM: not kept; the oldest process is forgotten when there are too many. */
int files__add(struct files *f, const struct et_file *m);
/* Takes them out; NULL: none were kept. The caller frees what it took. */
struct noted_files *files__take(struct files *f, const struct et_id *id);
void files__free_taken(struct files *f, struct noted_files *n); /* NULL is fine */
size_t files__bytes(const struct files *f); /* in use, also of what was taken */
#define FILES_FS_ROOM (2 * ET_FS_LEN + 1)
#define FILES_UNLINKED " (deleted)" /* as /proc/PID/fd says it */

struct file_strings {
	char fs[FILES_FS_ROOM];
	char path[ET_FILE_PATH_MAX + PATH_ROOM + sizeof(FILES_UNLINKED)];
};

/* Its name in words, as /proc/PID/fd has it, and whether that is known; it points into `s`. */
void files__put_name(struct noted_file *f, struct file_strings *s, const struct et_file *m);
/* Valid as long as n is. n may be NULL: none. */
const struct noted_file *noted_files__list(const struct noted_files *n, unsigned int *nr);

#endif
