/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/pci/played.c - an emulated function; see played.h. */
#include <lib/string.h>
#include <tests/pci/played.h>

static bool is_gone(struct played *p)
{
	return p->accesses++ >= p->gone_after;
}

static u32 played_get(const struct pci_config *c, unsigned at, unsigned bytes)
{
	struct played *p = (struct played *)(uintptr_t)c->regs;
	u32 v = 0;

	if (is_gone(p))
		return bytes == 4 ? ~0u : (1u << 8 * bytes) - 1;
	memcpy(&v, p->space + at, bytes);
	return v;
}

static void set(const struct pci_config *c, unsigned at, unsigned bytes, u32 v)
{
	struct played *p = (struct played *)(uintptr_t)c->regs;

	if (is_gone(p))
		return;
	if (p->writes < PLAYED_WRITES) {
		p->write[p->writes].at = at;
		p->write[p->writes++].value = v;
	}
	for (unsigned i = at; i < at + bytes; i++, v >>= 8)
		p->space[i] = (u8)((p->space[i] & ~p->writable[i]) | ((u8)v & p->writable[i]));
}

void played_put(struct played *p, unsigned at, unsigned bytes, u32 v)
{
	memcpy(p->space + at, &v, bytes);
}

void played_new(struct played *p)
{
	memset(p, 0, sizeof(*p));
	p->config = (struct pci_config) { played_get, set, p };
	p->gone_after = ~0u;
	played_put(p, PCI_VENDOR, 4, 0x11e81234);
	played_put(p, PCI_STATUS, 2, PCI_STATUS_CAPABILITIES);
	played_put(p, PCI_CAPABILITIES, 1, 0x40);
}
