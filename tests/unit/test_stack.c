// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How a process left, what is told of its stack, and what is believed of who looks up names. */
#include <sys/syscall.h>

#include "assembler.h"
#include "names.h"
#include "stack.h"
#include "symbol.h"
#include "synth.h"
#include "unit.h"

static struct et_frame at(uint8_t file, uint64_t offset)
{
	struct et_frame f = { .kind = ET_FRAME_FILE, .offset = offset };

	memset(f.build_id, file, sizeof(f.build_id));
	return f;
}

static struct et_frame address(uint64_t where)
{
	return (struct et_frame){ .kind = ET_FRAME_ADDRESS, .offset = where };
}

static struct et_stack stack(enum et_stack_what what, unsigned int nr)
{
	struct et_stack t = {
		.h = { ET_STACK, offsetof(struct et_stack, frames) + nr * sizeof(struct et_frame) },
		.id = { .start_ns = 110 * SEC, .tgid = 4242 }, .what = what, .tid = 4242, .syscall = -1, .nr = nr,
	};
	unsigned int i;

	for (i = 0; i < nr; i++)
		t.frames[i] = at(1, 0x1000 * (i + 1));
	return t;
}

/* exit() at 0x3e680 of file 1, called from `caller`. */
static struct et_stack call(enum et_stack_call which, struct et_frame caller)
{
	struct et_stack t = stack(ET_STACK_CALL, 1);

	t.call = which;
	t.caller = caller;
	t.frames[0] = at(1, 0x3e680);
	t.flags = ET_STACK_CODE_READ;
	return t;
}

#ifdef __x86_64__
/* The end of code in front of a return address. */
static struct et_stack call_behind(const uint8_t *code, size_t len, uint64_t caller)
{
	struct et_stack t = call(ET_CALL_EXIT, (struct et_frame){ .kind = ET_FRAME_OFFSET, .offset = caller });

	t.flags |= ET_STACK_INSIDE;
	memcpy(t.code + ET_STACK_CODE - len, code, len);
	return t;
}

static void main_returns(void)
{
	/* as in Debian 12: glibc 2.36 and musl 1.2.3; of 2.31 with the operand in memory */
	static const uint8_t glibc[] = { 0xff, 0xd0, 0x89, 0xc7, 0xe8, 0x2f, 0x74, 0x01, 0x00 };
	static const uint8_t old_glibc[] = { 0xff, 0x54, 0x24, 0x18, 0x89, 0xc7, 0xe8, 0x2f, 0x74, 0x01, 0x00 };
	static const uint8_t high[] = { 0x41, 0xff, 0xd4, 0x89, 0xc7, 0xe8, 0x2f, 0x74, 0x01, 0x00 };
	/* setcontext(), err(), the last thread */
	static const uint8_t context[] = { 0xf6, 0xfe, 0xff, 0x48, 0x89, 0xc7, 0xe8, 0x2f, 0x74, 0x01, 0x00 };
	static const uint8_t err[] = { 0xfd, 0xff, 0xff, 0x89, 0xdf, 0xe8, 0x2f, 0x74, 0x01, 0x00 };
	static const uint8_t thread[] = { 0xff, 0xff, 0x31, 0xff, 0xe8, 0x2f, 0x74, 0x01, 0x00 };
	/* of 32 bits: glibc 2.36, one that does not push; and an argument from elsewhere */
	static const uint8_t narrow[] = { 0xff, 0xd0, 0x83, 0xc4, 0x10, 0x83, 0xec, 0x0c, 0x50,
					  0xe8, 0x2f, 0x74, 0x01, 0x00 };
	static const uint8_t moved[] = { 0xff, 0x54, 0x24, 0x60, 0x89, 0x04, 0x24, 0xe8, 0x2f, 0x74, 0x01, 0x00 };
	static const uint8_t pushed[] = { 0x83, 0xc4, 0x10, 0x83, 0xec, 0x0c, 0x53, 0xe8, 0x2f, 0x74, 0x01, 0x00 };
	static const uint8_t other[] = { 0x5b, 0xc3, 0x83, 0xc4, 0x10, 0x83, 0xec, 0x0c, 0x50,
					 0xe8, 0x2f, 0x74, 0x01, 0x00 };
	struct et_stack t = call_behind(glibc, sizeof(glibc), 0x27251);

	CHECK(stack__is_main_return(&t));
	t.frames[0].offset++; /* the call leads somewhere else */
	CHECK(!stack__is_main_return(&t));
	t.frames[0] = address(0x7f0000000000); /* it could not be read */
	CHECK(stack__is_main_return(&t));
	t.flags &= ~(unsigned int)ET_STACK_INSIDE; /* such code in the program itself */
	CHECK(!stack__is_main_return(&t));
	t = call_behind(glibc, sizeof(glibc), 0x27251);
	t.flags &= ~(unsigned int)ET_STACK_CODE_READ;
	CHECK(!stack__is_main_return(&t));
	t = call_behind(glibc, sizeof(glibc), 0x27251);
	t.call = ET_CALL__EXIT;
	CHECK(!stack__is_main_return(&t));
	t = call_behind(old_glibc, sizeof(old_glibc), 0x27251);
	CHECK(stack__is_main_return(&t));
	t = call_behind(high, sizeof(high), 0x27251);
	CHECK(stack__is_main_return(&t));
	t = call_behind(narrow, sizeof(narrow), 0x27251);
	CHECK(stack__is_main_return(&t));
	t = call_behind(moved, sizeof(moved), 0x27251);
	CHECK(stack__is_main_return(&t));
	t = call_behind(pushed, sizeof(pushed), 0x27251);
	CHECK(!stack__is_main_return(&t));
	t = call_behind(other, sizeof(other), 0x27251);
	CHECK(!stack__is_main_return(&t));
	t = call_behind(context, sizeof(context), 0x27251);
	CHECK(!stack__is_main_return(&t));
	t = call_behind(err, sizeof(err), 0x27251);
	CHECK(!stack__is_main_return(&t));
	t = call_behind(thread, sizeof(thread), 0x27251);
	CHECK(!stack__is_main_return(&t));
}
#else
static void main_returns(void)
{
	static const uint32_t code[] = { 0xd63f0060, 0x94000400 }; /* blr x3; bl +0x1000 */
	struct et_stack t = call(ET_CALL_EXIT, at(1, 0x3e680 - 0x1000 + 4));

	t.flags |= ET_STACK_INSIDE;
	memcpy(t.code + ET_STACK_CODE - sizeof(code), code, sizeof(code));
	CHECK(stack__is_main_return(&t));
	t.frames[0].offset += 4;
	CHECK(!stack__is_main_return(&t));
}
#endif

