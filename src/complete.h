/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * complete.h: what the last word of a command line can become, for the shells in dist/completions.
 *
 * One candidate a line, a tab and what it means behind it. A line that begins with a colon
 * has no candidate, but says who knows them:
 *	:files, :directories, :users	the shell
 *	:command N			whoever completes the command that begins at word N, counted from 0
 */
#ifndef EXITTRACE_COMPLETE_H
#define EXITTRACE_COMPLETE_H

void complete__put(char **words); /* to stdout; words: up to the cursor, without argv[0], NULL behind the last */

#endif
