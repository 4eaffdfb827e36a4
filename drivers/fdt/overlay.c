/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/fdt/overlay.c - applies overlays to a copy of the tree and compares its memory; see
 * overlay.h. */
#include <drivers/fdt/index.h>
#include <drivers/fdt/overlay.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <libfdt.h>

#define TREE_BYTES (256 * KiB) /* with the overlay in it */
#define KNOWN 64               /* maximum of memory ranges in a tree */

/* The memory of a tree before or after an overlay, and the last fault found. */
struct known {
	struct fdt_memory_range range[KNOWN];
	unsigned nr;
	const char *fault;
};

static u8 result[TREE_BYTES] NOINIT __attribute__((aligned(8)));
static u8 overlay[OVERLAY_BYTES] NOINIT __attribute__((aligned(8)));

/* ---- memory of a tree ---- */

/* Callback of fdt_memory_each(): collect the ranges, or the last fault. */
static void overlay_note_range(const struct fdt_memory_range *r, const char *fault, void *arg)
{
	struct known *k = arg;

	if (!fault && k->nr == KNOWN)
		fault = "there are too many ranges of memory";
	if (fault)
		k->fault = fault;
	else
		k->range[k->nr++] = *r;
}

/* Equal in every field: a range with another node or flag is a removal and an addition. */
static bool same(const struct fdt_memory_range *a, const struct fdt_memory_range *b)
{
	return a->pa == b->pa && a->len == b->len && a->node == b->node &&
	       a->hotpluggable == b->hotpluggable && a->pmem == b->pmem;
}

/* Remove one equal range from the list; false: there is none. */
static bool remove_equal(struct known *k, const struct fdt_memory_range *r)
{
	for (unsigned i = 0; i < k->nr; i++)
		if (same(&k->range[i], r)) {
			k->range[i] = k->range[--k->nr];
			return true;
		}
	return false;
}

/* ---- the blob ---- */

/* Validate a blob: libfdt relies on offsets inside the blob and a well-formed structure. */
static int check_blob(const struct overlay_layer *l, struct why *why)
{
	int err;

	if (l->size > OVERLAY_BYTES)
		return refuse(why, EINVAL, "%lu bytes, at most %u are accepted", l->size,
			      (unsigned)OVERLAY_BYTES);
	if (l->size < FDT_V17_SIZE)
		return refuse(why, EINVAL, "%lu bytes are no device tree", l->size);
	err = fdt_check(l->blob, l->size, why);
	return err ? err : fdt_overlay_check(l->blob, why);
}

/* Copy only the blocks of the tree, because firmware may pad the blob to a megabyte; add space for
 * overlays. */
static int copy_tree(const void *tree, struct why *why)
{
	u64 end = max_u64(fdt_off_dt_struct(tree) + fdt_size_dt_struct(tree),
			  fdt_off_dt_strings(tree) + fdt_size_dt_strings(tree));
	int err = -FDT_ERR_NOSPACE;

	if (end <= sizeof(result)) {
		memcpy(result, tree, end);
		fdt_set_totalsize(result, (u32)end);
		err = fdt_open_into(result, result, sizeof(result));
	}
	return !err ? 0
		    : refuse(why, ENOMEM, "the device tree cannot be copied: %s",
			     fdt_strerror(err));
}

/* Apply a layer to the copy, and validate the result.  libfdt modifies the overlay, so it gets a
 * copy of the blob. */
static int apply(const struct overlay_layer *l, struct why *why)
{
	int err;

	memcpy(overlay, l->blob, l->size);
	err = fdt_overlay_apply(result, overlay);
	if (err)
		return refuse(why, EINVAL, "it cannot be applied: %s", fdt_strerror(err));
	return fdt_check(result, sizeof(result), why);
}

/* ---- new memory ---- */

/* Append one new range to *m; RAM and pmem-regions need different kinds of event. */
static int append_range(struct overlay_memory *m, const struct fdt_memory_range *r, struct why *why)
{
	const char *fault = fdt_range_fault(r->pa, r->len);

	if (fault)
		return refuse(why, EINVAL, "memory %s: %s", range_text(r->pa, r->len).text, fault);
	if (m->nr && m->range[0].pmem != r->pmem)
		return refuse(why, EINVAL,
			      "RAM and a pmem-region in one: each needs an overlay of its own");
	if (m->nr == OVERLAY_RANGES)
		return refuse(why, EINVAL, "more than %u new ranges of memory", OVERLAY_RANGES);
	m->range[m->nr++] = *r;
	return 0;
}

/* Ranges of `after` that are not in `before` are new; each range of `before` must be in `after`. */
static int compare(struct known *before, const struct known *after, struct overlay_memory *m,
		   struct why *why)
{
	int err = 0;

	for (unsigned i = 0; !err && i < after->nr; i++)
		if (!remove_equal(before, &after->range[i]))
			err = append_range(m, &after->range[i], why);
	if (err)
		return err;
	if (before->nr)
		return refuse(why, EPERM, "it changes existing memory, %s",
			      range_text(before->range[0].pa, before->range[0].len).text);
	return m->nr ? 0 : refuse(why, EINVAL, "it adds no memory");
}

/* Apply one layer to the copy and find the memory that it adds. */
static int add_layer(const struct overlay_layer *l, struct overlay_memory *m, struct why *why)
{
	static struct known before NOINIT, after NOINIT;
	int err;

	memset(m, 0, sizeof(*m));
	before.nr = after.nr = 0;
	before.fault = after.fault = NULL;
	fdt_memory_each(result, overlay_note_range, &before);
	err = apply(l, why);
	if (err)
		return err;
	fdt_memory_each(result, overlay_note_range, &after);
	if (after.fault && !before.fault)
		return refuse(why, EINVAL, "%s", after.fault);
	return compare(&before, &after, m, why);
}

static bool same_memory(const struct overlay_memory *a, const struct overlay_memory *b)
{
	unsigned i = 0;

	while (i < a->nr && i < b->nr && same(&a->range[i], &b->range[i]))
		i++;
	return i == a->nr && i == b->nr;
}

/* Start with a fresh, validated copy of the tree. */
static int begin(const void *tree, struct why *why)
{
	int err = copy_tree(tree, why);

	return err ? err : fdt_check(result, sizeof(result), why);
}

/* Apply all layers but `without`; the index of the first that cannot be applied or adds other
 * memory than before, or -1. */
static int add_layers(const struct overlay_layer *const *layers, unsigned nr, unsigned without)
{
	struct overlay_memory m;

	for (unsigned i = 0; i < nr; i++)
		if (i != without &&
		    (add_layer(layers[i], &m, NULL) || !same_memory(&m, &layers[i]->memory)))
			return (int)i;
	return -1;
}

int fdt_overlay_memory(const void *tree, const struct overlay_layer *const *layers, unsigned nr,
		       struct overlay_layer *top, struct why *why)
{
	int err = check_blob(top, why);

	if (!err)
		err = begin(tree, why);
	if (err)
		return err;
	if (add_layers(layers, nr, nr) >= 0)
		return refuse(why, EINVAL, "an applied overlay no longer adds the same memory");
	return add_layer(top, &top->memory, why);
}

int fdt_overlay_refers(const void *tree, const struct overlay_layer *const *layers, unsigned nr,
		       unsigned which)
{
	return begin(tree, NULL) ? (int)which : add_layers(layers, nr, which);
}
