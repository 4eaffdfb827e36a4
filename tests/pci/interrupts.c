/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/pci/interrupts.c - interrupts of a function are delivered once each, in the way that irq=
 * selects.  The controller's interrupts are counted, because the tick calls the handler as well.
 */
#include <arch/arch.h>
#include <tests/pci/edu.h>

#define ROUNDS 200

static struct pci_function *request_irq(struct test_run *t)
{
	struct pci_function *f = edu_function(t);

	if (!f)
		return NULL;
	edu_handler(NULL); /* acknowledge what an earlier test raised */
	return CHECK_EQ(t, pci_irq_request(f, edu_handler, NULL), 0) ? f : NULL;
}

TEST(pci, arrives, .claim = "each interrupt of a function is delivered once, to the boot CPU",
     .rows = "S1-22")
{
	struct pci_function *f = request_irq(t);
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

/* Return the function if it uses messages; else skip the test and release the function. */
static struct pci_function *request_messages(struct test_run *t)
{
	struct pci_function *f = request_irq(t);

	if (!f || f->how >= PCI_MSI)
		return f;
	test_skip(t, "its interrupts are %s here, not messages", pci_irq_name(f));
	pci_irq_release(f);
	return NULL;
}

TEST(pci, message_moves,
     .claim = "a message is delivered to the CPU at which it was aimed, and is not lost",
     .rows = "S1-22")
{
	struct pci_function *f = request_messages(t);
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
     .claim = "no interrupt of a released function is delivered, not even a pending one")
{
	struct pci_function *f = request_messages(t);
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
	request_irq(t);
	settle();
	CHECK_EQ(t, edu_count(), 0);
	pci_irq_release(f);
}

TEST(pci, requests,
     .claim = "a driver may request and release the interrupt of a function any number of times")
{
	struct pci_function *f = edu_function(t);
	u32 first = 0;

	for (unsigned i = 0; f && i < 3 * ROUNDS && !t->failed; i++) {
		request_irq(t);
		first = i ? first : f->irq_used;
		CHECK_EQ(t, f->irq_used, first);
		pci_irq_release(f);
	}
}

TEST(pci, message_of_nobody,
     .claim = "a message without an owner has no effect; its interrupt works for the next owner")
{
	struct pci_function *f = request_messages(t);
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
	request_irq(t);
	CHECK_EQ(t, f->irq_used, irq);
	before = edu_count();
	CHECK(t, edu_once());
	CHECK_EQ(t, edu_count() - before, 1);
	pci_irq_release(f);
	m->free(own);
}
