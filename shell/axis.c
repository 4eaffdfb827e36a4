/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/axis.c - see shell/axis.h.
 *
 * The edges of a section come from the linker by the section's name, so a row needs only the name
 * and the argument, and a scheme that EXTRA= adds is in the list without a change here.
 */
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/memmap/memmap.h>
#include <mm/study/fragment.h>
#include <shell/axis.h>
#include <tests/pgd/replace.h>

#define AXIS(kind, id)                                                                             \
	{                                                                                          \
#kind, id, (scheme_entries)__start_reg_##kind, (scheme_entries)__stop_reg_##kind   \
	}

/* A row for each axis of mm/policy/policy.h, in the order in which screens list them. */
const struct axis axes[] = {
	AXIS(tlb, ARG_TLB),         AXIS(memmap, ARG_MEMMAP), AXIS(remove, ARG_REMOVE),
	AXIS(vmalloc, ARG_VMALLOC), AXIS(tables, ARG_TABLES), AXIS(frag, ARG_FRAG),
	AXIS(newmap, ARG_NEWMAP),   AXIS(roots, ARG_NR),
};
const unsigned axes_nr = ARRAY_SIZE(axes);

const struct axis *axis_find(const char *name, struct why *why)
{
	char list[64];
	size_t at = 0;

	for (unsigned i = 0; i < axes_nr; i++) {
		if (!strcmp(axes[i].name, name))
			return &axes[i];
		at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s", i ? ", " : "",
				       axes[i].name);
	}
	refuse(why, EINVAL, "`%s` is no axis; there is %s", name, list);
	return NULL;
}

const struct axis *axis_of_arg(enum arg_id id)
{
	for (unsigned i = 0; i < axes_nr; i++)
		if (axes[i].arg == id)
			return &axes[i];
	return NULL;
}

const struct scheme *axis_named(const struct axis *a, const char *name)
{
	axis_for_each(a, it)
	{
		if (!strcmp(axis_scheme(it)->name, name))
			return axis_scheme(it);
	}
	return NULL;
}

void axis_names(const struct axis *a, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = 0;
	axis_for_each(a, it)
	{
		if (at < size)
			at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? " " : "",
					       axis_scheme(it)->name);
	}
}

/* A scheme of tlb= can need a feature that a CPU lacks (range TLBIs, broadcast), one of newmap= a
 * guarantee of the CPUs, one of vmalloc= another layout.  The schemes of the other axes run on
 * every machine. */
bool axis_usable(const struct axis *a, const struct scheme *s, char *reason, size_t size)
{
	if (a->arg == ARG_VMALLOC)
		return vmalloc_scheme_usable((const void *)s, reason, size);
	if (a->arg == ARG_NEWMAP)
		return newmap_scheme_usable((const void *)s, reason, size);
	return a->arg != ARG_TLB || tlb_scheme_usable((const void *)s, reason, size);
}

const char *axis_letters(const struct axis *a, u32 promised, char buf[static PROMISE_NR + 1])
{
	char letter = 'a', *out = buf;

	for (unsigned i = 0; i < PROMISE_NR; i++) {
		if (strcmp(promises[i].axis, a->name))
			continue;
		*out++ = promised & promises[i].bit ? letter : '-';
		letter++;
	}
	*out = 0;
	return buf;
}
