/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/tree/queries.c - drivers/fdt/fdt.h: each query of a node, of the console, of CPUs;
 * a malformed property gives no answer.
 */
#include "queries.h"
#include <blob.h>

static u8 fdt[8192] __attribute__((aligned(8)));

const void *query_tree(const char *text)
{
	memset(fdt, 0xaa, sizeof(fdt)); /* bytes after a string do not end it */
	WANT(blob_make(fdt, sizeof(fdt), text) && !fdt_check(fdt, sizeof(fdt), NULL));
	return fdt;
}

int query_node(const char *path)
{
	return fdt_path_offset(fdt, path);
}

/* ---- one node ---- */
static void kinds(void)
{
	static const struct {
		const char *text;
		bool memory, pmem, okay;
	} rows[] = {
		{ "{ {n } }", false, false, true },
		{ "{ {n device_type=memory status=okay } }", true, false, true },
		{ "{ {n device_type~memory status=ok } }", false, false, true },
		{ "{ {n device_type=mem status=disabled } }", false, false, false },
		{ "{ {n device_type=memoryx status=okayish } }", false, false, false },
		{ "{ {n device_type=memoryy status= } }", false, false, false },
		{ "{ {n device_type=memory| status } }", false, false, false },
		{ "{ {n compatible=pmem-region status=fail } }", false, true, false },
		{ "{ {n compatible=a|pmem-region status~okay } }", false, true, true },
		{ "{ {n compatible=a|pmem-regio status=reserved } }", false, false, false },
		{ "{ {n compatible=pmem-regions status~ok } }", false, false, true },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		query_tree(rows[i].text);
		WANT(fdt_is_memory(fdt, query_node("/n")) == rows[i].memory);
		WANT(fdt_is_pmem(fdt, query_node("/n")) == rows[i].pmem);
		WANT(fdt_node_okay(fdt, query_node("/n")) == rows[i].okay);
	}
}

/* The names of the nodes that are found, each with a blank. */
static const char *found(const char *const *names)
{
	static char text[100];
	int node = -1;

	text[0] = 0;
	while ((node = fdt_next_compatible(fdt, node, names)) >= 0 && strlen(text) < 80)
		sprintf(text + strlen(text), "%s ", node ? fdt_get_name(fdt, node, NULL) : "/");
	return text;
}

static void compatible(void)
{
	query_tree("{ compatible=x {a compatible=x,a } {b compatible=y|x {c compatible=x } } {d "
		   "compatible=z|y|w status=disabled } {e compatible=xx|yy } {f compatible~x } {g "
		   "compatible~y|x } {h compatible } {i compatible=|x } {j } {k compatible=w } }");
	WANT_TEXT(found((const char *[]) { "x", NULL }), "/ b c i ");
	WANT_TEXT(found((const char *[]) { "y", NULL }), "b g ");
	WANT_TEXT(found((const char *[]) { "w", "x,a", "z", NULL }), "a k ");
	WANT_TEXT(found((const char *[]) { "", NULL }), "i ");
	WANT_TEXT(found((const char *[]) { NULL }), "");
	WANT(fdt_next_compatible(fdt, query_node("/k"), (const char *[]) { "w", NULL }) == -1);
	WANT(fdt_next_compatible(fdt, 0, (const char *[]) { "x", NULL }) == query_node("/b"));
	/* the previous tree's data after the last node, at a property of the present tree */
	query_tree("{ {a compatible=x } {b compatible=x } }");
	query_tree("{ {a q=abcdefghijklmno r=x } }");
	WANT_TEXT(found((const char *[]) { "x", NULL }), "");
}

