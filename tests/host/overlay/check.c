/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/overlay/check.c - fixups and targets of an overlay: those that libfdt may be given,
 * and the sentence for each of the others.
 */
#include "overlay.h"
#include <blob.h>

#define NO_PROPERTY "a local fixup refers to no property that can have one"
#define OUTSIDE "a local fixup points outside of its property"
#define NO_NODE "a local fixup refers to no node that can have one"
#define NO_LIST "a fixup is no list of strings"
#define NO_PLACE "a fixup is not PATH:PROPERTY:OFFSET"
#define NO_END "the target-path of a fragment is not terminated"

/* __local_fixups__ about a node that has properties of 3, 4, and 8 bytes. */
#define LOCAL(what)                                                                                \
	"{ {f {__overlay__ three~abc four<1 eight<1,2 phandle<1 linux,phandle<1 target-path<1 "    \
	"{deep p<1 } {_d p<1 } } } {__symbols__ p<1 } {__local_fixups__ " what " } }"
#define FIXUP(what) "{ {f target<0 } {__fixups__ " what " } }"

#define D "{d "
#define E "} "

static const struct row {
	const char *text;
	const char *fault; /* NULL: none */
} rows[] = {
	{ "{ }", NULL },
	/* ---- targets ---- */
	{ "{ {f target-path=/ } {g target-path=/soc } {h } }", NULL },
	{ "{ {f target-path= } }", NULL },
	{ "{ {f target-path } }", NO_END },
	{ "{ {f target-path~/ } }", NO_END },
	{ "{ {f target-path~/soc } }", NO_END },
	{ "{ {f target-path=/ } {g target-path~/soc } }", NO_END },
	{ "{ {f {g target-path~/soc } } }", NULL }, /* no fragment */
	/* ---- local fixups ---- */
	{ LOCAL(""), NULL },
	{ LOCAL("{f {__overlay__ four<0 } }"), NULL },
	{ LOCAL("{f {__overlay__ four<1 } }"), OUTSIDE },
	{ LOCAL("{f {__overlay__ four<ffffffff } }"), OUTSIDE },
	{ LOCAL("{f {__overlay__ eight<0,4 } }"), NULL },
	{ LOCAL("{f {__overlay__ eight<0,5 } }"), OUTSIDE },
	{ LOCAL("{f {__overlay__ eight<5,0 } }"), OUTSIDE },
	{ LOCAL("{f {__overlay__ three<0 } }"), OUTSIDE },
	{ LOCAL("{f {__overlay__ three } }"), NULL }, /* no offset at all */
	{ LOCAL("{f {__overlay__ four~abc } }"), NO_PROPERTY },
	{ LOCAL("{f {__overlay__ four=abcd } }"), NO_PROPERTY },
	{ LOCAL("{f {__overlay__ five<0 } }"), NO_PROPERTY },
	{ LOCAL("{f {__overlay__ phandle<0 } }"), NO_PROPERTY },
	{ LOCAL("{f {__overlay__ linux,phandle<0 } }"), NO_PROPERTY },
	{ LOCAL("{f {__overlay__ target-path<0 } }"), NO_PROPERTY },
	{ LOCAL("{f {__overlay__ four<0 five<0 } }"), NO_PROPERTY },
	{ LOCAL("{f {__overlay__ four<0 {deep p<0 } } }"), NULL },
	{ LOCAL("{f {__overlay__ four<0 {deep p<1 } } }"), OUTSIDE },
	{ LOCAL("{f {__overlay__ {deeper p<0 } } }"), NO_NODE },
	{ LOCAL("{f {__overlay__ {deep } {deeper } } }"), NO_NODE },
	{ LOCAL("{f {__overlay__ {_d p<0 } } }"), NO_NODE },
	{ LOCAL("{__symbols__ p<0 }"), NO_NODE },
	{ LOCAL("{__local_fixups__ }"), NO_NODE },
	{ LOCAL("{g }"), NO_NODE },
	/* ---- fixups ---- */
	{ FIXUP(""), NULL },
	{ FIXUP("label=/f:target:0"), NULL },
	{ FIXUP("label=/f:target:0|/f:target:4|//f:target:99999"), NULL },
	{ FIXUP("label=/f:target:9"), NULL },
	{ FIXUP("label=/:target:0"), NULL },
	{ FIXUP("label=//:target:0"), NULL },
	{ FIXUP("label=/f/__overlay__:target:0"), NULL },
	{ FIXUP("label=/f:0123456789abcde:0"), NULL },  /* 15 letters */
	{ FIXUP("label=/f:0123456789abcdef:0"), NULL }, /* 16 */
	{ FIXUP("label=/f:phandle-of-what:0"), NULL },
	{ FIXUP("label=/f:phandles:0"), NULL },
	{ FIXUP("label"), NO_LIST },
	{ FIXUP("a=/f:target:0 label"), NO_LIST },
	{ FIXUP("label="), NO_PLACE },
	{ FIXUP("label~/f:target:0"), NO_LIST },
	{ FIXUP("label=/f:target:0|"), NO_PLACE }, /* an empty string behind it */
	{ FIXUP("phandle=/f:target:0"), NO_LIST },
	{ FIXUP("linux,phandle=/f:target:0"), NO_LIST },
	{ FIXUP("target-path=/f:target:0"), NO_LIST },
	{ FIXUP("label=/f:target:0|/f"), NO_PLACE },
	{ FIXUP("label=/f:target"), NO_PLACE },
	{ FIXUP("label=/f:target:"), NO_PLACE },
	{ FIXUP("label=/f:target:x"), NO_PLACE },
	{ FIXUP("label=/f:target:0x"), NO_PLACE },
	{ FIXUP("label=/f:target:0/"), NO_PLACE },
	{ FIXUP("label=/f:target:0:"), NO_PLACE },
	{ FIXUP("label=/f:target:100000"), NO_PLACE },
	{ FIXUP("label=:target:0"), NO_PLACE },
	{ FIXUP("label=f:target:0"), NO_PLACE },
	{ FIXUP("label=/_f:target:0"), NO_PLACE },
	{ FIXUP("label=//__symbols__:target:0"), NO_PLACE },
	{ FIXUP("label=/f:phandle:0"), NO_PLACE },
	{ FIXUP("label=/f:linux,phandle:0"), NO_PLACE },
	{ FIXUP("label=/f:target-path:0"), NO_PLACE },
	/* ---- which of two faults is reported first is not specified; both parts are checked ----
	 */
	{ "{ {f {__overlay__ p<1 } } {__local_fixups__ {f {__overlay__ p<0 } } } {__fixups__ "
	  "a=/f } }",
	  NO_PLACE },
	{ "{ {f target-path~/ } {__fixups__ a=/f:target:0 } }", NO_END },
	{ "{ {f p<1 } {__local_fixups__ {f p<0 } } {__fixups__ a=/f:p:0 } }", NULL },
	{ "{ {f target-path~/ p<1 } {__local_fixups__ {f p<0 } } }", NO_END },
	/* ---- depth: 16 levels are indexed ---- */
	{ "{ " D D D D D D D D D D D D D D D E E E E E E E E E E E E E E E "}", NULL },
	{ "{ " D D D D D D D D D D D D D D D D E E E E E E E E E E E E E E E E "}",
	  "its nodes nest too deep" },
};

void check_tests(void)
{
	static u8 blob[4096] __attribute__((aligned(8)));

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned bytes = blob_make(blob, sizeof(blob), rows[i].text);
		unsigned before = want_failed;
		struct why why = { 0 };
		u8 *exact = NULL;

		WANT(bytes && !posix_memalign((void **)&exact, 8, bytes));
		memcpy(exact, blob, bytes);
		WANT(!fdt_check(exact, bytes, &why));
		WANT(fdt_overlay_check(exact, &why) == (rows[i].fault ? -EINVAL : 0));
		WANT_TEXT(why.text, rows[i].fault ? rows[i].fault : "");
		WANT(!memcmp(exact, blob, bytes));
		free(exact);
		if (want_failed != before)
			printf("# FAIL ^ %s\n", rows[i].text);
	}
}
