/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libc_reader.c: takes open files and a question, gives an answer of fixed size for each. Does not look into a file
 * itself: that is done by a child that can read and write what it has open and nothing else, whose answers are numbers.
 */
#include "libc_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdalign.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "unprivileged.h"

#define BYTES_MAX (16UL << 20) /* of a file: debug information comes behind what is loaded */
#define ANSWER_MS 5000 /* a file may be on a server that is gone */

/* What the child gets. */
struct task {
	const struct libc_files *files;
	const struct libc_question *question;
	char *bytes; /* room for a file */
};

/* ---- in the child ---- */

static ssize_t read_file(int fd, char *bytes)
{
	size_t n = 0;
	ssize_t got;

	while (n < BYTES_MAX && (got = read(fd, bytes + n, BYTES_MAX - n)))
		if (got > 0)
			n += (size_t)got;
		else if (errno != EINTR)
			return -errno;
	return (ssize_t)n;
}

/* An answer is a packet. One byte: the file cannot be read. */
static void answer_all(int fd, void *ctx)
{
	const struct task *t = ctx;

	for (unsigned int i = 0; i < t->files->nr; i++) {
		alignas(max_align_t) char answer[LIBC_ANSWER_MAX] = { 0 };
		const ssize_t n = read_file(t->files->of[i].fd, t->bytes);
		const size_t size = n < 0 ? 1 : t->question->size;

		if (n >= 0)
			t->question->parse(t->bytes, (size_t)n, answer);
		if (write(fd, answer, size) != (ssize_t)size)
			return;
	}
}

/* ---- here ---- */

/*
 * How many were read. What was answered before a file was read cannot have been made up by it, which is why those of
 * this machine come first.
 */
static unsigned int take_answers(const struct task *t, int fd, void *ctx)
{
	alignas(max_align_t) char answer[LIBC_ANSWER_MAX];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	unsigned int nr_read = 0;

	for (unsigned int i = 0; i < t->files->nr && poll(&p, 1, ANSWER_MS) == 1; i++) {
		const ssize_t n = read(fd, answer, t->question->size);

		if (n == (ssize_t)t->question->size) {
			t->question->take(ctx, i, answer);
			nr_read++;
		} else if (n != 1) {
			break;
		}
	}
	return nr_read;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int ask_child(struct task *t, void *ctx)
{
	int fds[LIBC_FILES_MAX], answers[2];
	struct unprivileged u = { .also = fds, .nr_also = t->files->nr, .strict = true };
	unsigned int nr_read;
	pid_t pid;

	if (pipe2(answers, O_CLOEXEC | O_DIRECT))
		return -errno;
	for (unsigned int i = 0; i < t->files->nr; i++)
		fds[i] = t->files->of[i].fd;
	u.keep = answers[1];
	pid = unprivileged__fork(&u, answer_all, t);
	close(answers[1]);
	nr_read = pid > 0 ? take_answers(t, answers[0], ctx) : 0;
	close(answers[0]);
	if (pid > 0)
		end_child(pid);
	if (nr_read < t->files->nr)
		log__note("%s: %u of %u C libraries could not be read: nothing is known of them", t->question->option,
			  t->files->nr - nr_read, t->files->nr);
	return pid < 0 ? pid : 0;
}

/*
 * The files are rewound: there may have been another question. The room is asked for here: the child may not.
 */
int libc_reader__ask(const struct libc_files *files, const struct libc_question *q, void *ctx)
{
	struct task t = { .files = files, .question = q };
	int err;

	t.bytes = mmap(NULL, BYTES_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (t.bytes == MAP_FAILED)
		return -errno;
	for (unsigned int i = 0; i < files->nr; i++)
		lseek(files->of[i].fd, 0, SEEK_SET);
	err = files->nr ? ask_child(&t, ctx) : 0;
	munmap(t.bytes, BYTES_MAX);
	return err;
}