static void how_it_left(void)
{
	struct et_stack c = call(ET_CALL_EXIT, at(2, 0x100)), d = stack(ET_STACK_DEATH, 1);
	const struct et_stack *s[ET_STACK_KINDS] = { NULL };

	CHECK_I64(stack__how(s, 0), LEAVE_UNKNOWN);
	CHECK_I64(stack__how(s, SIGTERM), LEAVE_SIGNAL);
	s[ET_STACK_CALL] = &c;
	CHECK_I64(stack__how(s, 3 << 8), LEAVE_EXIT);
	CHECK_I64(stack__how(s, SIGSEGV | 0x80), LEAVE_SIGNAL); /* in a handler of atexit() */
	c.call = ET_CALL__EXIT;
	CHECK_I64(stack__how(s, 0), LEAVE__EXIT);
	c.call = ET_CALL_QUICK_EXIT;
	CHECK_I64(stack__how(s, 0), LEAVE_QUICK_EXIT);
	c.call = ET_CALL_ABORT;
	CHECK_I64(stack__how(s, SIGABRT), LEAVE_ABORT);
	CHECK_I64(stack__how(s, SIGKILL), LEAVE_SIGNAL);
	CHECK_I64(stack__how(s, 0), LEAVE_UNKNOWN); /* a handler jumped out of it, and what came then was not seen */
	c.call = ET_CALL_EXIT;
	s[ET_STACK_DEATH] = &d; /* the call did not lead to the end */
	CHECK_I64(stack__how(s, 0), LEAVE_UNKNOWN);
	d.syscall = SYS_exit_group;
	CHECK_I64(stack__how(s, 0), LEAVE_SYSCALL);
	d.syscall = SYS_exit;
	CHECK_I64(stack__how(s, 0), LEAVE_THREAD);
	d.flags = ET_STACK_32BIT;
	CHECK_I64(stack__how(s, 0), LEAVE_UNKNOWN);
	d.syscall = 1;
	CHECK_I64(stack__how(s, 0), LEAVE_THREAD);
}

/* ---- a record ---- */

