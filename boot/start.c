/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/start.c - the steps of boot in order, one line a step.
 *
 * boot_main() is entered at the link address on the boot stack, with the trampoline page table
 * in use, interrupts masked and no other CPU running.  After a fatal error boot prints one line and
 * halts; every other error is logged, and boot continues without that part.
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <boot/handover.h>
#include <boot/report.h>
#include <boot/stage.h>
#include <boot/steps.h>
#include <drivers/acpi/pci_root.h>
#include <drivers/acpi/tree.h>
#include <drivers/cache/ccache.h>
#include <drivers/console.h>
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <drivers/irq/irq.h>
#include <drivers/pci/pci.h>
#include <drivers/power/cpus.h>
#include <drivers/virtio/mem_source.h>
#include <drivers/watchdog/watchdog.h>
#include <kern/args.h>
#include <kern/cpu.h>
#include <kern/cpu_id.h>
#include <kern/crew.h>
#include <kern/emulator.h>
#include <kern/errata.h>
#include <kern/feature.h>
#include <kern/hooks.h>
#include <kern/log.h>
#include <kern/restart.h>
#include <kern/trap.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <lib/version.h>
#include <libfdt.h>
#include <mm/hotplug/event.h>
#include <mm/hotplug/hotplug.h>
#include <mm/hotplug/movable.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/kpt_sanitize.h>
#include <mm/kernel/shadow.h>
#include <mm/kernel/writer.h>
#include <mm/live/break_window.h>
#include <mm/memmap/memmap.h>
#include <mm/page/buddy_late.h>
#include <mm/page/region.h>
#include <mm/study/set_direct.h>
#include <mm/vmalloc/vmalloc.h>
#include <shell/command.h>
#include <tests/harness/bug.h>
#include <tests/harness/run.h>
#include <tests/litmus/set.h>

#define FDT_MAX (2 * MiB)
#define FDT_HEAD 4096

static bool console_found;
static const void *fdt; /* NULL: firmware passed none that is usable */

/* NULL: firmware's address is beyond the early map, or no memory responds there. */
static INIT_CODE const void *map_if_present(paddr_t pa, u64 len)
{
	const char *at = pa >> min_u64(arch_pa_bits(), 48) ? NULL : early_map_ro(pa, len);
	u8 byte;

	return !at || arch_probe_load8(ptr_va(at), &byte) ||
			       arch_probe_load8(ptr_va(at + len - 1), &byte)
		       ? NULL
		       : at;
}

/* Map the header first, then the number of bytes in its totalsize. */
static INIT_CODE void find_fdt(struct why *why)
{
	u64 pa = boot_info.fdt_pa;
	const void *head = !pa || pa & 7 ? NULL : map_if_present(pa, FDT_HEAD);

	if (!head) {
		refuse(why, EINVAL, "device tree: firmware passed the address 0x%lx, %s", pa,
		       pa & 7 ? "which is not aligned to 8 bytes" : "where no memory responds");
		return;
	}
	if (fdt_check_head(head, FDT_MAX, why))
		return;
	fdt = fdt_totalsize(head) <= FDT_HEAD - (pa & (FDT_HEAD - 1))
		      ? head
		      : map_if_present(pa, fdt_totalsize(head));
	if (!fdt)
		refuse(why, EINVAL, "device tree: no memory responds at the end of its %u bytes",
		       fdt_totalsize(head));
}

static bool table_may_be(paddr_t pa, u64 len)
{
	const struct efi_map map = handover_map(handover(), boot_log);

	return efi_map_holds(&map, pa, len);
}

/* Firmware has no device tree: make one of its ACPI tables, in memory of the image. */
static INIT_CODE void make_fdt(struct why *why)
{
	fdt = acpi_tree_early(boot_info.rsdp_pa, table_may_be, why);
	if (fdt)
		boot_info.fdt_pa = image_pa_of(fdt);
}

/* Two passes over the tree: called after the first line of output, unless the console needs it. */
static INIT_CODE void detect_emulator(void)
{
	static bool looked;

	if (fdt && !looked)
		emulator_tree(fdt_model(fdt), fdt_next_compatible(fdt, -1, emulator_devices) >= 0,
			      fdt_next_compatible(fdt, -1, emulator_cores) >= 0);
	looked = true;
}

