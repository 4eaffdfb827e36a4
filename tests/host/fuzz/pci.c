/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/fuzz/pci.c - any bytes as a device: 256 bytes of configuration space, the mask of
 * writable bits, and the number of accesses until it vanishes.  Every walk terminates, accepted
 * values are within their bounds, and a refusal is one printable sentence.
 */
#include "aborts.h"
#include <drivers/pci/msi.h>
#include <drivers/pci/window.h>
#include <drivers/virtio/caps.h>
#include <lib/assert.h>
#include <stdlib.h>
#include <string.h>

#define SPACE 256
#define ACCESSES_MAX 4000 /* 48 capabilities, each searched from the start */

static u8 space[SPACE], writable[SPACE];
static unsigned accesses, gone_after;

static u32 get(const struct pci_config *c, unsigned at, unsigned bytes)
{
	u32 v = 0;

	ASSERT(at % bytes == 0 && at + bytes <= SPACE && ++accesses < ACCESSES_MAX);
	if (accesses > gone_after)
		return bytes == 4 ? ~0u : (1u << 8 * bytes) - 1;
	memcpy(&v, space + at, bytes);
	return v;
}

static void set(const struct pci_config *c, unsigned at, unsigned bytes, u32 v)
{
	ASSERT(at % bytes == 0 && at + bytes <= SPACE && ++accesses < ACCESSES_MAX);
	for (unsigned i = 0; i < bytes; i++, v >>= 8)
		space[at + i] =
			(u8)((space[at + i] & ~writable[at + i]) | ((u8)v & writable[at + i]));
}

static void sentence(const struct why *why)
{
	size_t len = strlen(why->text);

	ASSERT(len > 0 && len < sizeof(why->text));
	for (size_t i = 0; i < len; i++)
		ASSERT(why->text[i] >= ' ' && why->text[i] <= '~');
}

/* Each BAR receives a piece or a sentence; pieces are aligned and disjoint. */
static void place(const struct pci_bar *bar)
{
	struct pci_window w = { .name = "window", .bus = 0x10000000, .pa = 0, .len = 1ul << 40 };
	u64 taken[PCI_BARS];

	for (unsigned n = 0; n < PCI_BARS; n++) {
		struct why why = { 0 };

		taken[n] = PA_NONE;
		if (!bar[n].len)
			continue;
		taken[n] = pci_window_alloc(&w, bar[n].len, bar[n].len, &why);
		if (taken[n] == PA_NONE)
			sentence(&why);
		else
			ASSERT(taken[n] % bar[n].len == 0 && taken[n] >= w.bus &&
			       taken[n] - w.bus + bar[n].len <= w.len);
		for (unsigned m = 0; m < n && taken[n] != PA_NONE; m++)
			ASSERT(taken[m] == PA_NONE || taken[m] + bar[m].len <= taken[n] ||
			       taken[n] + bar[n].len <= taken[m]);
	}
	for (unsigned n = 0; n < PCI_BARS; n++)
		if (taken[n] != PA_NONE)
			pci_window_free(&w, taken[n]);
	ASSERT(!w.nr);
}

/* Sets up a message at the place that was found; the table's entry is memory as well. */
static void aim(const struct pci_config *c, const struct pci_bar *bar)
{
	const struct irq_message to = { 0xfee00000, 33 };
	struct pci_msi m;

	for (unsigned table = 0; table < 2; table++) {
		struct why why = { 0 };
		int err = table ? pci_find_msix(c, bar, &m, &why) : pci_find_msi(c, &m, &why);

		if (!err && table) {
			ASSERT((u64)m.offset + (u64)m.nr * PCI_MSIX_ENTRY <= bar[m.bar].len);
			pci_msix_open(c, &m);
			m.entry = *c;
		}
		if (!err)
			err = pci_msi_aim(c, &m, &to, &why);
		if (!err)
			pci_msi_close(c, &m);
		else if (err != -ENOENT)
			sentence(&why);
	}
}

static void ask(const struct pci_config *c)
{
	struct pci_bar bar[PCI_BARS];
	struct virtio_caps v;
	struct why why = { 0 };
	int err;

	err = pci_capability(c, PCI_CAP_EXPRESS, 0, &why);
	ASSERT(err < SPACE && (err >= 0x40 || err < 0));
	if (err < 0 && err != -ENOENT)
		sentence(&why);
	if (pci_set_buses(c, 1, 2, 7, &why))
		sentence(&why);
	if (pci_size_bars(c, pci_bars_of(pci_read8(c, PCI_HEADER)), bar, &why)) {
		sentence(&why);
		return;
	}
	for (unsigned n = 0; n < PCI_BARS; n++)
		ASSERT(!bar[n].len || is_pow2(bar[n].len));
	place(bar);
	if (pci_place_bars(c, pci_bars_of(pci_read8(c, PCI_HEADER)), bar, &why))
		sentence(&why);
	aim(c, bar);
	if (virtio_find_caps(c, bar, &v, &why)) {
		sentence(&why);
		return;
	}
	for (unsigned i = VIRTIO_COMMON; i < VIRTIO_STRUCTURES; i++)
		ASSERT((u64)v.at[i].offset + v.at[i].len <= bar[v.at[i].bar].len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pci_config c = { get, set, NULL };

	memset(space, 0, sizeof(space));
	memset(writable, 0, sizeof(writable));
	memcpy(space, data, size < SPACE ? size : SPACE);
	if (size > SPACE)
		memcpy(writable, data + SPACE, size - SPACE < SPACE ? size - SPACE : SPACE);
	accesses = 0;
	gone_after = size > 2 * SPACE ? data[2 * SPACE] : ~0u;
	ask(&c);
	return 0;
}
