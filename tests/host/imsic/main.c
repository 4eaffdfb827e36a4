/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/imsic/main.c - which identity arch/riscv64/irq_imsic.c gives to each source and to
 * each message: 1 to 63, which every interrupt file has (AIA 1.0, 3.1), each to one owner; and how
 * it uses the interrupt file of its hart: the registers selected by siselect (3.8) and stopei
 * (3.10) are fakes.
 */
#include <drivers/irq/aplic.h>
#include <drivers/irq/imsic.h>
#include <fakes/arch.h>
#include <fakes/log.h>
#include <want.h>
#undef __asm__
#undef volatile

#define LAST 63u
#define MESSAGES 1024u
#define FIRST 1024u /* the source of identity 1 is 1023, the last that an APLIC can have (4.5) */

static unsigned offs, looks;
static u32 found = 255, on, target_on;
static bool has_csrs = true, takes = true;

/* ---- what the file needs ---- */

void fake_instruction(const char *text)
{
}

/* ---- the interrupt file of this hart: of EIP and EIE only the even ones exist on RV64 (3.8) ----
 */
#define DELIVERY 0x70
#define THRESHOLD 0x72
#define PENDING 0x80
#define ENABLED 0xc0

static u64 file[0x100], selected;
static u32 stray; /* claimed once, though it is not enabled */
static bool begun = true;

u64 fake_get(const char *name)
{
	WANT(!strcmp(name, "0x151"));
	WANT(!host_irqs); /* a handler in between would select another register */
	return file[selected];
}

void fake_set(const char *name, u64 v)
{
	WANT(!host_irqs);
	if (!strcmp(name, "0x150")) {
		selected = v;
		return;
	}
	WANT(!strcmp(name, "0x151"));
	if (selected != DELIVERY && selected != THRESHOLD &&
	    (selected < PENDING || selected > 0xff || selected % 2)) {
		WANT(!"a register that no file has");
		return;
	}
	if (selected == PENDING || selected == ENABLED)
		v &= ~1ul; /* there is no identity 0 */
	/* a hart that starts takes no interrupt that was pending before */
	WANT(begun || v || !file[DELIVERY] || selected == DELIVERY);
	file[selected] = v;
}

/* The least identity that is pending and enabled, twice; its write claims it. */
u64 fake_swap(const char *name, u64 v)
{
	u64 id = stray;

	WANT(!strcmp(name, "0x15c") && !v);
	stray = 0;
	for (u64 i = 1; !id && i <= found; i++)
		if (file[PENDING + i / 64 * 2] & file[ENABLED + i / 64 * 2] & 1ul << i % 64)
			id = i;
	file[PENDING + id / 64 * 2] &= ~(1ul << id % 64);
	return id << 16 | id;
}

static bool is_set(unsigned array, u32 id)
{
	return file[array] >> id & 1;
}

static void arrives(u32 id)
{
	file[PENDING] |= 1ul << id;
}

/* ---- who is called ---- */
static u32 dispatched[8];
static unsigned dispatched_nr;
static bool crashes;

REG_DECLARE(irqchips, struct irqchip);

static const struct irqchip *chip(void)
{
	WANT(host_irqs == begun); /* as they were before the last call */
	return __start_reg_irqchips[0];
}

void irq_dispatch(u32 irq)
{
	dispatched[dispatched_nr++ % ARRAY_SIZE(dispatched)] = on = irq;
	WANT(!looks);
	if (crashes)
		chip()->quiesce();
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

int aplic_init(struct device *d, bool messages)
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
		WANT(source(FIRST - id, id));
	for (u32 id = 1; id <= LAST - 2; id++)
		WANT(source(FIRST - id, id)); /* it keeps it */
	takes = false;
	on = looks = 0;
	chip()->enable(FIRST - 1, 4, 1);
	WANT(on == FIRST - 1 && !looks);
	takes = true;
	on = 0;
	chip()->enable(FIRST - 1, 4, 2);
	WANT(!on); /* a hart without a file */
	chip()->disable(FIRST - 1);
	WANT(offs == 1);
}

