/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/aml_io/main.c - the addresses that drivers/acpi/osl_io.c lets AML access: registers
 * without an owner, of 8 to 64 bits at a multiple of their size, on at most 32 pages, and
 * firmware's own memory.  RAM, registers with an owner and addresses beyond the physical address
 * size are refused with a sentence.
 */
#include <drivers/acpi/osl.h>
#include <kern/probe.h>
#include <mm/kernel/kpt.h>
#include <mm/page/region.h>
#include <string.h>
#include <want.h>

#define REGISTERS 0x10000000ul /* page n of them is memory of this program */
#define PAGES 40u
#define RAM 0x80000000ul
#define KEPT 0x90000000ul
#define TABLES 0xa0000000ul
#define PRETENDED 0xb0000000ul
#define PAGE 4096ul
#define MAPS 32u /* the limit of osl_io.c */

static unsigned mapped, accesses, faults_at = ~0u;
static u8 frames[PAGES][PAGE] __attribute__((aligned(4096))), memory[PAGE], tables[PAGE];
static acpi_adr_space_handler region;
static acpi_adr_space_setup setup;

/* ---- functions that the file calls ---- */
unsigned arch_pa_bits(void)
{
	return 40;
}

const struct mem_range *region_find(enum region_kind array, paddr_t pa, u64 len)
{
	static const struct mem_range range;
	u64 at = array == MEM_RAM ? RAM : array == MEM_WITHHELD ? RAM + PAGE : RAM + 2 * PAGE;
	bool one = array == MEM_RAM || array == MEM_WITHHELD || array == MEM_RESERVED;

	return one && pa < at + PAGE && pa + len > at ? &range : NULL;
}

const char *region_owner(paddr_t pa, u64 len, unsigned kinds)
{
	WANT(kinds == (CLAIM_REGISTERS | CLAIM_KEPT | CLAIM_PMEM));
	return pa < KEPT + PAGE && pa + len > KEPT ? "the console" : NULL;
}

bool osl_tables_have(paddr_t pa, u64 len)
{
	return pa >= TABLES && pa - TABLES <= PAGE - len;
}

volatile void *kpt_map_device(paddr_t pa, u64 len)
{
	WANT(len == PAGE && pa % PAGE == 0 && mapped < MAPS);
	mapped++;
	return pa - REGISTERS < sizeof(frames) ? frames[(pa - REGISTERS) / PAGE] : NULL;
}

const char *trap_kind_name(int kind)
{
	return kind == 3 ? "external abort" : "?";
}

acpi_status acpi_install_address_space_handler(acpi_handle device, acpi_adr_space_type space,
					       acpi_adr_space_handler handler,
					       acpi_adr_space_setup begin, void *context)
{
	WANT(device == ACPI_ROOT_OBJECT && space == ACPI_ADR_SPACE_SYSTEM_MEMORY && !context);
	region = handler;
	setup = begin;
	return AE_OK;
}

#define PROBE(bits)                                                                                \
	int probe_load##bits(vaddr_t va, u##bits *value)                                           \
	{                                                                                          \
		if (accesses++ == faults_at)                                                       \
			return 3;                                                                  \
		memcpy(value, va_ptr(va), sizeof(*value));                                         \
		return 0;                                                                          \
	}                                                                                          \
	int probe_store##bits(vaddr_t va, u##bits value)                                           \
	{                                                                                          \
		if (accesses++ == faults_at)                                                       \
			return 3;                                                                  \
		memcpy(va_ptr(va), &value, sizeof(value));                                         \
		return 0;                                                                          \
	}
PROBE(8)
PROBE(16)
PROBE(32)
PROBE(64)

/* ---- cases ---- */
static void widths(void)
{
	static const u64 wanted[] = { 0x88, 0x7788, 0x55667788, 0x1122334455667788 };
	const u64 word = wanted[3];
	u64 value;

	for (unsigned i = 0; i < 4; i++) {
		u32 bits = 8u << i;

		memset(frames[0], 0xee, PAGE);
		value = word;
		WANT(region(ACPI_WRITE, REGISTERS + 0x40, bits, &value, NULL, NULL) == AE_OK);
		WANT(!memcmp(frames[0] + 0x40, &word, bits / 8));
		WANT(frames[0][0x40 + bits / 8] == 0xee && frames[0][0x3f] == 0xee);
		value = ~0ul;
		WANT(region(ACPI_READ, REGISTERS + 0x40, bits, &value, NULL, NULL) == AE_OK);
		WANT(value == wanted[i]);
		WANT(acpi_os_write_memory(REGISTERS + 0x80, 0, bits) == AE_OK);
		WANT(acpi_os_read_memory(REGISTERS + 0x80, &value, bits) == AE_OK && !value);
	}
	WANT(mapped == 1 && !*osl_io_refused());
}

static void refused(u64 pa, u32 bits, acpi_status code, const char *sentence)
{
	unsigned before = accesses, maps = mapped;
	u64 value = 5;

	osl_io_clear();
	WANT(!*osl_io_refused());
	WANT(acpi_os_read_memory(pa, &value, bits) == code);
	WANT(accesses == before && mapped == maps);
	if (strcmp(osl_io_refused(), sentence)) {
		printf("# FAIL \"%s\", wanted \"%s\"\n", osl_io_refused(), sentence);
		want_failed++;
	}
}

