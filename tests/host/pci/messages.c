/* SPDX-License-Identifier: BSD-2-Clause */
/* messages.c - the controller of a device's messages, by the bridge's node (msi-map, Linux
 * Documentation/devicetree/bindings/pci/pci-msi.txt). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* needs the four above */

#include <drivers/pci/host_bridge.h>
#include <libfdt.h>
#include <tests/host/pci/rows.h>

#define PARENT 5

struct shape {
	bool map, mask, parent;
	unsigned cut; /* bytes that the map lacks */
};

/* Requesters 0..15 have controller 7, 0x20..0x27 have 9. */
static int host_of(struct pci_host *h, const struct shape *s)
{
	static u8 fdt[4096] __attribute__((aligned(8)));
	const fdt32_t map[] = { cpu_to_fdt32(0),     cpu_to_fdt32(7),
				cpu_to_fdt32(0x100), cpu_to_fdt32(16),
				cpu_to_fdt32(0x20),  cpu_to_fdt32(9),
				cpu_to_fdt32(0x40),  cpu_to_fdt32(s->cut ? 0x108 : 8) };

	assert_int_equal(fdt_create(fdt, sizeof(fdt)), 0);
	assert_int_equal(fdt_finish_reservemap(fdt), 0);
	fdt_begin_node(fdt, "");
	fdt_begin_node(fdt, "pcie");
	if (s->map)
		fdt_property(fdt, "msi-map", map, (int)(sizeof(map) - s->cut));
	if (s->mask)
		fdt_property_u32(fdt, "msi-map-mask", 0xff);
	if (s->parent)
		fdt_property_u32(fdt, "msi-parent", PARENT);
	fdt_end_node(fdt);
	fdt_end_node(fdt);
	assert_int_equal(fdt_finish(fdt), 0);
	*h = (struct pci_host) { .fdt = fdt, .node = fdt_path_offset(fdt, "/pcie") };
	return h->node;
}

void messages_go_by_the_map(void **state)
{
	static const struct {
		struct shape s;
		u32 requester, to;
	} rows[] = {
		{ { true, false, true }, 0, 7 },
		{ { true, false, true }, 15, 7 },
		{ { true, false, true }, 16, PARENT },
		{ { true, false, true }, 0x1f, PARENT },
		{ { true, false, true }, 0x20, 9 },
		{ { true, false, true }, 0x27, 9 },
		{ { true, false, true }, 0x28, PARENT },
		{ { true, false, true }, 0x120, PARENT },
		{ { true, true, true }, 0x120, 9 },
		{ { true, false, false }, 16, 0 },
		{ { false, false, true }, 0, PARENT },
		{ { false, false, false }, 0, 0 },
		{ { true, false, true, 1 }, 0x20, PARENT },
		{ { true, false, true, 1 }, 15, 7 },
		{ { true, false, true, 16 }, 15, 7 },
		{ { true, false, true, 17 }, 15, PARENT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pci_host h;

		assert_true(host_of(&h, &rows[i].s) >= 0);
		assert_int_equal(pci_host_messages(&h, rows[i].requester), rows[i].to);
	}
}
