/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/tree/index.c - the index against libfdt, which walks the blob for each query: nodes,
 * parents, children, paths, phandles, properties, of every offset.
 */
#include "tree.h"
#include <blob.h>
#include <drivers/fdt/index.h>
#include <lib/printf.h>

static u8 fdt[1 << 20] __attribute__((aligned(8)));

#define D5 "{d {d {d {d {d "
#define E5 "} } } } } "
#define DEEP D5 D5 D5 "phandle<4d compatible=d {e p<1 phandle<4e compatible=e {f } } " E5 E5 E5

static const char *const trees[] = {
	"{ }",
	"{ p<1 }",
	"{ compatible=board|arch model=m phandle<9 {a } }",
	"{ #address-cells<2 {a compatible=x phandle<1 {b {c phandle<2 } } {b@1 compatible=y|x } } "
	"{a@2 phandle<3 {b@1 #size-cells<3 } {b } } {ab compatible {a } } {x phandle=abc {y } } }",
	"{ {soc {serial@1000 linux,phandle<5 } {serial@2000 phandle<6 linux,phandle<7 } {bus {bus "
	"{bus } } } } {chosen phandle<1,2 } {cpus {cpu@0 } {cpu@1 } {cpu@10 } } {compatible p } }",
	"{ {a phandle<0 } {b linux,phandle<4 phandle<4 } {compatible compatible=b compatible=c } }",
	"{ " DEEP "{z {z } } }",
};

/* A property: the first of its name; values that change where it is looked for. */
static void same_property(int node, const char *name)
{
	int is = -7, wanted = -7;
	const void *p = fdt_prop(fdt, node, name, &is);

	WANT(p == fdt_getprop(fdt, node, name, &wanted));
	WANT(p ? is == wanted : is == -7);
	WANT(fdt_prop(fdt, node, name, NULL) == p);
}

static u32 phandle_of(int node)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, node, "phandle", &len);

	if (!p || len != 4)
		p = fdt_getprop(fdt, node, "linux,phandle", &len);
	return p && len == 4 ? fdt32_ld(p) : 0;
}

static void same_node(unsigned i, int node, int depth)
{
	static const char *const names[] = { "compatible",     "phandle",
					     "linux,phandle",  "p",
					     "model",          "absent",
					     "#address-cells", "#size-cells" };
	const struct fdt_node *n = fdt_index_at(i);
	int len = -7, wanted, child, walked;
	const char *c = fdt_compatible(fdt, i, &len);

	WANT((int)n->offset == node && n->depth == depth && fdt_index_of(fdt, node) == (int)i);
	WANT(c == fdt_getprop(fdt, node, "compatible", &wanted) && (!c || len == wanted));
	WANT(fdt_parent(fdt, node) == (node ? fdt_parent_offset(fdt, node) : -1));
	for (unsigned k = 0; k < ARRAY_SIZE(names); k++)
		same_property(node, names[k]);
	WANT(depth || n->parent == FDT_NO_PARENT);
	if (depth == FDT_DEPTH_MAX - 1)
		return; /* deeper nodes are left out */
	walked = fdt_child_after(fdt, node, -1);
	fdt_for_each_subnode(child, fdt, node)
	{
		int name_len;
		const char *name = fdt_get_name(fdt, child, &name_len);

		WANT(walked == child);
		walked = fdt_child_after(fdt, node, walked);
		for (int k = 1; k <= name_len; k++) {
			int at = fdt_index_child(fdt, (int)i, name, (size_t)k);
			int is = fdt_subnode_offset_namelen(fdt, node, name, k);

			WANT(is < 0 ? at == -1 : at >= 0 && (int)fdt_index_at(at)->offset == is);
		}
	}
	WANT(walked == -1);
}

static void same_path(const char *path)
{
	size_t len = strlen(path);
	int is = fdt_path_offset_namelen(fdt, path, (int)len);

	WANT(fdt_find(fdt, path, len) == (is < 0 ? -1 : is));
	WANT(fdt_find(fdt, path, len) < 0 || !len ||
	     fdt_find(fdt, path, len - 1) == fdt_path_offset_namelen(fdt, path, (int)len - 1) ||
	     fdt_find(fdt, path, len - 1) == -1 || len == 1);
}

