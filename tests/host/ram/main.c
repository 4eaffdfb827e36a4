/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/ram/main.c - does the probe of RAM read memory, or a write-back cache?
 *
 * The emulated machine: a cache that accepts every store, also for absent memory, and answers
 * until its line is flushed; and harts that have no instruction for that.  A write to Flush64 of
 * an address that is not behind the cache would never end on hardware: here the test fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arch/arch.h>
#include <boot/boot.h>
#include <cache_block.h>
#include <cmocka.h>
#include <drivers/cache/ccache.h>
#include <drivers/fdt/fdt.h>
#include <drivers/irq/irq.h>
#include <kern/emulator.h>
#include <kern/log.h>
#include <libfdt.h>
#include <mm/page/region.h>
#include <string.h>

#define FRAME 4096ul
#define FRAMES 4096u
#define WINDOW 0x100000000000ul /* where the early map maps frame 0 */
#define REGISTERS_PA 0x2010000ul
#define BUS_NOBODY 0xfffffffffffffffful

const struct irqchip *irqchip;
u32 irqchip_phandle;
struct irq_child irq_children[IRQ_CHILDREN_MAX];
unsigned irq_children_nr;

static struct {
	paddr_t base;
	unsigned from, end; /* absent frames */
	bool cacheable, emulated;
	unsigned flushes, mapped, not_asked, left_out, unasked;
	u64 memory[FRAMES], cache[FRAMES];
	bool cached[FRAMES];
} m;

static u8 registers[4096];

bool emulated_cpu(void)
{
	return m.emulated;
}

unsigned arch_pa_bits(void)
{
	return 56;
}

u32 isa_of_this_cpu(void)
{
	return 0;
}

u32 isa_cbom_block(void)
{
	return 0;
}

void no_such_instruction(void)
{
	fail_msg("a cache-block instruction");
}

void kprintf(const char *fmt, ...)
{
	fail_msg("%s", fmt);
}

/* ---- memory ---- */

static unsigned frame_of(u64 at, u64 base)
{
	assert_in_range(at, base, base + FRAMES * FRAME - 1);
	return (unsigned)((at - base) / FRAME);
}

static bool there(unsigned frame)
{
	return frame < m.from || frame >= m.end;
}

void *early_map_rw(paddr_t pa, u64 len)
{
	(void)len;
	return va_ptr(WINDOW + frame_of(pa, m.base) * FRAME);
}

paddr_t early_pa_of(vaddr_t va)
{
	return m.base + (va - WINDOW);
}

static void write_back(unsigned frame)
{
	if (m.cached[frame] && there(frame))
		m.memory[frame] = m.cache[frame];
	m.cached[frame] = false;
}

int arch_probe_load64(vaddr_t va, u64 *value)
{
	unsigned f = frame_of(va, WINDOW);

	if (!m.cached[f])
		m.cache[f] = there(f) ? m.memory[f] : BUS_NOBODY;
	m.cached[f] = m.cacheable;
	*value = m.cache[f];
	return 0;
}

int arch_probe_store64(vaddr_t va, u64 value)
{
	unsigned f = frame_of(va, WINDOW);

	m.cache[f] = value;
	m.cached[f] = true;
	if (!m.cacheable)
		write_back(f);
	return 0;
}

void mmio_write64(volatile void *reg, u64 value)
{
	assert_ptr_equal(reg, registers + 0x200);
	assert_true(m.cacheable);
	m.flushes++;
	write_back(frame_of(value, m.base));
}

volatile void *early_map_device(paddr_t pa, u64 len)
{
	assert_int_equal(pa, REGISTERS_PA);
	assert_true(len <= sizeof(registers));
	m.mapped++;
	return registers;
}

/* ---- a machine ---- */

static void cells(void *fdt, const char *name, u64 a, u64 b)
{
	const fdt32_t v[] = { cpu_to_fdt32(a >> 32), cpu_to_fdt32(a), cpu_to_fdt32(b >> 32),
			      cpu_to_fdt32(b) };

	assert_int_equal(fdt_property(fdt, name, v, sizeof(v)), 0);
}

/* `compatible`: terminated strings; NULL: the tree has no cache. */
static const void *tree(const char *compatible, size_t len)
{
	static u8 fdt[2048] __attribute__((aligned(8)));

	fdt_create(fdt, sizeof(fdt));
	fdt_finish_reservemap(fdt);
	fdt_begin_node(fdt, "");
	fdt_property_u32(fdt, "#address-cells", 2);
	fdt_property_u32(fdt, "#size-cells", 2);
	if (compatible) {
		fdt_begin_node(fdt, "cache-controller@2010000");
		fdt_property(fdt, "compatible", compatible, (int)len);
		cells(fdt, "reg", REGISTERS_PA, 0x1000);
		fdt_end_node(fdt);
	}
	fdt_end_node(fdt);
	assert_int_equal(fdt_finish(fdt), 0);
	assert_int_equal(fdt_check(fdt, sizeof(fdt), NULL), 0);
	return fdt;
}

#define TREE(words) tree(words, sizeof(words))

static void begin(paddr_t base, bool cacheable, unsigned from, unsigned end)
{
	memset(&m, 0, sizeof(m));
	m.base = base;
	m.cacheable = cacheable;
	m.from = from;
	m.end = end;
	for (unsigned f = 0; f < FRAMES; f++)
		m.memory[f] = f * 0x9e3779b97f4a7c15ul;
	region_reset();
	arch_outer_cache(NULL);
	assert_int_equal(region_add(base, FRAMES * FRAME, MEM_RAM, 0, NULL), 0);
}

