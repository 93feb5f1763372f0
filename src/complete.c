/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes the words of a command line up to the cursor, gives what the last one can become. Does
 * not know any shell, and gives nothing that one would not take literally.
 */
#include "complete.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "options.h"
#include "parse.h"

#define WORD_MAX 128

static const char *verb; /* of the command line; NULL: none */

/* A help of several lines becomes one. */
static void put(const char *before, const char *word, const char *help)
{
	printf("%s%s\t", before, word);
	for (; *help; help++)
		putchar(*help == '\n' ? ' ' : *help);
	putchar('\n');
}

static bool begins(const char *word, const char *with)
{
	return !strncmp(word, with, strlen(with));
}

/* "--pid", "--pid=..." or "-p" */
static bool names(const char *word, const struct option_told *o)
{
	const size_t len = strlen(o->name);

	if (o->letter && word[0] == '-' && word[1] == o->letter && !word[2])
		return true;
	return begins(word, "--") && !strncmp(word + 2, o->name, len) && (!word[2 + len] || word[2 + len] == '=');
}

static bool find(const char *word, struct option_told *o)
{
	unsigned int i;

	for (i = 0; options__told(verb, i, o); i++) {
		if (names(word, o))
			return true;
	}
	return false;
}

/* ---- options ---- */

static void put_options(const char *start)
{
	struct option_told o;
	char word[WORD_MAX];
	unsigned int i;

	for (i = 0; options__told(verb, i, &o); i++) {
		snprintf(word, sizeof(word), "--%s", o.name);
		if (begins(word, start))
			put("", word, o.help);
	}
	for (i = 0; start[0] == '-' && !start[1] && options__told(verb, i, &o); i++) {
		snprintf(word, sizeof(word), "-%c", o.letter);
		if (o.letter)
			put("", word, o.help);
	}
}

/* ---- values ---- */

/* Others choose the names of their processes, and a shell may run what it is given. */
static bool is_plain(const char *name)
{
	return *name && *name != '-' && !name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
							   "0123456789_.+:/-")];
}

static bool read_comm(const char *pid, char comm[WORD_MAX])
{
	char path[WORD_MAX];
	FILE *f;
	bool ok;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	ok = fgets(comm, WORD_MAX, f);
	fclose(f);
	if (ok)
		comm[strcspn(comm, "\n")] = '\0';
	return ok && is_plain(comm);
}

/* By pid with the name to tell them apart, or by name. */
static void put_processes(const char *before, const char *start, bool by_name)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	char comm[WORD_MAX];

	while (proc && (e = readdir(proc))) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		if (!read_comm(e->d_name, comm))
			comm[0] = '\0';
		if (by_name && *comm && begins(comm, start))
			put(before, comm, "");
		if (!by_name && begins(e->d_name, start))
			put(before, e->d_name, comm);
	}
	if (proc)
		closedir(proc);
}

static void put_closed_list(const char *value, const char *before, const char *start)
{
	const char *word;
	unsigned int i;

	for (i = 0; (word = options__word(value, i)); i++) {
		if (begins(word, start))
			put(before, word, "");
	}
}

static void put_values(const struct option_told *o, const char *before, const char *start)
{
	if (begins(o->value, "PID"))
		put_processes(before, start, false);
	else if (!strcmp(o->value, "COMM"))
		put_processes(before, start, true);
	else if (!strcmp(o->value, "FILE"))
		puts(":files");
	else if (!strcmp(o->value, "PATH") || !strcmp(o->value, "DIR"))
		puts(":directories");
	else if (!strcmp(o->value, "USER"))
		puts(":users");
	else
		put_closed_list(o->value, before, start);
}

/* What stands before the part that is completed stays: "--cause=exit,". */
static void put_value_of(const struct option_told *o, const char *word)
{
	const char *equals = begins(word, "--") ? strchr(word, '=') : NULL, *part = equals ? equals + 1 : word;
	const char *comma = strchr(o->value, '[') ? strrchr(part, ',') : NULL;
	char before[4096];

	if (comma)
		part = comma + 1;
	if (snprintf(before, sizeof(before), "%.*s", (int)(part - word), word) < (int)sizeof(before))
		put_values(o, before, part);
}

/* ---- where the cursor is ---- */

/* The word that begins the command, or the number of words: they are options so far. */
static unsigned int find_command(char **words, unsigned int last)
{
	struct option_told o;
	unsigned int i;

	for (i = 0; i < last; i++) {
		if (!strcmp(words[i], "--"))
			return i + 1;
		if (words[i][0] != '-')
			return i;
		if (find(words[i], &o) && o.value && *o.value != '[' && !strchr(words[i], '='))
			i++;
	}
	return i;
}

static const char *find_verb(const char *word)
{
	const char *name;

	for (unsigned int i = 0; (name = options__verb(i)); i++)
		if (!strcmp(word, name))
			return name;
	return NULL;
}

static void put_verbs(const char *start)
{
	const char *name;

	for (unsigned int i = 0; (name = options__verb(i)); i++)
		if (begins(name, start))
			put("", name, "");
}

/* Behind a verb there is no command: who is asked about is not known to us. */
static void put_command(unsigned int command)
{
	if (!verb)
		printf(":command %u\n", command);
}

void complete__put(char **words)
{
	unsigned int last = 0, command;
	struct option_told o;

	verb = words[0] && words[1] ? find_verb(words[0]) : NULL;
	words += verb != NULL;
	while (words[last] && words[last + 1])
		last++;
	if (!verb && !last && words[0])
		put_verbs(words[0]);
	if (!words[last])
		return;
	command = find_command(words, last);
	if (command > last && find(words[last - 1], &o))
		put_value_of(&o, words[last]);
	else if (command < last || (last && !strcmp(words[last - 1], "--")))
		put_command(command);
	else if (strchr(words[last], '=') && find(words[last], &o) && o.value)
		put_value_of(&o, words[last]);
	else if (!words[last][0] || words[last][0] == '-')
		put_options(words[last]);
	else
		put_command(command);
}