static void same_tree(const char *text)
{
	static const char *const paths[] = { "/",
					     "//",
					     "/a",
					     "/a/",
					     "//a//b",
					     "/a/b",
					     "/a/b@1",
					     "/a@2/b",
					     "/soc/serial",
					     "/soc/serial@2000",
					     "/soc/bus/bus/bus",
					     "/soc/bus/bus/bus/bus",
					     "/chosen",
					     "/cpus/cpu@1",
					     "/cpus/cpu@10",
					     "/absent",
					     "/a/absent",
					     "/soc/serial@",
					     "/ab/a",
					     "/z/z",
					     "/b" };
	unsigned failed = want_failed, nodes = 0, deeper = 0, bytes;
	int depth = 0;

	bytes = blob_make(fdt, sizeof(fdt), text);
	WANT(bytes && !fdt_check(fdt, bytes, NULL));
	for (int node = 0; node >= 0 && depth >= 0; node = fdt_next_node(fdt, node, &depth)) {
		if (depth < FDT_DEPTH_MAX)
			same_node(nodes++, node, depth);
		else
			deeper++;
	}
	WANT(fdt_index_nr(fdt) == nodes && fdt_index_too_deep() == deeper);
	for (int at = -2; at < (int)fdt_size_dt_struct(fdt) + 8; at++) {
		int i = fdt_index_of(fdt, at);
		bool is_node = false;

		for (unsigned k = 0; k < nodes; k++)
			is_node |= (int)fdt_index_at(k)->offset == at;
		WANT(is_node ? i >= 0 && (int)fdt_index_at(i)->offset == at : i == -1);
		WANT(is_node || (!fdt_prop(fdt, at, "p", NULL) && fdt_parent(fdt, at) == -1));
		WANT(is_node ||
		     (fdt_child_after(fdt, at, -1) == -1 && fdt_child_after(fdt, at, 0) == -1 &&
		      (at < 0 || fdt_child_after(fdt, 0, at) == -1)));
	}
	for (unsigned k = 0; k < ARRAY_SIZE(paths); k++)
		same_path(paths[k]);
	for (u32 handle = 0; handle < 12; handle++) {
		int wanted = -1;

		for (unsigned k = 0; k < nodes && wanted < 0; k++)
			if (handle && phandle_of((int)fdt_index_at(k)->offset) == handle)
				wanted = (int)fdt_index_at(k)->offset;
		WANT(fdt_by_phandle(fdt, handle) == wanted);
	}
	if (failed != want_failed)
		printf("# FAIL ^ %s\n", text);
}

