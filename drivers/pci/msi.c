/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/pci/msi.c - the MSI and MSI-X capabilities; see msi.h. */
#include <drivers/pci/msi.h>

enum { /* offsets in the capabilities; MSI (7.7.1): 64-bit addresses move data and mask up */
       CONTROL = 2,
       MSI_ADDRESS = 4,
       MSI_ADDRESS_HIGH = 8,
       MSI_DATA = 8,
       MSI_DATA_WIDE = 12,
       MSI_MASK = 12,
       MSI_MASK_WIDE = 16,
       MSIX_TABLE = 4, /* 7.7.2 */
       MSIX_BYTES = 12,
};
#define MSI_ON 0x0001u
#define MSI_SEVERAL 0x0070u /* multiple message enable: 2^n messages */
#define MSI_WIDE 0x0080u
#define MSI_MASKABLE 0x0100u
#define MSIX_ON 0x8000u
#define MSIX_MASK_ALL 0x4000u
#define MSIX_NR(control) (((control)&0x7ffu) + 1)
#define TABLE_BAR 7u

enum { ENTRY_ADDRESS = 0, ENTRY_HIGH = 4, ENTRY_DATA = 8, ENTRY_CONTROL = 12 };
#define ENTRY_MASKED 1u

#define SPACE 256u

/* ---- parsing ---- */

/* The capability would exceed the 256 bytes of configuration space. */
static int cut_off(const char *name, struct why *why)
{
	return refuse(why, EINVAL, "the capability of %s is cut off", name);
}

/* The length depends on two bits of the control word: 64-bit address, and per-vector masking. */
static unsigned msi_bytes(const struct pci_msi *m)
{
	return (m->wide ? MSI_DATA_WIDE : MSI_DATA) + 2 + (m->maskable ? 10 : 0);
}

/* Fill *m from the control word; nothing is enabled. */
int pci_find_msi(const struct pci_config *c, struct pci_msi *m, struct why *why)
{
	int at = pci_capability(c, PCI_CAP_MSI, 0, why);
	u16 control;

	if (at < 0)
		return at;
	control = pci_read16(c, (unsigned)at + CONTROL);
	*m = (struct pci_msi) { .cap = (u16)at,
				.wide = control & MSI_WIDE,
				.maskable = control & MSI_MASKABLE };
	return (unsigned)at + msi_bytes(m) <= SPACE ? 0 : cut_off("MSI", why);
}

/* The pending bits of MSI-X are not used, so only the table is checked against its BAR. */
int pci_find_msix(const struct pci_config *c, const struct pci_bar bar[PCI_BARS], struct pci_msi *m,
		  struct why *why)
{
	int at = pci_capability(c, PCI_CAP_MSIX, 0, why);
	u32 table;

	if (at < 0)
		return at;
	if ((unsigned)at + MSIX_BYTES > SPACE)
		return cut_off("MSI-X", why);
	table = pci_read32(c, (unsigned)at + MSIX_TABLE);
	*m = (struct pci_msi) { .cap = (u16)at,
				.table = true,
				.nr = (u16)MSIX_NR(pci_read16(c, (unsigned)at + CONTROL)),
				.bar = (u8)(table & TABLE_BAR),
				.offset = table & ~TABLE_BAR };
	if (m->bar < PCI_BARS && bar[m->bar].len &&
	    (u64)m->offset + (u64)m->nr * PCI_MSIX_ENTRY <= bar[m->bar].len)
		return 0;
	return refuse(why, EINVAL, "the MSI-X table of %u entries at 0x%x is not inside BAR %u",
		      m->nr, m->offset, m->bar);
}

/* ---- one message ---- */

/* Change bits of the capability's control word. */
static void control(const struct pci_config *c, const struct pci_msi *m, u16 clear, u16 set)
{
	u16 old = pci_read16(c, m->cap + CONTROL);

	pci_write16(c, m->cap + CONTROL, (u16)((old & ~clear) | set));
}

