/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/pci/fake_function.c - see fake_function.h. */
#include <lib/string.h>
#include <tests/pci/fake_function.h>

static bool has_disappeared(struct fake_function *p)
{
	return p->accesses++ >= p->gone_after;
}

static u32 fake_get(const struct pci_config *c, unsigned at, unsigned bytes)
{
	struct fake_function *p = (struct fake_function *)(uintptr_t)c->regs;
	u32 v = 0;

	if (has_disappeared(p))
		return bytes == 4 ? ~0u : (1u << 8 * bytes) - 1;
	memcpy(&v, p->space + at, bytes);
	return v;
}

static void set(const struct pci_config *c, unsigned at, unsigned bytes, u32 v)
{
	struct fake_function *p = (struct fake_function *)(uintptr_t)c->regs;

	if (has_disappeared(p))
		return;
	if (p->writes < FAKE_WRITES) {
		p->write[p->writes].at = at;
		p->write[p->writes++].value = v;
	}
	for (unsigned i = at; i < at + bytes; i++, v >>= 8)
		p->space[i] = (u8)((p->space[i] & ~p->writable[i]) | ((u8)v & p->writable[i]));
}

void fake_put(struct fake_function *p, unsigned at, unsigned bytes, u32 v)
{
	memcpy(p->space + at, &v, bytes);
}

void fake_new(struct fake_function *p)
{
	memset(p, 0, sizeof(*p));
	p->config = (struct pci_config) { fake_get, set, p };
	p->gone_after = ~0u;
	fake_put(p, PCI_VENDOR, 4, 0x11e81234);
	fake_put(p, PCI_STATUS, 2, PCI_STATUS_CAPABILITIES);
	fake_put(p, PCI_CAPABILITIES, 1, 0x40);
}