/* May any address be read?  On an emulated board a read does not hang. */
static INIT_CODE bool may_probe_any(void)
{
	detect_emulator();
	return emulated_board();
}

/*
 * Find the device tree and the console, print the first line, then the errors so far.  Without a
 * tree no memory is known, and boot stops; without a console it continues.
 */
static INIT_CODE void print_first_line(void)
{
	struct why why = { 0 }, no_stdout = { 0 };

	if (boot_info.fdt_pa || boot_info.rsdp_pa == PA_NONE)
		find_fdt(&why);
	else
		make_fdt(&why);
	if (fdt && fdt_check(fdt, FDT_MAX, &why))
		fdt = NULL;
	if (fdt)
		stage('h');
	if (console_init(fdt, may_probe_any, early_map_device, &no_stdout)) {
		stage('I');
	} else {
		stage('i');
		stage_end();
		console_found = true;
		log_set_console(console_write);
	}
	if (restart.resumed)
		kprintf("# life %u of this machine: ", restart.lives);
	kprintf("hotplate %s (%s) %s\n", build_version, build_commit, arch_name);
	detect_emulator();
	if (no_stdout.code)
		boot_log(no_stdout.text);
	if (!fdt)
		boot_stop("no memory is known without a device tree", &why);
	acpi_tree_report(boot_log);
	intact_remember(fdt);
	if (restart.resumed && !intact_init_code()) {
		refuse(&why, EIO, "%s", intact_damage());
		boot_stop("image", &why);
	}
	if (fdt_index_too_deep())
		kprintf("device tree: %u nodes nest deeper than %d and are left out\n",
			fdt_index_too_deep(), FDT_DEPTH_MAX - 1);
	if (fdt_index_too_many())
		kprintf("device tree: %u nodes of more than %d are left out\n",
			fdt_index_too_many(), FDT_NODES_MAX);
	if (fdt_index_twin())
		kprintf("device tree: two nodes have phandle 0x%x: the first is used\n",
			fdt_index_twin());
}

/* The geometry that a restart requested, else the first of geometry= that this CPU supports. */
static INIT_CODE const struct pt_fmt *choose_geometry(void)
{
	const struct pt_fmt *deflt = arch_default_geometry();
	const char *text = arg_text(&boot_args, ARG_GEOMETRY);
	struct why why = { 0 };
	char name[32];

	if (restart.geometry[0])
		text = restart.geometry;
	if (!*text)
		return deflt;
	if (!matrix_first(text, name, &why))
		return pt_fmt_find(name);
	kprintf("boot: %s; %s is used\n", why.text, deflt->name);
	args_refuse(why.text);
	return deflt;
}

static INIT_CODE u64 choose_block(void)
{
	const char *text = arg_text(&boot_args, ARG_BLOCK);

	return strcmp(text, "1G") == 0 ? GiB : strcmp(text, "2G") == 0 ? 2 * GiB : 0;
}

static INIT_CODE void init_layout(const struct pt_fmt *fmt)
{
	bool disjoint = strcmp(arg_text(&boot_args, ARG_PLACEMENT), "disjoint") == 0;
	struct why why = { 0 };

	layout_with_shadow = arg_flag(&boot_args, ARG_SHADOW);
	if (layout_init(fmt, disjoint, region_lowest(), choose_block(), &why))
		boot_stop("layout", &why);
}

/* A value that cannot be used: boot continues to the prompt; an unattended run is refused. */
static INIT_CODE void use_default(const struct why *why)
{
	kprintf("boot: %s; the default is used\n", why->text);
	args_refuse(why->text);
}

/* tlb= and errata= depend on the features of the boot CPU, which are known now.  A bad value is
 * logged, and the default is used. */
