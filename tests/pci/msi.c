/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/pci/msi.c - sound and hostile capabilities of messages, and the order in which a message is
 * changed.
 */
#include <lib/string.h>
#include <tests/pci/fake_function.h>

#define CAP 0x40u
#define CONTROL (CAP + 2)
#define ON 1u
#define TO ((struct irq_message) { 0x123456000, 77 })

static struct fake_function p;
static struct pci_bar bars[PCI_BARS];

static int find_msix(u16 control, u32 table, struct pci_msi *m, struct why *why)
{
	fake_new(&p);
	memset(bars, 0, sizeof(bars));
	bars[1].len = 4096;
	fake_put(&p, CAP, 4, PCI_CAP_MSIX | (u32)control << 16);
	fake_put(&p, CAP + 4, 4, table);
	return pci_find_msix(&p.config, bars, m, why);
}

TEST(pci, msix_table, .claim = "an MSI-X table is used only inside a BAR that exists")
{
	static const struct {
		u16 control;
		u32 table;
		int code;
	} cases[] = {
		{ 0, 1, 0 },           /* one entry, at the start of BAR 1 */
		{ 255, 1, 0 },         /* 256 entries: all of it */
		{ 256, 1, -EINVAL },   /* one more than fits */
		{ 0, 0xff1, 0 },       /* one entry, at the end */
		{ 0, 0xff9, -EINVAL }, /* its last bytes are outside */
		{ 0, 0xff0, -EINVAL }, /* BAR 0 does not exist */
		{ 0, 6, -EINVAL },     /* no such BAR */
		{ 0, 7, -EINVAL },     /* no such BAR */
		{ 0x7ff, 1, -EINVAL }, /* 2048 entries */
		{ 0, ~0u, -EINVAL },   /* an offset that wraps */
		{ 0, 0xfffffff9, -EINVAL },
	};
	struct pci_msi m;

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct why why = { 0 };

		CHECK_EQ(t, find_msix(cases[i].control, cases[i].table, &m, &why), cases[i].code);
		CHECK_EQ(t, why.code, cases[i].code);
	}
}

TEST(pci, msi_cut_off,
     .claim = "a capability that is cut off by the end of configuration space is refused")
{
	struct pci_msi m;
	struct why why = { 0 };

	fake_new(&p);
	fake_put(&p, PCI_CAPABILITIES, 1, 0xf0);
	fake_put(&p, 0xf0, 4, PCI_CAP_MSI | 0x0180u << 16); /* needs 24 bytes, has 16 */
	CHECK_REFUSED(t, pci_find_msi(&p.config, &m, &why), EINVAL, &why);
	fake_put(&p, 0xf2, 2, 0x80); /* 14 bytes */
	CHECK_OK(t, pci_find_msi(&p.config, &m, &why), &why);
	fake_put(&p, PCI_CAPABILITIES, 1, 0xf8);
	fake_put(&p, 0xf8, 4, PCI_CAP_MSIX); /* needs 12 bytes, has 8 */
	CHECK_REFUSED(t, pci_find_msix(&p.config, bars, &m, &why), EINVAL, &why);
}

/* ---- order of the writes ---- */

static bool find_msi(struct test_run *t, u16 control, struct pci_msi *m)
{
	struct why why = { 0 };

	fake_new(&p);
	fake_put(&p, CAP, 4, PCI_CAP_MSI | (u32)control << 16);
	memset(p.writable + CAP + 4, 0xff, 20);
	p.writable[CONTROL] = 0x71;
	return CHECK_OK(t, pci_find_msi(&p.config, m, &why), &why);
}

/* Is the function silent in this state: masked, or off? */
static bool silent(const struct pci_msi *m, bool on, u32 mask)
{
	return !on || (m->maskable && mask & 1);
}

