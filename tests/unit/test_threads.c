/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * THREAD messages all the way: through the assembler into each output, and into the totals.
 *
 *	test_threads           the checks
 *	test_threads emit N    N random ones as NDJSON
 */
#include <sys/mman.h>
#include <unistd.h>

#include "assembler.h"
#include "output.h"
#include "synth.h"
#include "unit.h"

static struct assembler *a;
static struct output *o;
static struct et_counters told;
static int file = -1;
static char text[1 << 16];

static void put(void *ctx, const struct record *r)
{
	(void)ctx;
	output__record(o, r);
}

static void feed(const void *msg)
{
	CHECK_I64(assembler__feed(a, msg, ((const struct et_header *)msg)->size), 0);
}

static void begin_to(int fd, struct output_options opt)
{
	struct et_start s = synth_start();

	opt.fd = fd;
	opt.utc = true;
	told = (struct et_counters){ 0 };
	o = output__new(&opt);
	a = assembler__new(&(struct assembler_options){ 0 }, put, NULL);
	feed(&s);
	output__begin(o, &s);
}

static void begin(struct output_options opt)
{
	file = memfd_create("output", MFD_CLOEXEC);
	begin_to(file, opt);
}

static void count_to(struct et_counters c)
{
	struct et_loss l = { .h = { ET_LOSS, sizeof(l) }, .c = c };

	feed(&l);
	output__lost(o, &told, &c);
	told = c;
}

static void end(void)
{
	const struct totals t = { .a = assembler__totals(a), .k = assembler__counters(a) };

	output__end(o, &t);
	output__flush(o);
}

static void let_go(void)
{
	assembler__free(a);
	output__free(o);
	close(file);
}

static const char *written(void)
{
	ssize_t n;

	output__flush(o);
	n = pread(file, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void give(uint32_t flags, int status)
{
	struct et_thread t = { .h = { ET_THREAD, sizeof(t) }, .id = { .start_ns = 110 * SEC, .tgid = 4242 },
			       .time_ns = 112 * SEC, .start_ns = 111 * SEC, .tid = 4250, .status = status,
			       .flags = flags, .threads = 3, .uid = 1000, .comm = "io-worker",
			       .process = "server" };

	feed(&t);
}

static void json(void)
{
	begin((struct output_options){ .json = true });
	give(ET_THREAD_EXEC, SIGKILL);
	CHECK(strstr(written(), "\n{\"schema\":\"exittrace/1\",\"type\":\"thread\","));
	give(ET_THREAD_ALONE, SIGSYS);
	CHECK(strstr(written(), "\n{\"schema\":\"exittrace/1\",\"type\":\"warning\","));
	give(0, 0);
	count_to((struct et_counters){ .threads = 5, .lost_thread = 2 });
	CHECK(strstr(written(), "\"type\":\"lost\",\"deaths\":0,\"reaps\":0,\"cgroups\":0,\"files\":0,\"threads\":2,"));
	count_to((struct et_counters){ .threads = 6, .lost_thread = 3 });
	end();
	CHECK(strstr(written(), "\"type\":\"lost\",\"deaths\":0,\"reaps\":0,\"cgroups\":0,\"files\":0,\"threads\":1,"));
	CHECK(strstr(written(), ",\"threads_seen\":6,\"threads\":2,\"warnings\":1,"));
	CHECK(strstr(written(), "\"lost_by_stage\":{\"deaths\":0,\"reaps\":0,\"cgroups\":0,\"files\":0,"
				"\"threads\":3,"));
	let_go();
}

/* They are no deaths: none of the totals of these moves. */
static void totals_of_the_table(void)
{
	begin((struct output_options){ 0 });
	give(0, 0);
	give(ET_THREAD_ALONE, SIGSYS);
	count_to((struct et_counters){ .threads = 3, .lost_thread = 1 });
	end();
	CHECK(strstr(written(), "\n# lost: 1 thread (ring buffer full)\n"));
	CHECK(strstr(written(), "\n# 0 deaths seen, 0 records, 0 lost, 1 thread ended, 1 warning\n"));
	let_go();
	begin((struct output_options){ 0 });
	give(0, 0);
	give(0, 0);
	give(ET_THREAD_ALONE, SIGSYS);
	give(ET_THREAD_ALONE, SIGSYS);
	end();
	CHECK(strstr(written(), ", 2 threads ended, 2 warnings\n"));
	let_go();
}

static void loss_is_noticed(void)
{
	const struct et_counters none = { 0 }, seen = { .threads = 7 }, lost = { .threads = 7, .lost_thread = 1 };

	CHECK(!output__any_lost(&none, &seen));
	CHECK(output__any_lost(&seen, &lost));
}

static void stories(void)
{
	begin((struct output_options){ .story = true, .colour = true });
	give(0, 0);
	give(ET_THREAD_ALONE, SIGSYS);
	CHECK(strstr(written(), "server"));
	end();
	let_go();
}

static uint32_t rnd(void)
{
	static uint32_t state = 1;

	state = state * 1103515245 + 12345;
	return state >> 8;
}

/* Any bytes but those that say whose it is. */
static struct et_thread any_thread(void)
{
	struct et_thread t;
	size_t i;

	for (i = 0; i < sizeof(t); i++)
		((unsigned char *)&t)[i] = (unsigned char)rnd();
	t.h = (struct et_header){ ET_THREAD, sizeof(t) };
	t.id = (struct et_id){ .tgid = 1 + rnd() % 4000000, .start_ns = 110 * SEC + rnd() };
	t.tid = 1 + rnd() % 4000000;
	if (rnd() % 4) {
		t.time_ns = t.id.start_ns + rnd();
		t.start_ns = t.id.start_ns + rnd() % 1000;
		t.runtime_ns = rnd();
	}
	return t;
}

static void any_bytes(void)
{
	const struct output_options forms[] = { { 0 }, { .story = true }, { .json = true } };
	unsigned int form, i;

	for (form = 0; form < 3; form++) {
		begin(forms[form]);
		for (i = 0; i < 3000; i++) {
			struct et_thread t = any_thread();

			feed(&t);
		}
		CHECK_U64(assembler__totals(a).threads + assembler__totals(a).warnings, 3000);
		end();
		CHECK(!o->error && !o->unwritten);
		let_go();
	}
}

static int emit(unsigned int n)
{
	begin_to(STDOUT_FILENO, (struct output_options){ .json = true });
	count_to((struct et_counters){ .threads = n });
	while (n--) {
		struct et_thread t = any_thread();

		feed(&t);
	}
	end();
	return o->error != 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "emit"))
		return emit((unsigned int)atoi(argv[2]));
	UNIT(json);
	UNIT(totals_of_the_table);
	UNIT(loss_is_noticed);
	UNIT(stories);
	UNIT(any_bytes);
	return unit__end();
}
