/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes the STACK messages of a death, gives how the process left, who called what, and the frames that are told. Does
 * not know names of functions: it is told them.
 */
#include "stack.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "path.h"

struct stack_room {
	struct frame frames[2 * (ET_STACK_FRAMES + 1)];
	unsigned int nr;
	char path[ET_STACK_PATH_MAX + PATH_ROOM]; /* of the caller's file */
};

struct stack_room *stack_room__new(void)
{
	return calloc(1, sizeof(struct stack_room));
}

void stack_room__free(struct stack_room *room)
{
	free(room);
}

/* ---- how ---- */

#define CODE_END ET_STACK_CODE

#if defined(__aarch64__)
static uint32_t instruction(const struct et_stack *t, unsigned int nth)
{
	uint32_t word;

	memcpy(&word, t->code + CODE_END - 4 * nth, sizeof(word));
	return word;
}

/* blr x; bl exit: the result of the one is the argument of the other. */
static bool passes_result(const struct et_stack *t)
{
	return (instruction(t, 1) & 0xfc000000) == 0x94000000 && (instruction(t, 2) & 0xfffffc1f) == 0xd63f0000;
}

static int64_t distance_of_call(const struct et_stack *t)
{
	return ((int64_t)(int32_t)(instruction(t, 1) << 6) >> 4) - 4;
}
#else
static bool is_indirect_call(const uint8_t *end)
{
	if (end[-2] == 0xff && (end[-1] & 0xf8) == 0xd0) /* call *%rax; of %r8 and the like, too */
		return true;
	return end[-4] == 0xff && end[-3] == 0x54 && end[-2] == 0x24; /* call *8(%rsp) */
}

static bool moves_stack(const uint8_t *end) /* add, sub $n,%esp */
{
	return end[-3] == 0x83 && (end[-2] == 0xc4 || end[-2] == 0xec);
}

/* Of 32 bits, where arguments are on the stack: push %eax, which is aligned before; or mov %eax,(%esp) */
static const uint8_t *before_argument(const uint8_t *end)
{
	if (end[-3] == 0x89 && end[-2] == 0x04 && end[-1] == 0x24)
		return end - 3;
	if (end[-1] != 0x50)
		return NULL;
	end--;
	for (unsigned int i = 0; i < 2 && moves_stack(end); i++)
		end -= 3;
	return end;
}

/* call *x; mov %eax,%edi; call exit */
static bool passes_result(const struct et_stack *t)
{
	const uint8_t *end = t->code + CODE_END - 5;

	if (end[0] != 0xe8)
		return false;
	if (end[-2] == 0x89 && end[-1] == 0xc7)
		return is_indirect_call(end - 2);
	end = before_argument(end);
	return end && is_indirect_call(end);
}

static int64_t distance_of_call(const struct et_stack *t)
{
	int32_t distance;

	memcpy(&distance, t->code + CODE_END - sizeof(distance), sizeof(distance));
	return distance;
}
#endif

static bool same_file(const struct et_frame *a, const struct et_frame *b)
{
	return a->kind == ET_FRAME_FILE && b->kind == ET_FRAME_FILE &&
	       !memcmp(a->build_id, b->build_id, sizeof(a->build_id));
}

/* Inside of the library its file is that of the function called, which is the first frame. */
static struct et_frame caller_of(const struct et_stack *t)
{
	struct et_frame f = t->caller;

	if (!(t->flags & ET_STACK_INSIDE) || f.kind != ET_FRAME_OFFSET || !t->nr || t->frames[0].kind != ET_FRAME_FILE)
		return f;
	f.kind = ET_FRAME_FILE;
	memcpy(f.build_id, t->frames[0].build_id, sizeof(f.build_id));
	return f;
}

/*
 * In a C library there is one place where the result of a function it knows by address only is what exit() is called
 * with: behind main(). err(), error(), or the last thread call it with something else. The call has to lead to exit().
 */
bool stack__is_main_return(const struct et_stack *t)
{
	if (t->call != ET_CALL_EXIT || !(t->flags & ET_STACK_INSIDE) || !(t->flags & ET_STACK_CODE_READ))
		return false;
	if (!passes_result(t))
		return false;
	if (!t->nr || t->frames[0].kind != ET_FRAME_FILE)
		return true;
	return t->caller.offset + (uint64_t)distance_of_call(t) == t->frames[0].offset;
}

static enum leave_how how_called(const struct et_stack *t)
{
	static const enum leave_how hows[ET_CALL_COUNT] = {
		[ET_CALL_EXIT] = LEAVE_EXIT, [ET_CALL__EXIT] = LEAVE__EXIT, [ET_CALL_QUICK_EXIT] = LEAVE_QUICK_EXIT,
	};

