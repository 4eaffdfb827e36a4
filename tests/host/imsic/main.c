/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/imsic/main.c - which identity arch/riscv64/irq_imsic.c gives to each source and to
 * each message: 1 to 63, which every interrupt file has (AIA 1.0, 3.1), each to one owner.
 */
#include <drivers/irq/aplic.h>
#include <drivers/irq/imsic.h>
#undef __asm__
#undef volatile

#define LAST 63u
#define MESSAGES 1024u

struct cpu *host_cpu;
u64 host_va_offset;
struct cpu cpus[CPUS_MAX];
static unsigned imsic_failed, offs, looks;
static u32 found = 255, on, target_on;
static bool has_csrs = true, takes = true;

#define WANT(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			printf("# FAIL %s:%d: %s\n", __FILE__, __LINE__, #cond);                   \
			imsic_failed++;                                                            \
		}                                                                                  \
	} while (0)

/* ---- what the file needs ---- */
struct cpu *this_cpu(void)
{
	return &cpus[0];
}

void kprintf(const char *fmt, ...)
{
}

void irq_dispatch(u32 irq)
{
}

void played_instruction(const char *text)
{
}

u64 played_get(const char *name)
{
	return 0;
}

void played_set(const char *name, u64 v)
{
}

int probe_siselect(void)
{
	return has_csrs ? 0 : 1;
}

void arch_firmware_ipi(cpumask_t to)
{
}

u32 imsic_find(const struct device *aplic)
{
	return found;
}

/* Hart 9 has no file. */
bool imsic_target(u64 hwid, u32 *target)
{
	*target = APLIC_HART(hwid + 1);
	return hwid != 9;
}

paddr_t imsic_file(u64 hwid)
{
	return hwid == 9 ? PA_NONE : 0x28000000 + hwid * 0x1000;
}

u32 imsic_phandle(void)
{
	return 77;
}

int aplic_take(struct device *d, bool messages)
{
	WANT(messages);
	return 0;
}

bool aplic_source_on(u32 source, u32 flags, u32 target)
{
	on = source;
	target_on = target;
	WANT(flags == 4);
	return takes;
}

void aplic_source_off(u32 source)
{
	WANT(source && source < MESSAGES);
	offs++;
}

void aplic_source_again(u32 source)
{
	WANT(source == on);
	looks++;
}

u32 aplic_decode(const void *cells, int nr, u32 *flags)
{
	return 5;
}

REG_DECLARE(irqchips, struct irqchip);

static const struct irqchip *chip(void)
{
	return __start_reg_irqchips[0];
}

static void probes(void)
{
	struct device d = { 0 };

	found = 0;
	WANT(chip()->probe(&d) == -ENODEV);
	found = 255;
	has_csrs = false;
	WANT(chip()->probe(&d) == -ENODEV);
	has_csrs = true;
	WANT(!chip()->probe(&d));
	WANT(chip()->messages->controller() == 77 && chip()->messages->preferred);
}

/* The source is turned on with an identity, and looked at again. */
static bool source(u32 irq, u32 id)
{
	on = looks = 0;
	chip()->enable(irq, 4, 1);
	return on == irq && target_on == (APLIC_HART(4) | id) && looks == 1;
}

static void sources(void)
{
	cpus[1].hwid = 3;
	cpus[2].hwid = 9;
	on = 0;
	chip()->enable(0, 4, 1);
	WANT(!on); /* there is no source 0 */
	for (u32 id = 1; id <= LAST - 2; id++)
		WANT(source(1000 - id, id));
	for (u32 id = 1; id <= LAST - 2; id++)
		WANT(source(1000 - id, id)); /* it keeps it */
	takes = false;
	on = looks = 0;
	chip()->enable(999, 4, 1);
	WANT(on == 999 && !looks);
	takes = true;
	on = 0;
	chip()->enable(999, 4, 2);
	WANT(!on); /* a hart without a file */
	chip()->disable(999);
	WANT(offs == 1);
}

static void messages(void)
{
	const struct irq_messages *m = chip()->messages;
	struct irq_message to;
	u32 one = m->take(), two = m->take();

	WANT(one == MESSAGES + LAST - 1 && two == MESSAGES + LAST);
	WANT(m->take() == ~0u);
	on = 0;
	chip()->enable(5, 4, 1);
	WANT(!on); /* no identity is left */
	chip()->enable(two, 4, 1);
	chip()->disable(two);
	WANT(!on && offs == 1); /* not the APLIC's */
	WANT(m->aim(two, 1, &to) && to.address == 0x28003000 && to.data == LAST);
	WANT(!m->aim(two, 2, &to));
	m->give(two);
	WANT(source(5, LAST));
	WANT(m->take() == ~0u);
	m->give(one);
	WANT(m->take() == one);
}

int main(void)
{
	probes();
	sources();
	messages();
	printf("imsic: %u not so\n", imsic_failed);
	return imsic_failed != 0;
}