/* Enable MSI-X with the function mask set: in some devices the table may be written only while
 * MSI-X is enabled, and no entry may send a message before it has an address. */
void pci_msix_open(const struct pci_config *c, const struct pci_msi *m)
{
	control(c, m, 0, MSIX_ON | MSIX_MASK_ALL);
}

/* Mask or unmask the entry in use. */
static void mask_entry(const struct pci_msi *m, bool on)
{
	u32 old = pci_read32(&m->entry, ENTRY_CONTROL);

	pci_write32(&m->entry, ENTRY_CONTROL, (old & ~ENTRY_MASKED) | (on ? ENTRY_MASKED : 0));
	(void)pci_read32(&m->entry, ENTRY_CONTROL); /* flushes the posted write */
}

/* Write an MSI-X entry while it is masked.  False: it does not hold the message. */
static bool aim_entry(const struct pci_config *c, const struct pci_msi *m,
		      const struct irq_message *to)
{
	const struct pci_config *e = &m->entry;

	mask_entry(m, true);
	pci_write32(e, ENTRY_ADDRESS, (u32)to->address);
	pci_write32(e, ENTRY_HIGH, (u32)(to->address >> 32));
	pci_write32(e, ENTRY_DATA, to->data);
	if (pci_read32(e, ENTRY_ADDRESS) != (u32)to->address ||
	    pci_read32(e, ENTRY_HIGH) != (u32)(to->address >> 32) ||
	    pci_read32(e, ENTRY_DATA) != to->data)
		return false;
	mask_entry(m, false);
	control(c, m, MSIX_MASK_ALL, MSIX_ON);
	return true;
}

/* Only the first vector is unmasked; the others have no handlers. */
static void mask_msi(const struct pci_config *c, const struct pci_msi *m, bool on)
{
	if (m->maskable)
		pci_write32(c, m->cap + (m->wide ? MSI_MASK_WIDE : MSI_MASK), on ? ~0u : ~1u);
	else if (on)
		control(c, m, MSI_ON, 0);
}

/* Write MSI's address and data while it is masked or disabled.  False: it does not hold them. */
static bool aim_msi(const struct pci_config *c, const struct pci_msi *m,
		    const struct irq_message *to)
{
	unsigned data = m->cap + (m->wide ? MSI_DATA_WIDE : MSI_DATA);
	u32 high = (u32)(to->address >> 32);

	mask_msi(c, m, true);
	pci_write32(c, m->cap + MSI_ADDRESS, (u32)to->address);
	if (m->wide)
		pci_write32(c, m->cap + MSI_ADDRESS_HIGH, high);
	pci_write16(c, data, (u16)to->data);
	if (pci_read32(c, m->cap + MSI_ADDRESS) != (u32)to->address ||
	    (m->wide && pci_read32(c, m->cap + MSI_ADDRESS_HIGH) != high) ||
	    pci_read16(c, data) != to->data)
		return false;
	control(c, m, MSI_SEVERAL, MSI_ON);
	mask_msi(c, m, false);
	return true;
}

/* A function that does not hold its message could write to any address, so it is disabled. */
int pci_msi_aim(const struct pci_config *c, const struct pci_msi *m, const struct irq_message *to,
		struct why *why)
{
	if (!m->table && !m->wide && to->address >> 32)
		return refuse(why, ERANGE, "MSI reaches no address above 4 GiB: 0x%lx",
			      to->address);
	if (m->table ? aim_entry(c, m, to) : aim_msi(c, m, to))
		return 0;
	pci_msi_close(c, m);
	return refuse(why, ENODEV, "the function does not hold its message");
}

/* The entry is masked first, so that no message is sent after MSI-X is disabled. */
void pci_msi_close(const struct pci_config *c, const struct pci_msi *m)
{
	if (m->entry.read)
		mask_entry(m, true);
	control(c, m, m->table ? MSIX_ON | MSIX_MASK_ALL : MSI_ON, 0);
}