static void owners(void)
{
	refused(REGISTERS + 1, 16, AE_AML_ALIGNMENT, "AML accesses 16 bits at 0x10000001");
	refused(REGISTERS + 4, 64, AE_AML_ALIGNMENT, "AML accesses 64 bits at 0x10000004");
	refused(REGISTERS, 128, AE_AML_ALIGNMENT, "AML accesses 128 bits at 0x10000000");
	refused(REGISTERS, 24, AE_AML_ALIGNMENT, "AML accesses 24 bits at 0x10000000");
	refused(REGISTERS, 0, AE_AML_ALIGNMENT, "AML accesses 0 bits at 0x10000000");
	refused(RAM, 8, AE_ACCESS, "AML accesses 0x80000000, which is RAM");
	refused(RAM + PAGE, 32, AE_ACCESS, "AML accesses 0x80001000, which is RAM");
	refused(RAM + 3 * PAGE - 1, 8, AE_ACCESS, "AML accesses 0x80002fff, which is RAM");
	refused(KEPT, 32, AE_ACCESS, "AML accesses 0x90000000, which belongs to the console");
	refused(KEPT + PAGE - 4, 32, AE_ACCESS,
		"AML accesses 0x90000ffc, which belongs to the console");
	refused(1ul << 40, 32, AE_ACCESS, "AML accesses 0x10000000000, beyond physical memory");
	refused(-8ul, 64, AE_ACCESS, "AML accesses 0xfffffffffffffff8, beyond physical memory");
}

static void nothing_answers(void)
{
	u64 value;

	osl_io_clear();
	faults_at = accesses;
	WANT(acpi_os_read_memory(REGISTERS, &value, 32) == AE_ACCESS);
	WANT(!strcmp(osl_io_refused(),
		     "AML read 0x10000000, where nothing answers (external abort)"));
	faults_at = accesses;
	WANT(acpi_os_write_memory(REGISTERS, 1, 32) == AE_ACCESS);
	WANT(!strcmp(osl_io_refused(),
		     "AML wrote to 0x10000000, where nothing answers (external abort)"));
	faults_at = ~0u;
}

/* Memory of tables, which is RAM, and memory of a test. */
static void memories(void)
{
	u64 value;

	layout.phys_base = TABLES;
	layout.r[REGION_LINEAR].va = ptr_va(tables);
	memset(tables, 0x5a, PAGE);
	WANT(acpi_os_read_memory(TABLES + PAGE - 4, &value, 32) == AE_OK && value == 0x5a5a5a5a);
	memset(memory, 0x6b, PAGE);
	memory[8] = 1;
	refused(RAM, 8, AE_ACCESS, "AML accesses 0x80000000, which is RAM");
	osl_io_pretend(RAM, memory, 16);
	WANT(acpi_os_read_memory(RAM + 8, &value, 8) == AE_OK && value == 1);
	WANT(acpi_os_read_memory(RAM + 15, &value, 8) == AE_OK && value == 0x6b);
	refused(RAM + 16, 8, AE_ACCESS, "AML accesses 0x80000010, which is RAM");
	osl_io_pretend(0, NULL, 0);
	refused(RAM + 8, 8, AE_ACCESS, "AML accesses 0x80000008, which is RAM");
}

/* A page is mapped once, and at most 32 pages are. */
static void maps(void)
{
	u64 value;

	for (unsigned again = 0; again < 2; again++)
		for (unsigned i = 0; i < MAPS; i++) {
			frames[i][16] = (u8)(i + 1);
			WANT(acpi_os_read_memory(REGISTERS + i * PAGE + 16, &value, 8) == AE_OK);
			WANT(value == i + 1);
		}
	WANT(mapped == MAPS);
	refused(REGISTERS + MAPS * PAGE, 8, AE_ACCESS,
		"AML accesses 0x10020000: no room to map more registers");
	WANT(acpi_os_read_memory(REGISTERS + 16, &value, 8) == AE_OK && value == 1);
}

static void other_spaces(void)
{
	struct acpi_pci_id id = { 0, 1, 2, 3 };
	u64 wide = 0;
	u32 value = 0;

	WANT(acpi_os_read_port(0x70, &value, 8) == AE_SUPPORT && value == ~0u);
	WANT(!strcmp(osl_io_refused(), "AML accesses I/O port 0x70"));
	WANT(acpi_os_write_port(0x71, 1, 8) == AE_SUPPORT);
	WANT(!strcmp(osl_io_refused(), "AML accesses I/O port 0x71"));
	WANT(acpi_os_read_pci_configuration(&id, 0, &wide, 32) == AE_SUPPORT && wide == ~0ul);
	WANT(!strcmp(osl_io_refused(), "AML accesses PCI configuration of 01:02.3"));
	WANT(acpi_os_write_pci_configuration(&id, 0, 0, 32) == AE_SUPPORT);
}

int main(void)
{
	void *context = &want_failed;

	WANT(osl_io_init() == AE_OK && region && setup);
	WANT(setup(NULL, ACPI_REGION_ACTIVATE, memory, &context) == AE_OK && context == memory);
	WANT(setup(NULL, ACPI_REGION_DEACTIVATE, memory, &context) == AE_OK && !context);
	widths();
	owners();
	nothing_answers();
	memories();
	maps();
	other_spaces();
	printf("aml_io: %u not so\n", want_failed);
	return want_failed != 0;
}
