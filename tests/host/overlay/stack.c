/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/overlay/stack.c - overlays on top of others: which may be removed, and what prevents
 * the removal.
 */
#include "overlay.h"
#include <blob.h>

#define LAYERS 3
#define ROOT(what) "{ {fragment target-path=/ {__overlay__ " what " } } }"
#define ONE "{one device_type=memory reg<1,0,0,1000 } "
#define TWO "{two device_type=memory reg<2,0,0,1000 } "

static u8 tree[4096] __attribute__((aligned(8))), blobs[LAYERS][4096] __attribute__((aligned(8)));
static struct overlay_layer layer[LAYERS];
static const struct overlay_layer *const layers[LAYERS] = { &layer[0], &layer[1], &layer[2] };

static const struct row {
	const char *name, *overlay[LAYERS];
	int goes[LAYERS]; /* -1: it may be removed; else the one that stops it */
} rows[] = {
	{ "they know nothing of each other",
	  { ROOT(ONE), ROOT(TWO), ROOT("{three device_type=memory reg<3,0,0,1000 } ") },
	  { -1, -1, -1 } },
	{ "the second refers to a node of the first",
	  { ROOT(ONE "{rack } "),
	    "{ {f target-path=/rack {__overlay__ p<1 } } {g target-path=/ "
	    "{__overlay__ " TWO "} } }",
	    ROOT("{three device_type=memory reg<3,0,0,1000 } ") },
	  { 1, -1, -1 } },
	{ "the third refers to a node of the first",
	  { ROOT(ONE "{rack } "), ROOT(TWO),
	    "{ {f target-path=/rack {__overlay__ p<1 } } {g target-path=/ {__overlay__ {three "
	    "device_type=memory reg<3,0,0,1000 } } } }" },
	  { 2, -1, -1 } },
	{ "the third refers to a node of the second",
	  { ROOT(ONE), ROOT(TWO "{rack } "),
	    "{ {f target-path=/rack {__overlay__ p<1 } } {g target-path=/ {__overlay__ {three "
	    "device_type=memory reg<3,0,0,1000 } } } }" },
	  { -1, 2, -1 } },
	{ "the first has the NUMA node of the second's memory",
	  { ROOT(ONE "{two numa-node-id<1 } "), ROOT(TWO),
	    ROOT("{three device_type=memory reg<3,0,0,1000 } ") },
	  { 1, -1, -1 } },
	{ "without the first the second has one range less",
	  { ROOT(ONE "{four reg<4,0,0,1000 } "), ROOT(TWO "{four device_type=memory } "),
	    ROOT("{three device_type=memory reg<3,0,0,1000 } ") },
	  { 1, -1, -1 } },
	{ "without the first the second has one range more",
	  { ROOT(ONE "{two status=disabled } "),
	    ROOT("{two device_type=memory reg<2,0,0,1000 } {three device_type=memory "
		 "reg<3,0,0,1000 } "),
	    ROOT("{four device_type=memory reg<4,0,0,1000 } ") },
	  { 1, -1, -1 } },
};

static void one(const struct row *r)
{
	unsigned failed = want_failed;
	struct why why = { 0 };

	for (unsigned i = 0; i < LAYERS; i++) {
		unsigned bytes = blob_make(blobs[i], sizeof(blobs[i]), r->overlay[i]);

		layer[i] = (struct overlay_layer) { .blob = blobs[i], .size = bytes };
		WANT(bytes && !fdt_overlay_memory(tree, layers, i, &layer[i], &why));
		WANT_TEXT(why.text, "");
	}
	for (unsigned i = 0; i < LAYERS; i++)
		WANT(fdt_overlay_refers(tree, layers, LAYERS, i) == r->goes[i]);
	if (failed != want_failed)
		printf("# FAIL ^ %s\n", r->name);
}

/* The tree below an overlay has changed since it was applied. */
static void other_than_before(void)
{
	struct overlay_layer top = { .blob = blobs[2] };
	struct why why = { 0 };

	one(&rows[0]);
	top.size = layer[2].size;
	layer[0].memory.range[0].pa += 4096;
	WANT(fdt_overlay_memory(tree, layers, 2, &top, &why) == -EINVAL);
	WANT_TEXT(why.text, "an applied overlay no longer adds the same memory");
	WANT(fdt_overlay_refers(tree, layers, 3, 2) == 0);
	layer[0].memory.range[0].pa -= 4096;
	layer[1].memory.nr = 2;
	WANT(fdt_overlay_memory(tree, layers, 2, &top, &why) == -EINVAL);
	layer[1].memory.nr = 0;
	WANT(fdt_overlay_memory(tree, layers, 2, &top, &why) == -EINVAL);
	layer[1].memory.nr = 1;
	WANT(!fdt_overlay_memory(tree, layers, 2, &top, &why));
	/* a tree that is none: the sentence is about it */
	fdt_set_size_dt_struct(tree, fdt_size_dt_struct(tree) - 4);
	WANT(fdt_overlay_memory(tree, layers, 2, &top, &why) == -EINVAL);
	WANT(!strncmp(why.text, "device tree: ", 13));
	WANT(fdt_overlay_refers(tree, layers, 3, 1) == 1);
}

void stack_tests(void)
{
	blob_make(tree, sizeof(tree),
		  "{ #address-cells<2 #size-cells<2 {memory device_type=memory "
		  "reg<0,40000000,0,40000000 } }");
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		one(&rows[i]);
	other_than_before();
}