static INIT_CODE void choose_schemes(void)
{
	struct why why = { 0 };
	const struct tlb_scheme *tlb = NULL;

	if (arg_given(&boot_args, ARG_TLB)) {
		tlb = tlb_scheme_find(arg_text(&boot_args, ARG_TLB), &why);
		if (!tlb)
			use_default(&why);
	}
	if (tlb)
		tlb_select(tlb);
	if (arg_given(&boot_args, ARG_ERRATA) &&
	    errata_words(arg_text(&boot_args, ARG_ERRATA), &why))
		boot_refuse(why.text);
	tlb_max = (u32)arg_number(&boot_args, ARG_TLB_MAX);
	crew_most = (u32)arg_number(&boot_args, ARG_CREW);
	vmalloc_lazy_max = arg_number(&boot_args, ARG_VMALLOC_LAZY);
	kpt_tables_select(tables_scheme_find(arg_text(&boot_args, ARG_TABLES), NULL));
	buddy_poison = arg_flag(&boot_args, ARG_POISON);
}

static paddr_t kpt_pa_of(vaddr_t va)
{
	return pt_translate(&kpt, va);
}

/* Switch to the kernel's page tables; mappings of the early map are no longer valid. */
static INIT_CODE void init_page_tables(void)
{
	struct why why = { 0 };

	sanitize_boot(); /* before the first root is loaded */
	if (kpt_build(&why))
		boot_stop("page tables", &why);
	console_remap(kpt_map_device);
	ccache_remap(kpt_map_device, kpt_pa_of);
	stage_map(kpt_map_device);
	fdt = pa_ptr(boot_info.fdt_pa);
}

static INIT_CODE void boot_free_range(paddr_t pa, u64 len, unsigned node, void *arg)
{
	(void)arg;
	buddy_give(pa >> page_shift(), len >> page_shift(), node, ZONE_NORMAL);
}

/* Allocate struct pages of boot memory and the block table from the registry, then pass all free
 * memory to the buddy allocator. */
static INIT_CODE void init_memory(void)
{
	struct why why = { 0 };

	if (memmap_boot(&why))
		boot_stop("memmap of boot memory", &why);
	if (block_table_init(&why))
		boot_stop("block table", &why);
	late_adds = strcmp(arg_text(&boot_args, ARG_BOOT_MEMMAP), "late") == 0;
	memmap_boot_write(late_adds);
	region_each_free(page_size(), boot_free_range, NULL);
	region_close_boot();
	if (vmalloc_init(&why))
		boot_stop("vmalloc", &why);
	hotplug_init();
	if (shadow_boot(&why))
		kprintf("boot: shadow=on: %s; the rest of boot memory has none\n", why.text);
}

/* The top of a new stack; 0: no memory.  The page below is unmapped: every vmalloc range ends in a
 * guard page. */
static u64 stack_alloc(unsigned node)
{
	void *stack =
		vmalloc(STACK_BYTES / page_size() ? STACK_BYTES / page_size() : 1, node, "stack");

	/* with larger pages the stack is at the low end of its page, directly above the guard */
	return stack ? ptr_va(stack) + STACK_BYTES : 0;
}

static void on_irq(void)
{
	irqchip->handle();
}

static void on_tick(unsigned cpu)
{
	if (cpu == 0) {
		console_poll();
		pci_poll();
		watchdogs_tick();
	}
}

static void on_fault_flush(vaddr_t va)
{
	tlb_invalidate_here(&kpt, va);
}

static const char *what_is(vaddr_t va)
{
	const char *text = memmap_what_is(va);

	return text ? text : set_direct_what_is(va);
}

/* Before interrupts and other CPUs are started, which may call a hook at once. */
static INIT_CODE void connect_hooks(void)
{
	kern_hooks.irq_cpu_init = irq_cpu_init;
	kern_hooks.tree_cpu_init = kpt_load;
	kern_hooks.tick = on_tick;
	kern_hooks.halt = machine_off;
	kern_hooks.fault_window = break_window_fault;
	kern_hooks.tlb_local = on_fault_flush;
	kern_hooks.tree = &kpt;
	kern_hooks.what_is = what_is;
	kern_hooks.damage = intact_damage;
	kern_hooks.devices_stop = virtio_mem_abandon;
	kern_hooks.cpu_state = power_cpu_state;
	kern_hooks.cpu_off = power_cpu_off;
	if (power)
		kern_hooks.reset = power->reset;
}

