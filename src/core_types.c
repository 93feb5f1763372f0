/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * core_types.c: takes the kernel's BTF, gives a small one with the types an object names. Does not relocate anything.
 *
 * libbpf searches all of the kernel's some 100,000 types for each type of the object, which takes it longer than
 * anything else at start. What relocations need of a type is the layout of its members, and of the
 * structs among these; where a pointer points to they never ask.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "core_types.h"
#include "kernel.h"

struct copier {
	const struct btf *from;
	struct btf *to;
	int *ids; /* in `to`, by id in `from`; 0: not copied */
	int pointer; /* the one pointer type that stands for all */
};

static int copy_type(struct copier *c, uint32_t id);

static const char *name_of(const struct copier *c, uint32_t offset)
{
	return btf__name_by_offset(c->from, offset);
}

static int copy_array(struct copier *c, const struct btf_type *t)
{
	const struct btf_array *a = btf_array(t);
	int index = copy_type(c, a->index_type);
	int element = index < 0 ? index : copy_type(c, a->type);

	return element < 0 ? element : btf__add_array(c->to, index, element, a->nelems);
}

/* Members first: what is added to a BTF belongs to the type added last. */
static int copy_members(struct copier *c, const struct btf_type *t)
{
	for (unsigned int i = 0; i < btf_vlen(t); i++) {
		int id = copy_type(c, btf_members(t)[i].type);

		if (id < 0)
			return id;
	}
	return 0;
}

static int copy_composite(struct copier *c, const struct btf_type *t)
{
	const char *name = name_of(c, t->name_off);
	int err = copy_members(c, t), id;

	if (err)
		return err;
	id = btf_is_union(t) ? btf__add_union(c->to, name, t->size) : btf__add_struct(c->to, name, t->size);
	for (unsigned int i = 0; id >= 0 && !err && i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];

		err = btf__add_field(c->to, name_of(c, m->name_off), copy_type(c, m->type),
				     btf_member_bit_offset(t, i), btf_member_bitfield_size(t, i));
	}
	return err ? err : id;
}

static int copy_enum(struct copier *c, const struct btf_type *t)
{
	int id = btf__add_enum(c->to, name_of(c, t->name_off), t->size), err = 0;

	for (unsigned int i = 0; id >= 0 && !err && i < btf_vlen(t); i++)
		err = btf__add_enum_value(c->to, name_of(c, btf_enum(t)[i].name_off), btf_enum(t)[i].val);
	return err ? err : id;
}

static int copy_pointer(struct copier *c)
{
	if (!c->pointer)
		c->pointer = btf__add_ptr(c->to, 0);
	return c->pointer;
}

static int make_copy(struct copier *c, const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		return btf__add_int(c->to, name_of(c, t->name_off), t->size, btf_int_encoding(t));
	case BTF_KIND_FLOAT:
		return btf__add_float(c->to, name_of(c, t->name_off), t->size);
	case BTF_KIND_PTR:
		return copy_pointer(c);
	case BTF_KIND_ARRAY:
		return copy_array(c, t);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return copy_composite(c, t);
	case BTF_KIND_ENUM:
		return copy_enum(c, t);
	case BTF_KIND_ENUM64: /* none of those we ask for: its size is all that counts */
		return btf__add_enum(c->to, name_of(c, t->name_off), t->size);
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		return copy_type(c, t->type);
	default: /* functions, variables: no members */
		return 0;
	}
}

/* The id of the copy; 0 is void. No struct is a member of itself, so this ends. */
static int copy_type(struct copier *c, uint32_t id)
{
	if (id && !c->ids[id])
		c->ids[id] = make_copy(c, btf__type_by_id(c->from, id));
	return c->ids[id];
}

/* "mm_struct" of "mm_struct___before_6_18"; false: it has no name, or too long a one. */
static bool plain_name(const char *name, char *dst, size_t cap)
{
	const char *flavour = strstr(name, "___");
	size_t len = flavour && flavour > name ? (size_t)(flavour - name) : strlen(name);

	if (!len || len >= cap)
		return false;
	memcpy(dst, name, len);
	dst[len] = '\0';
	return true;
}

/* All of that name: libbpf wants to see if they differ. */
static int copy_named(struct copier *c, const struct kernel *k, const char *name, uint32_t kind)
{
	uint32_t id = 0;
	int err = 0;

	while (err >= 0 && (id = kernel__next_type(k, name, kind, id)))
		err = copy_type(c, id);
	return err < 0 ? err : 0;
}

static int copy_all(struct copier *c, const struct kernel *k, const struct btf *object)
{
	uint32_t n = btf__type_cnt(object);
	char name[128];
	int err = 0;

	for (uint32_t id = 1; !err && id < n; id++) {
		const struct btf_type *t = btf__type_by_id(object, id);

		if (!btf_is_composite(t) && !btf_is_enum(t))
			continue;
		if (plain_name(btf__name_by_offset(object, t->name_off), name, sizeof(name)))
			err = copy_named(c, k, name, btf_kind(t));
	}
	return err;
}

static int write_btf(const struct btf *btf, int fd)
{
	uint32_t size;
	const void *data = btf__raw_data(btf, &size);

	if (!data)
		return -ENOMEM;
	return write(fd, data, size) == (ssize_t)size ? 0 : -EIO;
}

int core_types__write(const struct kernel *k, const struct btf *object, int fd)
{
	struct copier c = { .from = k->btf, .to = btf__new_empty() };
	int err = -ENOMEM;

	c.ids = calloc(btf__type_cnt(k->btf), sizeof(*c.ids));
	if (c.ids && c.to)
		err = copy_all(&c, k, object);
	if (!err)
		err = write_btf(c.to, fd);
	btf__free(c.to);
	free(c.ids);
	return err;
}