static struct assembler *a; /* what was told points into it */
static struct record *last;
static struct frame told[16];
static unsigned int nr_told;

#define DATA 0xda7a /* where nothing can be run */

static void name(void *ctx, struct frame *frames, unsigned int n)
{
	unsigned int i;

	(void)ctx;
	for (i = 0; i < n; i++) {
		frames[i].symbol = text__str("somewhere");
		frames[i].no_code = frames[i].at.offset == DATA;
	}
}

static void keep(void *ctx, const struct record *r)
{
	static struct record copy;

	(void)ctx;
	copy = *r;
	last = &copy;
	nr_told = r->stack.nr < 16 ? r->stack.nr : 16;
	if (nr_told)
		memcpy(told, r->stack.frames, nr_told * sizeof(*told));
}

/* The record of a process that ended with this status, and of which these messages came. */
static void make_record(int status, const struct et_stack *one, const struct et_stack *other)
{
	const struct assembler_options opt = { .namer = { name, NULL } };
	struct et_start start = synth_start();
	struct synth_death m = { .d = { .h = { ET_DEATH, sizeof(m.d) }, .id = { 110 * SEC, 4242, 0 },
					.exit_ns = 112 * SEC, .flags = ET_D_AUTOREAP, .status = status } };

	assembler__free(a);
	a = assembler__new(&opt, keep, NULL);
	last = NULL;
	start.flags = ET_START_STACK;
	assembler__feed(a, &start, sizeof(start));
	if (one)
		CHECK_I64(assembler__feed(a, one, one->h.size), 0);
	if (other)
		CHECK_I64(assembler__feed(a, other, other->h.size), 0);
	CHECK_I64(assembler__feed(a, &m, sizeof(m.d)), 0);
	CHECK(last);
}

static void a_call(void)
{
	struct et_stack c = call(ET_CALL_EXIT, at(2, 0x15e0));

	c.nr = 4;
	c.h.size = offsetof(struct et_stack, frames) + 4 * sizeof(struct et_frame);
	c.frames[1] = at(2, 0x15e0); /* as kernels since 6.11 tell the caller, too */
	c.frames[2] = at(2, 0x1700);
	c.frames[3] = address(0x2f6e69622f3d4c4c); /* "LL=/bin/": no frame pointer was there */
	make_record(3 << 8, &c, NULL);
	CHECK_I64(last->stack.how, LEAVE_EXIT);
	CHECK_I64(last->stack.nr, 2);
	CHECK_U64(told[0].at.offset, 0x15e0);
	CHECK_U64(told[1].at.offset, 0x1700);
	CHECK(told[0].returns && text__equal(told[0].symbol, "somewhere"));
	CHECK_STR(told[0].build_id, "0202020202020202020202020202020202020202");
	CHECK(last->stack.by);
	CHECK_U64(last->nr_missing && record__is_missing(last, FIELD_exit_stack), 0);
}

/* Of the library that calls itself the kernel half tells the build id once. */
static void a_library(void)
{
	struct et_stack c = call(ET_CALL_EXIT, (struct et_frame){ .kind = ET_FRAME_OFFSET, .offset = 0x1038d7 });

	c.flags |= ET_STACK_INSIDE;
	make_record(1 << 8, &c, NULL);
	CHECK_I64(last->stack.how, LEAVE_EXIT);
	CHECK_STR(told[0].build_id, "0101010101010101010101010101010101010101");
	CHECK_U64(told[0].at.offset, 0x1038d7);
}

static void a_path(void)
{
	struct et_stack c = call(ET_CALL_EXIT, (struct et_frame){ .kind = ET_FRAME_OFFSET, .offset = 0x15e0 });

	memcpy(c.path, "x\0bin\0usr\0", 10);
	c.path_len = 10;
	make_record(0, &c, NULL);
	CHECK(text__equal(told[0].module, "/usr/bin/x"));
	CHECK_STR(told[0].build_id, "");
}

static void a_signal(void)
{
	struct et_stack s = stack(ET_STACK_SIGNAL, 3), c = call(ET_CALL_EXIT, at(2, 0x100));

	make_record(SIGSEGV, &c, &s);
	CHECK_I64(last->stack.how, LEAVE_SIGNAL);
	CHECK(!last->stack.by);
	CHECK_I64(last->stack.nr, 3);
	CHECK(!told[0].returns && told[1].returns);
}