	if (stack__is_main_return(t))
		return LEAVE_RETURN;
	return hows[t->call]; /* of abort(): it did not end there */
}

static enum leave_how how_in_system_call(const struct et_stack *t)
{
	const bool narrow = t->flags & ET_STACK_32BIT;

#if defined(__aarch64__)
	if (t->syscall == (narrow ? 248 : SYS_exit_group))
#else
	if (t->syscall == (narrow ? 252 : SYS_exit_group))
#endif
		return LEAVE_SYSCALL;
	return t->syscall == (narrow ? 1 : SYS_exit) ? LEAVE_THREAD : LEAVE_UNKNOWN;
}

/* The kernel half tells the last system call only where no call of a library led to it. */
enum leave_how stack__how(const struct et_stack *const stacks[ET_STACK_KINDS], int status)
{
	const struct et_stack *call = stacks[ET_STACK_CALL], *last = stacks[ET_STACK_DEATH];
	const int sig = status & 0x7f;

	if (sig)
		return sig == 6 && call && call->call == ET_CALL_ABORT ? LEAVE_ABORT : LEAVE_SIGNAL;
	if (last)
		return how_in_system_call(last);
	return call ? how_called(call) : LEAVE_UNKNOWN;
}

/* ---- frames ---- */

static void add_frame(struct stack_room *room, const struct et_frame *f, bool returns, struct text exe)
{
	static const char digits[] = "0123456789abcdef";
	struct frame *to = &room->frames[room->nr++];
	unsigned int i;

	*to = (struct frame){ .at = *f, .returns = returns, .exe = exe };
	for (i = 0; f->kind == ET_FRAME_FILE && i < ET_BUILD_ID_LEN; i++) {
		to->build_id[2 * i] = digits[f->build_id[i] >> 4];
		to->build_id[2 * i + 1] = digits[f->build_id[i] & 15];
	}
}

static bool same_frame(const struct et_frame *a, const struct et_frame *b)
{
	return a->offset == b->offset && (same_file(a, b) || a->kind != ET_FRAME_FILE);
}

/*
 * Code that was not built with frame pointers keeps anything where they would be, and what is found there then leads
 * nowhere: the stack ends at the first address that is in no file. Unless no file could be read at all; and what no
 * address can be is data of the process, which is nobody's business. (For an address below all mappings the kernel says
 * how far it is in front of the lowest one.)
 */
#define ADDRESS_MIN 4096
#define ADDRESS_MAX (1ULL << 47) /* on all but few machines */

static bool leads_on(const struct et_stack *t, unsigned int i)
{
	const struct et_frame *f = &t->frames[i];

	if (f->kind != ET_FRAME_ADDRESS)
		return f->kind != ET_FRAME_NONE && f->offset < ADDRESS_MAX;
	if (!i) /* a jump to nowhere */
		return true;
	return t->frames[0].kind == ET_FRAME_ADDRESS && f->offset >= ADDRESS_MIN && f->offset < ADDRESS_MAX;
}

/*
 * A function that has only begun has no frame of its own yet: for it the kernel tells where it is, and then the caller
 * of its caller; since 6.11 the caller, too, where it sees how the function begins.
 */
static void add_calling_frames(struct stack_room *room, const struct et_stack *t, struct text exe)
{
	const struct et_frame caller = caller_of(t);
	unsigned int i = 1;

	if (caller.kind)
		add_frame(room, &caller, true, exe);
	if (t->nr > 1 && same_frame(&t->frames[1], &caller))
		i = 2;
	for (; i < t->nr && leads_on(t, i); i++)
		add_frame(room, &t->frames[i], true, exe);
}

/* In a system call a thread is behind the instruction that made it. */
static void add_frames(struct stack_room *room, const struct et_stack *t, struct text exe)
{
	const bool in_system_call = t->what == ET_STACK_DEATH;
	unsigned int i;

	for (i = 0; i < t->nr && leads_on(t, i); i++)
		add_frame(room, &t->frames[i], i || in_system_call, exe);
}

/* Of the messages the one that shows where it stood when it left that way. */
static const struct et_stack *own_stack(const struct record *r)
{
	const struct et_stack *const *s = r->stacks;

	switch (r->stack.how) {
	case LEAVE_ABORT:
		return s[ET_STACK_CALL];
	case LEAVE_SIGNAL:
		return s[ET_STACK_SIGNAL] ? s[ET_STACK_SIGNAL] : s[ET_STACK_DEATH];
	default:
		return s[ET_STACK_DEATH] ? s[ET_STACK_DEATH] : s[ET_STACK_CALL];
	}
}