/* ---- numbers ---- */
static void numbers(void)
{
	static const struct {
		const char *text;
		u32 is;
		int address, size;
	} rows[] = {
		{ "{ }", 9, 2, 1 },
		{ "{ p<5 #address-cells<0 #size-cells<0 }", 5, 0, 0 },
		{ "{ p<5,6 #address-cells<4 #size-cells<4 }", 5, 4, 4 },
		{ "{ p=ab #address-cells<5 #size-cells<5 }", 9, -1, -1 },
		{ "{ p=abcd #address-cells<1,1 #size-cells<1,1 }", 0x61626364, -1, -1 },
		{ "{ p #address-cells #size-cells }", 9, -1, -1 },
		{ "{ p=abc #address-cells<3 #size-cells=ab }", 0x61626300, 3, -1 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		WANT(blob_make(fdt, sizeof(fdt), rows[i].text) && !fdt_index_build(fdt, NULL));
		WANT(fdt_u32(fdt, 0, "p", 9) == rows[i].is);
		WANT(fdt_cells_address(fdt, 0) == rows[i].address);
		WANT(fdt_cells_size(fdt, 0) == rows[i].size);
	}
}

/* ---- phandles that two nodes share ---- */
static void twins(void)
{
	static const struct {
		const char *text;
		u32 is;
	} rows[] = {
		{ "{ }", 0 },
		{ "{ {a } {b } }", 0 },
		{ "{ phandle<1 {a phandle<2 } }", 0 },
		{ "{ phandle<1 {a phandle<1 } }", 1 },
		{ "{ phandle<1 {a phandle<2 } {b phandle<3 } {c phandle<2 } }", 2 },
		{ "{ {a phandle<2 } {b } {c phandle<3 {d phandle<3 } } }", 3 },
		{ "{ {a phandle<3 } {b } {c phandle<3 } }", 3 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		/* no query returns the remains of the larger tree before */
		blob_make(fdt, sizeof(fdt),
			  "{ phandle<5 {a phandle<1 } {b phandle<2 } {c phandle<3 } "
			  "{d phandle<2 } {e phandle<1 } {f phandle<3 } }");
		WANT(!fdt_index_build(fdt, NULL) && fdt_index_twin() == 2);
		WANT(blob_make(fdt, sizeof(fdt), rows[i].text) && !fdt_index_build(fdt, NULL));
		WANT(fdt_index_twin() == rows[i].is);
	}
	/* nor is a node of the tree before a child */
	blob_make(fdt, sizeof(fdt), "{ {a } {b } }");
	WANT(!fdt_index_build(fdt, NULL) && fdt_index_nr(fdt) == 3);
	blob_make(fdt, sizeof(fdt), "{ {a } }");
	WANT(!fdt_index_build(fdt, NULL) && fdt_index_child(fdt, 0, "", 0) == -1);
	WANT(fdt_child_after(fdt, 0, fdt_find(fdt, "/a", 2)) == -1);
	/* a tree that has no end has no nodes either */
	blob_make(fdt, sizeof(fdt), "{ phandle<5 {a phandle<5 } }");
	fdt[fdt_off_dt_struct(fdt) + fdt_size_dt_struct(fdt) - 1] = 0x55;
	WANT(fdt_index_build(fdt, NULL) == -EINVAL && fdt_index_twin() == 0);
}

/* ---- more nodes than slots: the last ones are for nodes near the root ---- */

/* `nr` nodes of this depth (2 or 3), then `late` of depth 2; how many were left out. */
static unsigned left_out(unsigned nr, int depth, unsigned late)
{
	fdt_create(fdt, sizeof(fdt));
	fdt_finish_reservemap(fdt);
	fdt_begin_node(fdt, "");
	fdt_begin_node(fdt, "a");
	if (depth == 3)
		fdt_begin_node(fdt, "b");
	for (unsigned i = 0; i < nr + late; i++) {
		if (i == nr && depth == 3)
			fdt_end_node(fdt);
		fdt_begin_node(fdt, "c");
		fdt_property_u32(fdt, "phandle", i + 1);
		fdt_end_node(fdt);
	}
	if (!late && depth == 3)
		fdt_end_node(fdt);
	fdt_end_node(fdt);
	fdt_end_node(fdt);
	WANT(!fdt_finish(fdt) && !fdt_check(fdt, sizeof(fdt), NULL));
	return fdt_index_too_many();
}

static void slots(void)
{
	const unsigned low = FDT_NODES_MAX - FDT_NODES_TOP;

	WANT(!left_out(FDT_NODES_MAX - 2, 2, 0) && fdt_index_nr(fdt) == FDT_NODES_MAX);
	WANT(fdt_by_phandle(fdt, FDT_NODES_MAX - 2) > 0);
	WANT(left_out(FDT_NODES_MAX - 1, 2, 0) == 1 && fdt_index_nr(fdt) == FDT_NODES_MAX);
	WANT(fdt_by_phandle(fdt, FDT_NODES_MAX - 1) == -1);
	WANT(!left_out(low - 3, 3, 0) && fdt_index_nr(fdt) == low);
	WANT(left_out(low - 2, 3, 0) == 1 && fdt_index_nr(fdt) == low);
	WANT(left_out(low, 3, FDT_NODES_TOP) == 3 && fdt_index_nr(fdt) == FDT_NODES_MAX);
	WANT(left_out(low, 3, FDT_NODES_TOP + 1) == 4 && fdt_index_nr(fdt) == FDT_NODES_MAX);
	WANT(!left_out(1, 2, 0)); /* the count is of the last blob */
}

void index_tests(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(trees); i++)
		same_tree(trees[i]);
	numbers();
	twins();
	slots();
}