/* ---- strings ---- */
static void strings(void)
{
	static const struct {
		const char *text, *bootargs, *why, *model;
	} rows[] = {
		{ "{ }", "", "", "" },
		{ "{ compatible=board|arch model=Name {chosen bootargs=run=all } }", "run=all", "",
		  "board" },
		{ "{ compatible~board model=Name {chosen bootargs= } }", "", "", "Name" },
		{ "{ compatible model~Name {chosen } }", "", "", "" },
		{ "{ model=Name {chosen bootargs~abc } }", "",
		  "device tree: bootargs has 3 bytes and no terminator: not used", "Name" },
		{ "{ {chosen bootargs } }", "",
		  "device tree: bootargs has 0 bytes and no terminator: not used", "" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct why why = { 0 };

		query_tree(rows[i].text);
		WANT_TEXT(fdt_bootargs(fdt, &why), rows[i].bootargs);
		WANT_TEXT(why.text, rows[i].why);
		WANT_TEXT(fdt_model(fdt), rows[i].model);
	}
}

/* ---- the console ---- */
#define UARTS "{soc {serial@1 } {serial@2 } } "
#define NO_PATH "/chosen has no usable stdout-path"
#define ALIAS31 "abcdefghijabcdefghijabcdefghija"

static const struct console {
	const char *text, *is; /* the path of its node, NULL: none */
	const char *why, *serial0;
} consoles[] = {
	{ "{ " UARTS "}", NULL, "there is no /chosen", NULL },
	{ "{ " UARTS "{aliases serial0=/soc/serial@2 } }", NULL, "there is no /chosen",
	  "/soc/serial@2" },
	{ "{ " UARTS "{aliases serial0=/soc/serial@2 } {chosen } }", NULL, NO_PATH,
	  "/soc/serial@2" },
	{ "{ " UARTS "{aliases serial0=/soc/serial@2 } {chosen stdout-path=/soc/serial@1 } }",
	  "/soc/serial@1", "", NULL },
	{ "{ " UARTS "{aliases serial0=/soc/serial@2 } {chosen stdout-path=serial0 } }",
	  "/soc/serial@2", "", NULL },
	{ "{ " UARTS "{aliases serial0=/soc/serial@2 } {chosen stdout-path=serial0:115200 } }",
	  "/soc/serial@2", "", NULL },
	{ "{ " UARTS "{chosen stdout-path=/soc/serial@1:115200n8:x } }", "/soc/serial@1", "",
	  NULL },
	{ "{ " UARTS "{aliases serial0~/soc/serial@2 } {chosen stdout-path=serial0 } }", NULL,
	  "stdout-path=serial0 names no node", NULL },
	{ "{ " UARTS "{aliases serial1=/soc/serial@2 } {chosen stdout-path=serial0 } }", NULL,
	  "stdout-path=serial0 names no node", NULL },
	{ "{ " UARTS "{chosen stdout-path=serial0 } }", NULL, "stdout-path=serial0 names no node",
	  NULL },
	{ "{ " UARTS "{aliases serial0=/soc/absent } {chosen stdout-path=/absent } }", NULL,
	  "stdout-path=/absent names no node", NULL },
	{ "{ " UARTS "{aliases serial0=/soc/absent } {chosen stdout-path~/soc/serial@1 } }", NULL,
	  NO_PATH, NULL },
	{ "{ " UARTS "{chosen stdout-path } }", NULL, NO_PATH, NULL },
	{ "{ " UARTS "{chosen stdout-path=/ } }", "/", "", NULL },
	{ "{ " UARTS "{aliases " ALIAS31 "=/soc/serial@1 } {chosen stdout-path=" ALIAS31 ":9 } }",
	  "/soc/serial@1", "", NULL },
	{ "{ " UARTS "{aliases " ALIAS31 "b=/soc/serial@1 } {chosen stdout-path=" ALIAS31 "b } }",
	  NULL, "stdout-path=" ALIAS31 "b names no node", NULL },
};

static void the_console(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(consoles); i++) {
		const struct console *c = &consoles[i];
		unsigned failed = want_failed;
		struct why why = { 0 };

		query_tree(c->text);
		WANT(fdt_stdout(fdt, &why) == (c->is ? query_node(c->is) : -1));
		WANT_TEXT(why.text, c->why);
		WANT(why.code == (*c->why ? -ENOENT : 0));
		WANT(fdt_serial0(fdt) == (c->serial0 ? query_node(c->serial0) : -1));
		if (failed != want_failed)
			printf("# FAIL ^ %s\n", c->text);
	}
}

/* ---- CPUs ---- */
#define CPU "device_type=cpu "
#define CELLS1 "#address-cells<1 #size-cells<0 "