static void log_line(const char *sentence)
{
	m.not_asked += strstr(sentence, "cannot bypass its caches") != NULL;
	m.left_out += strstr(sentence, "does not hold written values") != NULL;
	m.unasked += strstr(sentence, "could not be probed") != NULL;
}

/* The steps of boot in order; all memory keeps its contents. */
static u64 frames_found(const void *fdt)
{
	ram_check(fdt, log_line);
	for (unsigned f = 0; f < FRAMES; f++) {
		write_back(f);
		if (there(f))
			assert_int_equal(m.memory[f], f * 0x9e3779b97f4a7c15ul);
	}
	return region_total(MEM_RAM) / FRAME;
}

#define JH7110 "starfive,jh7110-ccache\0sifive,ccache0\0cache"
#define MPFS "microchip,mpfs-ccache\0sifive,fu540-c000-ccache\0cache"

static void a_hole_behind_the_cache_is_seen(void **state)
{
	static const struct {
		unsigned from, end;
	} holes[] = { { 1000, FRAMES }, { 0, 77 }, { 0, FRAMES }, { FRAMES - 1, FRAMES } };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(holes); i++) {
		begin(0x40000000, true, holes[i].from, holes[i].end);
		assert_int_equal(frames_found(TREE(JH7110)),
				 FRAMES - (holes[i].end - holes[i].from));
		assert_int_equal(m.left_out, 1);
		assert_int_equal(m.not_asked, 0);
		assert_int_equal(m.mapped, 1);
	}
	begin(0x40000000, true, 0, 0);
	assert_int_equal(frames_found(TREE(JH7110)), FRAMES);
	assert_int_equal(m.left_out, 0);
	assert_true(m.flushes >= 2);
}

/* Without a way past the cache the cache answers, and that is reported; an emulator has no
 * cache. */
static void a_cache_that_nobody_reaches_is_told(void **state)
{
	(void)state;
	begin(0x40000000, true, 1000, FRAMES);
	assert_int_equal(frames_found(tree(NULL, 0)), FRAMES);
	assert_int_equal(m.not_asked, 1);
	begin(0x40000000, false, 1000, FRAMES);
	m.emulated = true;
	assert_int_equal(frames_found(TREE(JH7110)), 1000);
	assert_int_equal(m.not_asked, 0);
	assert_int_equal(m.mapped, 0);
}

/* PolarFire SoC MSS manual: 0xc0000000 is the same DDR, uncached; the node is also compatible
 * with the FU540, in whose manual memory behind the cache is there. */
static void the_most_specific_name_decides(void **state)
{
	(void)state;
	begin(0xc0000000, false, 512, FRAMES);
	assert_int_equal(frames_found(TREE(MPFS)), 512);
	assert_int_equal(m.flushes, 0);
	begin(0x80000000, true, 512, FRAMES);
	assert_int_equal(frames_found(TREE(MPFS)), 512);
	assert_true(m.flushes > 0);
	begin(0xc0000000, true, 512, FRAMES);
	assert_int_equal(frames_found(TREE("sifive,fu540-c000-ccache\0cache")), 512);
	assert_true(m.flushes > 0);
}

/* The engine's tables: registers and translation are through them from then on. */
static paddr_t later(vaddr_t va)
{
	return va == 0x1240 ? m.base + 3 * FRAME : PA_NONE;
}

static void the_registers_move_with_the_tables(void **state)
{
	(void)state;
	begin(0x80000000, true, 0, 0);
	ccache_init(TREE("sifive,fu740-c000-ccache\0cache"), early_map_device, early_pa_of);
	ccache_remap(early_map_device, later);
	assert_int_equal(m.mapped, 2);
	m.cache[3] = 5;
	m.cached[3] = true;
	arch_dcache_clean_inval(0x1240, 8);
	assert_int_equal(m.flushes, 1);
	assert_int_equal(m.memory[3], 5);
	arch_dcache_clean_inval(WINDOW, 8); /* not mapped there */
	assert_int_equal(m.flushes, 1);
}

/* More ranges than can be probed: that is reported, and no page that was not probed is used in a
 * range that is known to end early. */
static void what_cannot_be_asked_is_told(void **state)
{
	const unsigned ranges = 97, each = 40; /* two probes each: 192, and two */

	(void)state;
	begin(0x80000000, true, 95 * each + 3, FRAMES);
	for (unsigned n = 0; n < ranges; n++)
		assert_int_equal(region_add(m.base + ((n + 1) * each - 1) * FRAME, FRAME,
					    MEM_RESERVED, 0, NULL),
				 0);
	region_remove(m.base + ranges * each * FRAME, (FRAMES - ranges * each) * FRAME, MEM_RAM,
		      NULL);
	assert_int_equal(frames_found(TREE("sifive,fu740-c000-ccache\0cache")),
			 96 * each - (each - 1) + 1 + each);
	assert_int_equal(m.left_out, 1);
	assert_int_equal(m.unasked, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hole_behind_the_cache_is_seen),
		cmocka_unit_test(a_cache_that_nobody_reaches_is_told),
		cmocka_unit_test(the_most_specific_name_decides),
		cmocka_unit_test(the_registers_move_with_the_tables),
		cmocka_unit_test(what_cannot_be_asked_is_told),
	};

	return cmocka_run_group_tests_name("ram", tests, NULL, NULL);
}