/* All state of firmware is cleared; only the identities that every file has are enabled. */
static void begins(u32 identities)
{
	struct device d = { 0 };

	found = identities;
	WANT(!chip()->probe(&d));
	for (unsigned i = 0; i < ARRAY_SIZE(file); i++)
		file[i] = 0;
	file[DELIVERY] = 1;
	file[THRESHOLD] = 5;
	for (unsigned i = 0; i <= identities; i += 64)
		file[PENDING + i / 32] = file[ENABLED + i / 32] = ~0ul;
	begun = host_irqs = false;
	chip()->cpu_init();
	begun = host_irqs = true;
	WANT(file[DELIVERY] == 1 && file[THRESHOLD] == 0);
	WANT(file[ENABLED] == ~1ul && file[PENDING] == 0);
	for (unsigned i = 64; i <= identities; i += 64)
		WANT(!file[PENDING + i / 32] && !file[ENABLED + i / 32]);
}

/* A source is dispatched, and checked once more after its handler. */
static void dispatches(u32 id, u32 irq)
{
	dispatched_nr = looks = 0;
	arrives(id);
	chip()->handle();
	WANT(dispatched_nr == 1 && dispatched[0] == irq && looks == 1);
	WANT(!is_set(PENDING, id) && is_set(ENABLED, id));
	chip()->quiesce();
	WANT(looks == 1);
}

/* Nobody's: counted; what every file has is disabled as well, with a line. */
static void nobodys(u32 id)
{
	u64 enabled = file[ENABLED];
	unsigned counted = cpus[0].spurious;

	dispatched_nr = looks = fake_lines = 0;
	if (id <= LAST)
		arrives(id);
	else
		stray = id;
	arrives(1);
	chip()->handle();
	WANT(dispatched_nr == 1 && dispatched[0] == FIRST - 1 && looks == 1);
	WANT(cpus[0].spurious == counted + 1 && fake_lines == (id <= LAST));
	WANT(file[ENABLED] == (id <= LAST ? enabled & ~(1ul << id) : enabled));
}

static void messages(void)
{
	const struct irq_messages *m = chip()->messages;
	struct irq_message to;
	u32 one = m->alloc(), two = m->alloc();

	begins(255);
	WANT(one == MESSAGES + LAST - 1 && two == MESSAGES + LAST);
	WANT(m->alloc() == ~0u);
	on = 0;
	chip()->enable(5, 4, 1);
	WANT(!on); /* no identity is left */
	chip()->enable(two, 4, 1);
	chip()->disable(two);
	WANT(!on && offs == 1); /* not the APLIC's */
	WANT(m->aim(two, 1, &to) && to.address == 0x28003000 && to.data == LAST);
	WANT(!m->aim(two, 2, &to));
	m->free(two);
	nobodys(LAST);
	WANT(source(5, LAST));
	WANT(m->alloc() == ~0u);
	m->free(one);
	WANT(m->alloc() == one);
}

/* Behind messages(): source 5 has the last identity, a message the one before, sources the others.
 */
static void handles(void)
{
	const struct irq_messages *m = chip()->messages;
	u32 one = MESSAGES + LAST - 1;

	begins(255);
	dispatched_nr = cpus[0].spurious = 0;
	chip()->handle();
	WANT(!dispatched_nr && !cpus[0].spurious);
	dispatches(1, FIRST - 1);
	dispatches(LAST - 1, one);
	dispatches(LAST, 5);
	crashes = true; /* a handler that does not return: the crash checks the source again */
	dispatches(2, FIRST - 2);
	crashes = false;
	chip()->disable(one);
	WANT(!is_set(ENABLED, LAST - 1) && is_set(ENABLED, LAST) && is_set(ENABLED, 1));
	chip()->enable(one, 4, 0);
	WANT(is_set(ENABLED, LAST - 1));
	arrives(LAST - 1); /* late: the next owner does not get it */
	chip()->disable(one);
	m->free(one);
	WANT(!is_set(PENDING, LAST - 1) && is_set(ENABLED, LAST - 1));
	nobodys(LAST - 1);
	nobodys(LAST + 1);
	nobodys(255);
	nobodys(2047);
	WANT(m->alloc() == one);
	chip()->enable(one, 4, 0);
	dispatches(LAST - 1, one);
	begins(63);
	begins(2047);
}

int main(void)
{
	host_irqs = true;
	probes();
	sources();
	messages();
	handles();
	printf("imsic: %u not so\n", want_failed);
	return want_failed != 0;
}