static bool is_senders_stack(const struct record *r, const struct et_stack *t)
{
	return t && r->cause.by && !r->cause.self && t->tid == r->cause.by->tid &&
	       t->signo == (uint32_t)(r->death->status & 0x7f);
}

/* Where it fell, when that is nowhere: a jump to an address that nothing is at. */
static void add_fault(struct stack_room *room, const struct record *r, const struct et_stack *t)
{
	const struct et_signal *s = r->cause.class == CAUSE_FAULT ? r->cause.signal : NULL;
	struct et_frame f = { .kind = ET_FRAME_ADDRESS };

	if (room->nr || t->what != ET_STACK_SIGNAL || !s || !(s->flags & ET_SIG_IP))
		return;
	f.offset = s->ip;
	add_frame(room, &f, false, r->exe);
}

static void take_frames(struct record *r, struct stack_room *room)
{
	const struct et_stack *own = own_stack(r), *sender = r->stacks[ET_STACK_SENDER];
	struct exit_stack *e = &r->stack;

	room->nr = 0;
	e->frames = room->frames;
	if (own && own->what == ET_STACK_CALL)
		add_calling_frames(room, own, r->exe);
	else if (own)
		add_frames(room, own, r->exe);
	if (own)
		add_fault(room, r, own);
	e->nr = room->nr;
	e->tid = own ? own->tid : 0;
	e->sender = room->frames + room->nr;
	if (is_senders_stack(r, sender))
		add_frames(room, sender, r->killer.exe);
	e->nr_sender = room->nr - e->nr;
}

/* The one that called; main() returned to nobody that one would want to know. */
static const struct frame *find_caller(const struct exit_stack *e, const struct et_stack *own)
{
	if (!own || !e->nr || e->how == LEAVE_RETURN || e->how == LEAVE_SIGNAL || e->how == LEAVE_UNKNOWN)
		return NULL;
	return own->what == ET_STACK_CALL && !own->caller.kind ? NULL : &e->frames[0];
}

/* Of the caller's file the kernel half told the path: also of one that is nowhere in the usual directories. */
static void name_caller(struct stack_room *room, const struct et_stack *own)
{
	if (!own || own->what != ET_STACK_CALL || !own->path_len || !room->nr)
		return;
	room->frames[0].exe.bytes = room->path;
	room->frames[0].exe.len = path__put_in_order(room->path, own->path, own->path_len,
						     own->flags & ET_STACK_CUT);
	room->frames[0].module = room->frames[0].exe;
}

/* What was found where a frame pointer would be can be the address of data: the stack ends there as well. */
static unsigned int nr_of_code(const struct frame *frames, unsigned int nr)
{
	unsigned int i = 1;

	while (i < nr && !frames[i].no_code)
		i++;
	return nr ? i : 0;
}

static void name_frames(struct exit_stack *e, struct stack_room *room, const struct frame_namer *namer)
{
	if (!namer->name || !room->nr)
		return;
	namer->name(namer->ctx, room->frames, room->nr);
	e->nr = nr_of_code(e->frames, e->nr);
	e->nr_sender = nr_of_code(e->sender, e->nr_sender);
}

static enum missing_why why_missing(const struct record *r)
{
	return record__why_unseen(r, ET_OBS_STACK);
}

void stack__conclude(struct record *r, struct stack_room *room, const struct frame_namer *namer)
{
	const struct et_stack *own;

	if (!(r->start->flags & ET_START_STACK))
		return;
	r->stack.asked = true;
	r->stack.how = stack__how(r->stacks, r->death->status);
	own = own_stack(r);
	if (!own && r->stack.how == LEAVE_UNKNOWN) {
		record__add_missing(r, FIELD_exit_stack, why_missing(r));
		return;
	}
	take_frames(r, room);
	name_caller(room, own);
	name_frames(&r->stack, room, namer);
	r->stack.by = find_caller(&r->stack, own);
	if (r->stack.how == LEAVE_UNKNOWN)
		record__add_missing(r, FIELD_exit_stack_how, WHY_UNSEEN);
	else if (!r->stack.by && r->stack.how != LEAVE_RETURN && r->stack.how != LEAVE_SIGNAL)
		record__add_missing(r, FIELD_exit_stack_by, WHY_GONE);
	if (!r->stack.nr)
		record__add_missing(r, FIELD_exit_stack_frames, own ? WHY_GONE : why_missing(r));
}