/* What can be no code ends a stack, but for where it stood: that may be what it died of. */
static void data_among_code(void)
{
	struct et_stack s = stack(ET_STACK_SIGNAL, 3);

	s.frames[2].offset = DATA;
	make_record(SIGSEGV, &s, NULL);
	CHECK_I64(last->stack.nr, 2);
	s.frames[0].offset = DATA;
	make_record(SIGSEGV, &s, NULL);
	CHECK_I64(last->stack.nr, 2);
	s.frames[1].offset = DATA;
	make_record(SIGSEGV, &s, NULL);
	CHECK_I64(last->stack.nr, 1);
}

/* What is not seen is said to be. */
static void nothing(void)
{
	struct et_stack c = call(ET_CALL_EXIT, (struct et_frame){ 0 });

	make_record(0, NULL, NULL);
	CHECK(record__is_missing(last, FIELD_exit_stack));
	make_record(SIGKILL, NULL, NULL);
	CHECK_I64(last->stack.how, LEAVE_SIGNAL);
	CHECK(!record__is_missing(last, FIELD_exit_stack_how) && record__is_missing(last, FIELD_exit_stack_frames));
	make_record(0, &c, NULL); /* where it returns to could not be read */
	CHECK_I64(last->stack.how, LEAVE_EXIT);
	CHECK(record__is_missing(last, FIELD_exit_stack_by));
}

/* Addresses that are none lead nowhere; without files to compare with all that can be addresses are told. */
static void nonsense(void)
{
	struct et_stack s = stack(ET_STACK_SIGNAL, 3);

	s.frames[1] = at(1, 0xffffffffffc00000); /* below all mappings */
	make_record(SIGKILL, &s, NULL);
	CHECK_I64(last->stack.nr, 1);
	s = stack(ET_STACK_SIGNAL, 3);
	s.frames[0] = address(0x401000);
	s.frames[1] = address(0x402000);
	s.frames[2] = address(8);
	make_record(SIGKILL, &s, NULL);
	CHECK_I64(last->stack.nr, 2);
}

/* ---- answers ---- */

static void answers(void)
{
	struct symbol_answer said = {
		.serial = 1, .line = 12, .module = "/usr/bin/x", .symbol = "main", .source = "x.c",
	};
	const struct symbol_key key = { .offset = 5 };
	_Alignas(struct symbol) char room[SYMBOL_SIZE_MAX];
	struct symbol *s = (struct symbol *)room;

	CHECK(symbol__is_answer(&said, sizeof(said)));
	CHECK(!symbol__is_answer(&said, sizeof(said) - 1));
	CHECK(!symbol__is_answer(&said, 0));
	CHECK_U64(symbol__pack(s, &key, &said), sizeof(*s) + 10 + 4 + 6);
	CHECK(text__equal(symbol__module(s), "/usr/bin/x"));
	CHECK(text__equal(symbol__name(s), "main"));
	CHECK(text__equal(symbol__source(s), "x.c:12"));
	said.line = 0;
	symbol__pack(s, &key, &said);
	CHECK(text__equal(symbol__source(s), "x.c"));
	memset(said.symbol, 'x', sizeof(said.symbol));
	CHECK(!symbol__is_answer(&said, sizeof(said)));
	said.symbol[SYMBOL_TEXT_MAX - 1] = '\0';
	memset(said.source, 'y', sizeof(said.source) - 1);
	memset(said.module, 'z', sizeof(said.module) - 1);
	said.source[SYMBOL_TEXT_MAX - 1] = said.module[SYMBOL_TEXT_MAX - 1] = '\0';
	said.line = UINT32_MAX;
	CHECK(symbol__is_answer(&said, sizeof(said)));
	CHECK(symbol__pack(s, &key, &said) <= SYMBOL_SIZE_MAX);
	CHECK_U64(symbol__name(s).len, SYMBOL_TEXT_MAX - 1);
}

static void words(void)
{
	CHECK_STR(names__leave(LEAVE_RETURN), "return");
	CHECK_STR(names__leave(LEAVE__EXIT), "_exit");
	CHECK_STR(names__leave(LEAVE_COUNT), "unknown");
}

int main(void)
{
	UNIT(main_returns);
	UNIT(how_it_left);
	UNIT(a_call);
	UNIT(a_library);
	UNIT(a_path);
	UNIT(a_signal);
	UNIT(data_among_code);
	UNIT(nothing);
	UNIT(nonsense);
	UNIT(answers);
	UNIT(words);
	assembler__free(a);
	return unit__end();
}