/* Replay the writes: address and data may change only while the function is silent. */
static void msi_check_order(struct test_run *t, const struct pci_msi *m, bool on, u32 mask)
{
	unsigned mask_at = CAP + (m->wide ? 16 : 12);
	unsigned changed = 0;

	for (unsigned i = 0; i < p.writes; i++) {
		unsigned at = p.write[i].at;

		if (at == CONTROL) {
			on = p.write[i].value & ON;
		} else if (m->maskable && at == mask_at) {
			mask = p.write[i].value;
		} else {
			CHECK(t, silent(m, on, mask));
			changed++;
		}
	}
	CHECK_EQ(t, changed, m->wide ? 3 : 2);
	CHECK(t, !silent(m, on, mask));
	/* one message, regardless of the number enabled before */
	CHECK_EQ(t, p.space[CONTROL] & 0x70, 0);
}

TEST(pci, msi_masked, .claim = "MSI is masked, or off, while its message changes",
     .could = COULD_TRACE)
{
	static const u16 controls[] = { 0x00, 0x80, 0x100, 0x180 };
	const struct irq_message to = { 0x23456000, 77 }, then = { 0x34567000, 78 };

	for (unsigned i = 0; i < ARRAY_SIZE(controls); i++) {
		struct why why = { 0 };
		struct pci_msi m;

		if (!find_msi(t, controls[i] | 0x30, &m))
			return;
		CHECK_OK(t, pci_msi_aim(&p.config, &m, &to, &why), &why);
		msi_check_order(t, &m, false, 0);
		p.writes = 0;
		CHECK_OK(t, pci_msi_aim(&p.config, &m, &then, &why), &why);
		msi_check_order(t, &m, true, ~1u);
		pci_msi_close(&p.config, &m);
		CHECK_EQ(t, p.space[CONTROL] & ON, 0);
	}
}

TEST(pci, msi_narrow,
     .claim = "MSI with 32 address bits is not aimed above 4 GiB, and one whose registers do not "
	      "store values is off")
{
	struct irq_message to = TO;
	struct why why = { 0 };
	struct pci_msi m;

	if (!find_msi(t, 0, &m))
		return;
	CHECK_REFUSED(t, pci_msi_aim(&p.config, &m, &to, &why), ERANGE, &why);
	CHECK_EQ(t, p.writes, 0);
	to.address &= ~0u;
	memset(p.writable + CAP + 4, 0, 4);
	CHECK_REFUSED(t, pci_msi_aim(&p.config, &m, &to, &why), ENODEV, &why);
	CHECK_EQ(t, p.space[CONTROL] & ON, 0);
}

/* ---- an entry of the MSI-X table ---- */

static struct fake_function entry;

TEST(pci, msix_masked, .claim = "an entry of MSI-X is masked while its message changes",
     .could = COULD_TRACE)
{
	struct irq_message to = TO;
	struct why why = { 0 };
	struct pci_msi m;
	bool masked = true;

	if (!CHECK_OK(t, find_msix(0, 1, &m, &why), &why))
		return;
	p.writable[CONTROL + 1] = 0xc0;
	fake_new(&entry);
	memset(entry.writable, 0xff, PCI_MSIX_ENTRY);
	m.entry = entry.config;
	fake_put(&entry, 12, 4, 1);
	pci_msix_open(&p.config, &m);
	CHECK_EQ(t, p.space[CONTROL + 1], 0xc0); /* enabled, with the function mask */
	for (unsigned move = 0; move < 2; move++, to.address += 4096, to.data++)
		CHECK_OK(t, pci_msi_aim(&p.config, &m, &to, &why), &why);
	CHECK_EQ(t, p.space[CONTROL + 1], 0x80);
	for (unsigned i = 0; i < entry.writes; i++)
		if (entry.write[i].at == 12)
			masked = entry.write[i].value & 1;
		else
			CHECK(t, masked);
	CHECK_EQ(t, entry.writes, 10);
	CHECK(t, !masked);
	pci_msi_close(&p.config, &m);
	CHECK_EQ(t, p.space[CONTROL + 1], 0);
	CHECK_EQ(t, entry.space[12] & 1, 1);
}
