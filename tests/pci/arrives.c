/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/pci/arrives.c - interrupts of a function arrive in the way that irq= selects, each once.
 * The controller's interrupts are counted, because the tick would call the handler as well.
 */
#include <arch/arch.h>
#include <tests/pci/edu.h>

#define ROUNDS 200

static struct pci_function *listen(struct test_run *t)
{
	struct pci_function *f = edu_function(t);

	if (!f)
		return NULL;
	edu_handler(NULL); /* acknowledge what an earlier test raised */
	return CHECK_EQ(t, pci_irq_request(f, edu_handler, NULL), 0) ? f : NULL;
}

TEST(pci, arrives, .claim = "each interrupt of a function arrives once, at the boot CPU",
     .rows = "S1-22")
{
	struct pci_function *f = listen(t);
	u64 before;

	if (!f)
		return;
	before = edu_count();
	for (unsigned i = 0; i < ROUNDS && !t->failed; i++)
		CHECK(t, edu_once());
	CHECK_EQ(t, edu_count() - before, f->how == PCI_POLLED ? 0 : ROUNDS);
	CHECK_EQ(t, edu_seen.cpu, this_cpu()->nr);
	test_key(t, "by=%s", pci_irq_name(f));
	pci_irq_release(f);
}

/* The function, if it uses messages; else the test is skipped and the function released. */
static struct pci_function *listen_to_messages(struct test_run *t)
{
	struct pci_function *f = listen(t);

	if (!f || f->how >= PCI_MSI)
		return f;
	test_skip(t, "its interrupts are %s here, no messages", pci_irq_name(f));
	pci_irq_release(f);
	return NULL;
}

TEST(pci, message_moves, .claim = "a message goes to the CPU that it was aimed at, and is not lost",
     .rows = "S1-22")
{
	struct pci_function *f = listen_to_messages(t);
	struct why why = { 0 };
	u64 before;
	unsigned nr = 0;

	if (!f)
		return;
	before = edu_count();
	for (unsigned round = 0; round < 3; round++)
		for (unsigned cpu = 0; cpu < cpus_nr; cpu++) {
			if (!cpus[cpu].online || !CHECK_OK(t, pci_irq_aim(f, cpu, &why), &why))
				continue;
			CHECK(t, edu_once());
			CHECK_EQ(t, edu_seen.cpu, cpu);
			nr++;
		}
	CHECK_EQ(t, edu_count() - before, nr);
	CHECK_OK(t, pci_irq_aim(f, this_cpu()->nr, &why), &why);
	pci_irq_release(f);
}

static void settle(void)
{
	struct cpu_pause p = { 0 };

	for (u64 since = clock_ns(); clock_ns() - since < 5000000;)
		cpu_pause(&p);
}

TEST(pci, message_released,
     .claim = "nothing arrives of a function that was let go, not even what was on its way")
{
	struct pci_function *f = listen_to_messages(t);
	u64 strays = this_cpu()->spurious, flags;

	if (!f)
		return;
	CHECK(t, edu_once());
	flags = arch_irq_save();
	edu_raise();
	pci_irq_release(f);
	arch_irq_restore(flags);
	CHECK_EQ(t, f->how, PCI_POLLED);
	edu_raise();
	settle();
	CHECK_EQ(t, this_cpu()->spurious, strays);
	CHECK(t, edu_handler(NULL)); /* it was raised, and no handler was called */
	listen(t);
	settle();
	CHECK_EQ(t, edu_count(), 0);
	pci_irq_release(f);
}

TEST(pci, requests, .claim = "a function may ask for its interrupt as often as it gives it back")
{
	struct pci_function *f = edu_function(t);
	u32 first = 0;

	for (unsigned i = 0; f && i < 3 * ROUNDS && !t->failed; i++) {
		listen(t);
		first = i ? first : f->irq_used;
		CHECK_EQ(t, f->irq_used, first);
		pci_irq_release(f);
	}
}

TEST(pci, message_of_nobody,
     .claim = "a message that nobody owns does nothing; its interrupt works for the next owner")
{
	struct pci_function *f = listen_to_messages(t);
	const struct irq_messages *m = irqchip ? irqchip->messages : NULL;
	struct irq_message stray;
	u64 strays = this_cpu()->spurious, before;
	struct why why = { 0 };
	u32 irq, own;

	if (!f)
		return;
	own = f->irq_used;
	irq = m->alloc();
	CHECK(t, m->aim(irq, this_cpu()->nr, &stray));
	m->free(irq);
	CHECK_OK(t, pci_msi_aim(&f->config, &f->msi, &stray, &why), &why);
	for (unsigned i = 0; i < 3; i++) {
		edu_raise();
		settle();
		CHECK(t, edu_handler(NULL));
	}
	CHECK(t, this_cpu()->spurious - strays <= 1);
	pci_irq_release(f);
	CHECK_EQ(t, m->alloc(), own);
	listen(t);
	CHECK_EQ(t, f->irq_used, irq);
	before = edu_count();
	CHECK(t, edu_once());
	CHECK_EQ(t, edu_count() - before, 1);
	pci_irq_release(f);
	m->free(own);
}