static INIT_CODE void start_interrupts(void)
{
	kern_hooks.ipi_raise = arch_firmware_ipi; /* harts need no controller for IPIs */
	if (irq_init(fdt, kpt_map_device))
		boot_log("boot: no supported interrupt controller");
	if (irqchip) {
		kern_hooks.irq = on_irq;
		kern_hooks.ipi_raise = irqchip->ipi;
		kern_hooks.irq_quiesce = irqchip->quiesce;
	}
	arch_set_timer_irq(fdt_timer_irq(fdt));
	arch_irq_local_init();
	clock_init();
	arch_irq_enable();
	clock_cpu_init();
	console_irq_init(fdt);
}

static u64 own_stack; /* of the boot CPU, with a guard page */

/* Log each erratum that any CPU needs; every started CPU has checked itself by now. */
static void log_erratum(const struct erratum *e, void *arg)
{
	(void)arg;
	kprintf("errata: %s (%s): %s; %s\n", e->name, e->numbers, e->effect, e->remedy);
}

static void log_erratum_off(const struct erratum *e, char sign, void *arg)
{
	(void)arg;
	if (sign == '-')
		kprintf("errata: -%s (%s): left out, and %s here: %s\n", e->name, e->numbers,
			erratum_needed(e) ? "needed" : "not needed", e->effect);
}

/*
 * After all CPUs have started, because it depends on their features, and because their stacks are
 * mapped now: an access to a new stack in the exception entry could not be retried.
 */
static INIT_CODE void choose_newmap(void)
{
	struct why why = { 0 };
	const struct newmap_scheme *s = newmap_scheme_find(arg_text(&boot_args, ARG_NEWMAP), &why);

	if (!s) {
		use_default(&why);
		s = newmap_scheme_find(arg_table[ARG_NEWMAP].dflt, NULL);
	}
	kpt_newmap_select(s);
}

/* tlb= was selected by the features of the boot CPU; another CPU may lack them. */
static INIT_CODE void check_scheme(void)
{
	const struct tlb_scheme *tlb = tlb_selected();
	struct why why = { 0 };
	char reason[120];

	if (!tlb->usable || tlb->usable(reason, sizeof(reason)))
		return;
	refuse(&why, EINVAL, "tlb=%s: not on this machine: %s", tlb->s.name, reason);
	use_default(&why);
	tlb_select(tlb_scheme_find(NULL, &why));
}

/* Without ticks a sleeping CPU could not be woken, so CPUs do not sleep, and the others stay off.
 */
static INIT_CODE void start_cpus(void)
{
	u64 max = arg_given(&boot_args, ARG_CPUS) ? arg_number(&boot_args, ARG_CPUS) : CPUS_MAX;

	own_stack = stack_alloc(0);
	if (!own_stack)
		boot_stop("stack", &(struct why) { .code = -ENOMEM,
						   .text = "no memory for the boot CPU's stack" });
	cpu_set_stack_allocator(stack_alloc);
	power_cpus_init(fdt);
	if (!clock_ticks_arrive()) {
		boot_log("clock: no timer interrupt arrives: waits poll, other CPUs stay off");
		max = 1;
	}
	cpu_start_all(min_u32(CPUS_MAX, max), &kpt, power_cpu_start);
	/* before the first wait for CPUs: a CPU that firmware has started may hang in firmware */
	watchdog_enable(true);
	cpu_differences();
	check_scheme();
	choose_newmap();
	errata_each(log_erratum, NULL);
	errata_each_word(log_erratum_off, NULL);
}

/* PCI first, because event sources use its functions.  If AML's description of PCI was added to the
 * tree, its index and its checksum are computed again. */
static INIT_CODE void start_events(void)
{
	if (pci_root_complete(fdt, boot_log)) {
		fdt_check(fdt, FDT_MAX, NULL); /* builds the index again */
		intact_remember(fdt);
	}
	pci_init(fdt);
	fdt_of_boot = fdt;
	reg_for_each (events, it) {
		struct why why = { 0 };
		int err = (*it)->init ? (*it)->init(fdt, &why) : 0;

		if (err && err != -ENODEV) /* the banner shows which sources are absent */
			kprintf("%s: %s\n", (*it)->label, why.text);
	}
	event_check_words(boot_log);
}

/* Runs on a stack with a guard page.  No caller may be INIT_CODE, which is unmapped here. */
static void main_on_stack(void *arg)
{
	(void)arg;
	arch_irq_enable();
	kpt_discard_init();
	writer_leave(PT_WRITER_NONE);
	shell_main();
}

