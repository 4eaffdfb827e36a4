/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/policy/policy.c - find a scheme of an axis by the name that a user typed.
 *
 * NULL or "" is the first of the table (link order: by path).  An unknown name is -EINVAL with a
 * sentence that lists the registered names.
 */
#include <kern/args.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/memmap/memmap.h>
#include <mm/study/fragment.h>

/* Every scheme type begins with its struct scheme. */
_Static_assert(offsetof(struct tlb_scheme, s) == 0, "scheme first");
_Static_assert(offsetof(struct vmalloc_scheme, s) == 0, "scheme first");
_Static_assert(offsetof(struct remove_scheme, s) == 0, "scheme first");
_Static_assert(offsetof(struct memmap_scheme, s) == 0, "scheme first");
_Static_assert(offsetof(struct tables_scheme, s) == 0, "scheme first");
_Static_assert(offsetof(struct frag_scheme, s) == 0, "scheme first");
_Static_assert(offsetof(struct newmap_scheme, s) == 0, "scheme first");

static int unknown(const char *axis, scheme_entries from, scheme_entries to, const char *name,
		   struct why *why)
{
	char list[120];
	size_t n = 0;

	list[0] = 0;
	for (scheme_entries it = from; it < to; it++) {
		const struct scheme *s = *it;
		int len = snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "", s->name);

		n = min_u64(n + (size_t)len, sizeof(list) - 1);
	}
	return refuse(why, EINVAL, "%s=%s: there is %s", axis, name, n ? list : "none");
}

const void *scheme_find(const char *axis, scheme_entries from, scheme_entries to, const char *name,
			struct why *why)
{
	for (scheme_entries it = from; it < to; it++)
		if (!strcmp(((const struct scheme *)*it)->name, name))
			return *it;
	unknown(axis, from, to, name, why);
	return NULL;
}

static const void *policy_find(const char *axis, scheme_entries from, scheme_entries to,
			       const char *name, struct why *why)
{
	if (from < to && (!name || !name[0]))
		return *from;
	return scheme_find(axis, from, to, name ? name : "", why);
}

#define FIND(axis, name, why)                                                                      \
	policy_find(#axis, (scheme_entries)__start_reg_##axis, (scheme_entries)__stop_reg_##axis,  \
		    name, why)

bool tlb_scheme_usable(const struct tlb_scheme *s, char *reason, size_t size)
{
	return !s->usable || s->usable(reason, size);
}

/* Without a name: the first that this machine can use. */
const struct tlb_scheme *tlb_scheme_find(const char *name, struct why *why)
{
	const struct tlb_scheme *s;
	char reason[80] = "";

	if (!name || !name[0])
		reg_for_each (tlb, it)
			if (tlb_scheme_usable(*it, reason, sizeof(reason)))
				return *it;
	s = FIND(tlb, name, why);
	if (s && !tlb_scheme_usable(s, reason, sizeof(reason))) {
		refuse(why, EINVAL, "tlb=%s: not on this machine: %s", s->s.name, reason);
		return NULL;
	}
	return s;
}

bool vmalloc_may_free_any(vaddr_t va, u64 span, vaddr_t floor, vaddr_t ceiling)
{
	(void)va;
	(void)span;
	(void)floor;
	(void)ceiling;
	return true;
}

bool vmalloc_scheme_usable(const struct vmalloc_scheme *s, char *reason, size_t size)
{
	return !s->usable || s->usable(reason, size);
}

const struct vmalloc_scheme *vmalloc_scheme_find(const char *name, struct why *why)
{
	return FIND(vmalloc, name, why);
}

const struct remove_scheme *remove_scheme_find(const char *name, struct why *why)
{
	return FIND(remove, name, why);
}

const struct memmap_scheme *memmap_scheme_find(const char *name, struct why *why)
{
	return FIND(memmap, name, why);
}

const struct tables_scheme *tables_scheme_find(const char *name, struct why *why)
{
	return FIND(tables, name, why);
}

const struct frag_scheme *frag_scheme_find(const char *name, struct why *why)
{
	return FIND(frag, name, why);
}

bool newmap_scheme_usable(const struct newmap_scheme *s, char *reason, size_t size)
{
	return !s->usable || s->usable(reason, size);
}

const struct newmap_scheme *newmap_scheme_find(const char *name, struct why *why)
{
	const struct newmap_scheme *s = FIND(newmap, name, why);
	char reason[80] = "";

	if (s && !newmap_scheme_usable(s, reason, sizeof(reason))) {
		refuse(why, EINVAL, "newmap=%s: not on this machine: %s", s->s.name, reason);
		return NULL;
	}
	return s;
}

/* Neither tlb= nor newmap= is checked here: whether a scheme is usable is known only after the CPUs
 * were probed. */
int scheme_check(enum arg_id id, const char *name, struct why *why)
{
	switch (id) {
	case ARG_MEMMAP:
		return memmap_scheme_find(name, why) ? 0 : -EINVAL;
	case ARG_REMOVE:
		return remove_scheme_find(name, why) ? 0 : -EINVAL;
	case ARG_VMALLOC:
		return vmalloc_scheme_find(name, why) ? 0 : -EINVAL;
	case ARG_TABLES:
		return tables_scheme_find(name, why) ? 0 : -EINVAL;
	case ARG_FRAG:
		return frag_scheme_find(name, why) ? 0 : -EINVAL;
	default:
		return 0;
	}
}