static const struct {
	const char *text, *is; /* HWID@NODE METHOD RELEASE UNUSABLE; */
} cpus[] = {
	{ "{ }", "" },
	{ "{ {cpus } }", "" },
	{ "{ {cpus " CELLS1 "{a " CPU "reg<5 } {b " CPU "reg<100,7 numa-node-id<3 } } }",
	  "5@0 - 0 -; 100@3 - 0 -; " },
	{ "{ {cpus #address-cells<2 {a " CPU "reg<1,2 } {b " CPU "reg<1 } } }",
	  "100000002@0 - 0 -; " },
	{ "{ {cpus #address-cells<0 {a " CPU "reg<1 } } }", "" },
	{ "{ {cpus #address-cells<3 {a " CPU "reg<0,0,1 } } }", "" },
	{ "{ {cpus " CELLS1 "{a reg<1 } {b device_type=cpus reg<2 } {c " CPU "} {d device_type~cpu "
	  "reg<4 } {e " CPU "reg } {g " CPU "reg~abc } {f " CPU "reg<6 } } }",
	  "6@0 - 0 -; " },
	{ "{ {cpus " CELLS1 "{a " CPU "reg<1 numa-node-id<1,1 status=disabled } {b " CPU
	  "reg<2 status=okay } } }",
	  "1@0 - 0 its status is not okay; 2@0 - 0 -; " },
	{ "{ {cpus enable-method=psci " CELLS1 "{a " CPU "reg<1 enable-method=spin-table "
	  "cpu-release-addr<1,80000000 } {b " CPU "reg<2 cpu-release-addr<8000 } {c " CPU
	  "reg<3 enable-method~x cpu-release-addr<1,2,3 } } }",
	  "1@0 spin-table 180000000 -; 2@0 psci 8000 -; 3@0 psci 0 -; " },
	{ "{ {cpus " CELLS1 "{a " CPU "reg<1 riscv,isa=rv64 } {b " CPU
	  "reg<2 riscv,isa=rv64 mmu-type=riscv,sv39 } {c " CPU
	  "reg<3 riscv,isa-extensions=i mmu-type=riscv,none } {d " CPU
	  "reg<4 mmu-type=riscv,none } {e " CPU "reg<5 riscv,isa-extensions=i } } }",
	  "1@0 - 0 it has no mmu-type, so no S-mode; 2@0 - 0 -; 3@0 - 0 its mmu-type is "
	  "riscv,none; "
	  "4@0 - 0 -; 5@0 - 0 it has no mmu-type, so no S-mode; " },
};

static char told[600];

static void tell(const struct fdt_cpu *c, void *arg)
{
	WANT(arg == told);
	sprintf(told + strlen(told), "%lx@%u %s %lx %s; ", c->hwid, c->node,
		c->method ? c->method : "-", c->release, c->unusable ? c->unusable : "-");
}

static void tell_extensions(u64 hwid, const char *isa, size_t len, u32 block)
{
	sprintf(told + strlen(told), "%lx:%.*s:%zu:%u ", hwid, (int)len, isa, len, block);
}

static void the_cpus(void)
{
	struct fdt_cpu out[3] = { { .hwid = 99 }, { .hwid = 99 }, { .hwid = 99 } };

	for (unsigned i = 0; i < ARRAY_SIZE(cpus); i++) {
		query_tree(cpus[i].text);
		told[0] = 0;
		fdt_each_cpu(fdt, tell, told);
		WANT_TEXT(told, cpus[i].is);
	}
	WANT(fdt_cpus(fdt, out, 2) == 2 && out[0].hwid == 1 && out[1].hwid == 2);
	WANT(out[2].hwid == 99 && fdt_cpus(fdt, out, 0) == 0);
	query_tree("{ {cpus " CELLS1 "{a " CPU
		   "reg<1 riscv,isa=rv64 riscv,cbom-block-size<40 } {b " CPU
		   "reg<2 riscv,isa=rv64 riscv,isa-extensions=i } {c " CPU "reg<3 } {d " CPU
		   "reg<4 riscv,isa } {e reg<5 riscv,isa=x } {f " CPU
		   "reg<6 riscv,isa~y riscv,cbom-block-size<40,1 } } }");
	told[0] = 0;
	fdt_cpu_extensions(fdt, tell_extensions);
	WANT_TEXT(told, "1:rv64:5:64 2:i:2:0 6:y:1:0 ");
	query_tree("{ {cpu " CPU "reg<1 riscv,isa=rv64 } }");
	told[0] = 0;
	fdt_cpu_extensions(fdt, tell_extensions);
	WANT_TEXT(told, "");
}

void query_tests(void)
{
	kinds();
	compatible();
	strings();
	the_console();
	the_cpus();
	register_tests();
}