/* The boot arguments: from UEFI's loader, else from the device tree. */
static INIT_CODE const char *boot_arguments(void)
{
	struct why why = { 0 };
	const char *text;

	if (boot_info.words_from != WORDS_TREE)
		return handover()->words;
	text = fdt_bootargs(fdt, &why);
	if (why.code)
		boot_log(why.text);
	return text;
}

/* No console was found, but earlycon= names one: print the log so far on it. */
static INIT_CODE void use_earlycon(void)
{
	static char earlier[2 * KiB] NOINIT;
	const char *text = arg_text(&boot_args, ARG_EARLYCON);
	struct why why = { 0 };

	if (!*text || console_found)
		return;
	if (console_earlycon(fdt, text, early_map_device, &why)) {
		boot_log(why.text);
		return;
	}
	stage_end();
	console_write(earlier, log_tail(earlier, sizeof(earlier)));
	log_set_console(console_write);
}

static int check_name(enum arg_id id, const char *value, struct why *why)
{
	if (id != ARG_BUG)
		return scheme_check(id, value, why);
	return bug_find(value)
		       ? 0
		       : refuse(why, EINVAL, "bug=%s: not known; `show bugs` lists them", value);
}

static INIT_CODE void boot_sequence(void)
{
	const struct pt_fmt *fmt;

	print_first_line();
	args_scheme = check_name;
	if (restart.resumed)
		boot_args = restart.args;
	else
		args_parse(&boot_args, boot_arguments(), boot_refuse);
	emulator_user(arg_text(NULL, ARG_CPU));
	use_earlycon();
	arch_set_counter_hz(fdt_counter_hz(fdt));
	errata_by_tree(fdt, fdt_timer_has);
	cpu_discover(fdt);
	fdt_cpu_extensions(fdt, arch_set_isa);
	emulator_look_again();
	features_off(arg_text(NULL, ARG_NO), boot_refuse);
	cpu_as_if_init(arg_text(NULL, ARG_AS_IF), boot_refuse);
	cpus[0].caps = arch_cpu_caps(); /* again, with tree and arguments */
	fmt = choose_geometry();
	fdt = boot_memory(fdt, 1ul << fmt->page_shift);
	stage('j');
	init_layout(fmt);
	choose_schemes();
	init_page_tables();
	stage('k');
	init_memory();
	stage('l');
	watchdogs_init(fdt, kpt_map_device);
	power_init(fdt);
	emulator_host(power && power->host ? power->host() : NULL);
	connect_hooks();
	start_interrupts();
	stage('m');
	start_cpus();
	stage('n');
	start_events();
	litmus_load();
	stage('o');
}

/* ---- the entry by firmware, recorded for later boots (kern/hooks.h) ---- */

static void boot_record_entry(struct restart *r)
{
	r->fdt_pa = boot_info.fdt_pa;
	r->entry_el = boot_info.entry_el;
	r->entry = boot_info.entry;
}

static NORETURN void boot_reenter(void)
{
	arch_reenter(boot_info.image_pa, boot_info.hwid, boot_info.fdt_pa);
}

/* The entry code has recorded the entry of this boot only. */
static INIT_CODE void boot_adopt_entry(void)
{
	boot_info.entry_el = restart.entry_el;
	/* After a start by firmware the entry code has recorded the entry. */
	if (restart.began == RESTART_SOFT)
		boot_info.entry = restart.entry;
}

void boot_main(void)
{
	bool resumed;

	stage_map(early_map_device);
	stage('f');
	cpu_boot_init(boot_info.hwid);
	arch_cpu_init(&cpus[0]);
	log_init();
	stage('g');
	kern_hooks.entered = boot_record_entry;
	kern_hooks.reenter = boot_reenter;
	resumed = restart_adopt();
	if (resumed)
		boot_adopt_entry();
	handover_adopt();
	if (resumed)
		crash_hook = run_boot_failed;
	boot_sequence();
	/* masked: in an exception between the next two lines sp would be outside the CPU's stack */
	arch_irq_disable();
	cpus[0].stack_top = own_stack;
	arch_call_on_stack(own_stack, main_on_stack, NULL);
	arch_halt();
}
