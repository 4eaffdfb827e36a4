# SPDX-License-Identifier: BSD-2-Clause
# tests/host/programs.mk - which sources of the tree each program of tests/host is built with, and each fuzzer.
#
# A program also has the sources of its directory, and of the library (HOST_LIBRARY, host.mk) the objects that it calls.
# Flags apply to that directory and to the sources after the first flag; the sources before it share their objects with
# other programs.
set_acpica := -DMODESTO -DBUILDING_ACPICA -U__linux__ -Idrivers/acpi/host -isystembuild/third/include \
	-isystembuild/third/include/acpi -isystembuild/third/include/acpi/platform
set_fdt_read := drivers/fdt/fdt.c drivers/fdt/index.c drivers/fdt/fdt_device.c drivers/fdt/interrupt.c
set_fdt_memory := drivers/fdt/fdt_memory.c drivers/fdt/claim.c drivers/memory/withhold.c
set_registry := mm/page/region.c mm/page/region_cut.c
set_engine := mm/pt/pt.c mm/pt/pt_*.c mm/pt/fmt/*.c mm/pt/taps/*.c
set_acpi_tree := drivers/acpi/tables.c drivers/acpi/madt.c drivers/acpi/spcr.c drivers/acpi/srat.c \
	drivers/acpi/tree.c drivers/acpi/tree_write.c drivers/acpi/tree_arm.c drivers/acpi/tree_riscv.c \
	drivers/acpi/tree_pci.c
set_hart := -includetests/host/cpu_riscv64/insn.h -Iarch/riscv64 -Wno-uninitialized -Wno-unused-variable
set_machine_memory := machine/order.c machine/history.c machine/atomic.c machine/late.c machine/memory.c
set_machine_tlb := machine/arm64/tlbi.c machine/arm64/hits.c machine/arm64/regime.c machine/arm64/walk.c machine/arm64/rights.c machine/arm64/id.c machine/arm64/cache.c \
	machine/tlb.c machine/errata.c machine/arm64/errata.c machine/text.c
set_machine_devices := machine/console.c machine/device.c machine/flash.c machine/pci.c machine/virtio.c machine/virtio_mmio.c \
	machine/input.c machine/reach.c machine/reserve.c machine/search.c machine/story.c machine/symbols.c machine/text.c machine/tlb.c
set_machine_riscv := machine/riscv/access.c machine/riscv/atomic.c machine/riscv/compressed.c machine/riscv/core.c \
	machine/riscv/decode.c machine/riscv/errata.c machine/errata.c machine/riscv/fetch.c machine/riscv/float.c machine/riscv/hart.c \
	machine/riscv/integer.c machine/riscv/sbi.c machine/riscv/story.c machine/riscv/system.c machine/riscv/trap.c machine/riscv/walk.c machine/riscv/plic.c \
	machine/riscv/uart16550.c
set_c_library := -Dmemcpy=hp_memcpy -Dmemmove=hp_memmove -Dmemset=hp_memset -Dmemcmp=hp_memcmp -Dmemchr=hp_memchr \
	-Dstrlen=hp_strlen -Dstrnlen=hp_strnlen -Dstrcmp=hp_strcmp -Dstrncmp=hp_strncmp -Dstrchr=hp_strchr \
	-Dstrrchr=hp_strrchr -Dstrstr=hp_strstr
set_args := kern/args.c kern/args_value.c kern/args_table.c

USES_acpi := $(set_acpi_tree) $(set_fdt_read) drivers/fdt/timer.c $(set_fdt_memory) drivers/memory/efi_map.c \
	drivers/pci/host_bridge.c $(set_registry)
USES_acpi_bus := $(set_acpica) drivers/acpi/ged.c drivers/acpi/pci_root.c drivers/acpi/template.c
USES_acpi_devices := $(set_acpica) drivers/acpi/dimm.c drivers/acpi/dimm_source.c drivers/acpi/nvdimm_source.c \
	drivers/acpi/nfit.c
USES_acpi_memory := $(set_acpica) drivers/acpi/osl_memory.c drivers/acpi/acpi_firmware.c drivers/acpi/loader.c
USES_aml := $(set_acpica) drivers/acpi/aml.c drivers/acpi/acpi_machine.c drivers/acpi/tree_early.c
USES_aml_io := $(set_acpica) drivers/acpi/osl_io.c
USES_aspace := -includetests/host/aspace/inline.h mm/study/aspace.c mm/study/asid.c
USES_bar := drivers/pci/bar_source.c
USES_block_table := mm/hotplug/memory_block.c mm/hotplug/memory_block_boot.c
USES_cache_arm64 := -Itests/host/cache_arm64 -Iarch/arm64 arch/arm64/cache.c tests/host/cache/model.c
USES_cache_riscv64 := -Itests/host/cache_riscv64 -Iarch/riscv64 arch/riscv64/cache.c tests/host/cache/model.c
USES_changes := mm/hotplug/devmem_change.c mm/hotplug/devmem.c mm/hotplug/subsection_change.c mm/hotplug/subsection.c
USES_channel := mm/page/region.c kern/args_value.c drivers/fdt/channel_source.c
USES_console := drivers/console_input.c shell/input.c shell/line.c
USES_counter := -Itests/host/counter -Iarch/arm64 arch/arm64/counter.c
USES_cpu_arm64 := mm/pt/pt_fmt.c mm/pt/fmt/*.c -Itests/host/arm64 -Iarch/arm64 arch/arm64/cpu.c arch/arm64/mmu.c \
	arch/arm64/trap.c
USES_cpu_riscv64 := mm/pt/pt_fmt.c mm/pt/fmt/*.c $(set_hart) arch/riscv64/isa.c arch/riscv64/errata.c \
	arch/riscv64/sbi.c arch/riscv64/mmu.c arch/riscv64/trap.c arch/riscv64/time.c kern/errata.c
USES_devmem := mm/hotplug/devmem.c mm/hotplug/devmem_cost.c
USES_digest := mm/hotplug/digest.c mm/hotplug/digest_range.c
USES_dtbs := drivers/fdt/cpu_discover.c $(set_fdt_read) $(set_fdt_memory) drivers/fdt/timer.c drivers/pci/host_bridge.c \
	$(set_registry) kern/args_value.c -fno-builtin-putc -includetests/host/dtbs/inline.h -Itests/host/dtbs/arm64 -Iarch/arm64 \
	drivers/console.c drivers/console_input.c drivers/uart/*.c drivers/irq/*.c drivers/power/*.c arch/arm64/irq_gicv3.c \
	kern/cpu_record.c kern/lock_held.c
USES_efi := drivers/memory/withhold.c drivers/memory/efi_map.c mm/page/region.c
USES_engine := $(set_engine)
USES_errata_arm64 := -includetests/host/errata_arm64/inline.h -Itests/host/arm64 -Iarch/arm64 arch/arm64/errata.c \
	kern/errata.c
USES_event_act := mm/hotplug/event_act.c mm/hotplug/event_blocks.c mm/hotplug/event_small.c mm/hotplug/event_device.c
USES_event_core := -includetests/host/event_core/inline.h mm/hotplug/event.c mm/hotplug/event_history.c
USES_events := kern/work.c
USES_fdt := $(set_fdt_read) drivers/fdt/timer.c $(set_fdt_memory) drivers/memory/efi_map.c $(set_registry)
USES_fragment := -includetests/host/fragment/inline.h mm/study/fragment.c mm/policy/frag/*.c
USES_gicv3 := drivers/fdt/index.c -includetests/host/gicv3/inline.h -Itests/host/arm64 -Iarch/arm64 -Wno-uninitialized \
	arch/arm64/irq_gicv3.c
USES_gup := mm/study/gup.c
USES_hart_riscv64 := $(set_hart) arch/riscv64/cpu.c arch/riscv64/space.c
USES_hotplug := mm/hotplug/hotplug_add.c mm/hotplug/hotplug_check.c mm/hotplug/hotplug_lock.c mm/hotplug/hotplug_map.c \
	mm/hotplug/hotplug_notify.c mm/hotplug/hotplug_offline.c mm/hotplug/hotplug_online.c mm/hotplug/hotplug_opts.c \
	mm/hotplug/hotplug_registry.c mm/hotplug/hotplug_release.c mm/hotplug/hotplug_remove.c mm/hotplug/hotplug_report.c
USES_imsic := $(set_hart) arch/riscv64/irq_imsic.c
USES_imsic_files := -Wno-unused-variable drivers/irq/imsic.c
USES_ipi := kern/ipi.c
USES_kpt_boot := mm/kernel/kpt_boot.c
USES_kpt_build := mm/kernel/kpt_build.c
USES_kpt_sanitize := mm/kernel/kpt_sanitize.c
USES_lab := -fno-pie tlblab/judge.c tlblab/patterns/*.c -no-pie -Wl,--unresolved-symbols=ignore-all
USES_lib := $(set_c_library) -Dstrtoul=hp_strtoul -Wno-format-security lib/string.c lib/strtoul.c lib/glob.c \
	kern/emulator.c $(set_args)
USES_litmus_set := tests/litmus/set.c
USES_live_split := mm/live/live_split.c
USES_locks := kern/lock.c kern/lock_held.c
USES_machine_cache := machine/arm64/cache.c $(set_machine_memory)
USES_machine_errata := $(set_machine_tlb) $(set_machine_memory) machine/arm64/fetch.c
USES_machine_flash := machine/flash.c
USES_machine_hits := $(set_machine_tlb) $(set_machine_memory) tests/host/machine_tlbi/stubs.c
USES_machine_order := $(set_machine_memory)
USES_machine_riscv := $(set_machine_riscv) $(set_machine_memory) $(set_machine_devices)
USES_machine_tlbi := $(set_machine_tlb) $(set_machine_memory)
USES_machine_virtio := machine/virtio.c $(set_machine_memory)
USES_machine_user := machine/channel.c machine/errata.c $(set_machine_devices) $(set_machine_memory) machine/schedule.c \
	machine/arm64/[!ft]*.c machine/arm64/fetch.c machine/arm64/tlbi.c
USES_maps := mm/vmalloc/ioremap.c mm/kernel/range_apply.c mm/vmalloc/vmalloc.c mm/vmalloc/vmalloc_large.c mm/vmalloc/vmalloc_lazy.c \
	mm/vmalloc/vmalloc_scheme.c mm/study/set_direct.c
USES_memmap := -D_GNU_SOURCE -includetests/host/memmap/inline.h mm/memmap/memmap.c mm/memmap/memmap_compound.c \
	mm/memmap/memmap_remove.c mm/policy/memmap/*.c
USES_memmap_boot := mm/memmap/memmap_boot.c
USES_memmap_late := mm/memmap/memmap_late.c
USES_memory := $(set_registry) mm/page/buddy*.c mm/kernel/table.c mm/kernel/layout.c mm/kernel/layout_check.c $(set_engine)
USES_model := mm/hotplug/memory_block.c mm/hotplug/memory_block_boot.c mm/page/buddy*.c mm/hotplug/devmem*.c \
	mm/hotplug/hotplug_shares.c mm/hotplug/digest.c mm/hotplug/hotplug_*.c mm/kernel/kpt.c mm/kernel/kpt_boot.c mm/kernel/layout.c \
	mm/kernel/layout_check.c mm/memmap/memmap*.c kern/hooks.c mm/live/break_window.c mm/live/live_break.c mm/live/live_split.c mm/study/set_direct.c \
	mm/hotplug/movable*.c mm/policy/policy.c mm/policy/memmap/*.c mm/policy/remove/*.c mm/policy/vmalloc/*.c \
	mm/hotplug/subblock.c $(set_engine) mm/page/region.c mm/hotplug/subsection*.c mm/kernel/table.c mm/kernel/tlb.c mm/vmalloc/vmalloc*.c
USES_movable := -includetests/host/restart/inline.h mm/hotplug/movable.c mm/hotplug/movable_evacuate.c
USES_naps := kern/worker.c
USES_offered := mm/hotplug/offered.c mm/hotplug/stale.c
USES_optimise := mm/memmap/memmap_optimise.c
USES_osl := $(set_acpica) drivers/acpi/osl_run.c drivers/acpi/osl_sync.c drivers/acpi/osl_text.c
USES_overlay := drivers/fdt/overlay.c drivers/fdt/overlay_check.c $(set_fdt_read) $(set_fdt_memory) $(set_registry) \
	-includetests/host/overlay/init.h
USES_overlay_source := drivers/fdt/overlay_source.c
USES_pci := drivers/pci/place.c drivers/pci/window.c drivers/pci/config.c drivers/pci/host_bridge.c $(set_fdt_read)
USES_pci_bus := drivers/pci/config.c -includetests/host/pci_bus/inline.h drivers/pci/pci.c drivers/pci/port.c \
	drivers/pci/bus.c drivers/pci/switch.c
USES_pci_irq := drivers/pci/pci_irq.c
USES_pci_msi := drivers/pci/msi.c drivers/pci/config.c
USES_pens_arm64 := -includetests/host/pens_arm64/inline.h -Iarch/arm64 arch/arm64/spin_table.c arch/arm64/smp.c
USES_policy := mm/policy/policy.c
USES_probes_riscv64 := $(set_hart) arch/riscv64/isa_probe.c arch/riscv64/counters.c arch/riscv64/smp.c \
	arch/riscv64/bits.c
USES_ptdump := mm/kernel/ptdump.c
USES_ram := mm/page/region.c $(set_fdt_read) -includetests/host/ram/inline.h -Itests/host/ram -Iarch/riscv64 boot/ram.c \
	arch/riscv64/cache.c drivers/cache/ccache.c
USES_removal_set := mm/hotplug/hotplug_removal_set.c
USES_restart := -includetests/host/restart/inline.h kern/restart.c kern/persist.c
USES_sanitize := mm/pt/taps/sanitize*.c mm/pt/pt_tap.c
USES_shadow := mm/kernel/shadow.c
USES_shell := $(set_c_library) shell/line.c shell/target.c tests/harness/select.c tests/harness/ktap.c shell/complete.c \
	shell/axis.c tests/harness/promises.c mm/policy/policy.c tests/harness/inval_trace.c lib/string.c lib/glob.c $(set_args)
USES_slot := drivers/pci/slot.c
USES_sources := drivers/memory/withhold_source.c drivers/memory/withhold.c drivers/fdt/node_source.c \
	drivers/fdt/pmem_source.c drivers/fdt/cpu_discover.c mm/page/region.c kern/args_value.c
USES_storm := drivers/irq/irq.c drivers/console_input.c
USES_stub := boot/efi/stub.c boot/efi/efi_words.c boot/efi/efi_tables.c boot/efi/print.c boot/efi/hart.c \
	drivers/memory/withhold.c drivers/memory/efi_map.c mm/page/region.c
USES_subblock := mm/hotplug/subblock.c
USES_subsection := mm/hotplug/subsection.c
USES_tables := mm/kernel/table_free.c mm/kernel/kpt_tables.c
USES_taps := mm/pt/taps/count.c mm/pt/taps/inject.c mm/pt/taps/trace.c mm/pt/pt_tap.c
USES_time_arm64 := -Itests/host/time_arm64 -Iarch/arm64 -Wno-unknown-attributes arch/arm64/time.c
USES_tlb_arm64 := mm/pt/fmt/*.c -Iarch/arm64 tests/host/tlb/bench.c arch/arm64/tlb_ops.c arch/arm64/tlb_bcast.c \
	arch/arm64/tlb_range.c arch/arm64/tlb_full.c arch/arm64/tlb_ipi.c mm/kernel/tlb.c
USES_tlb_riscv64 := mm/pt/fmt/*.c -Iarch/riscv64 tests/host/tlb/bench.c arch/riscv64/tlb_local.c \
	arch/riscv64/tlb_svinval.c arch/riscv64/tlb_firmware.c arch/riscv64/tlb_ipi.c arch/riscv64/tlb_ipi_full.c \
	arch/riscv64/sbi.c mm/kernel/tlb.c
USES_tree := drivers/fdt/fdt.c drivers/fdt/index.c drivers/fdt/fdt_device.c $(set_fdt_memory) $(set_registry)
USES_uart := -DUART_POLLS_MAX=5000u -fno-builtin-putc -includetests/host/uart/inline.h drivers/uart/armada3700.c \
	drivers/uart/cadence.c drivers/uart/geni.c drivers/uart/imx.c drivers/uart/lpuart.c drivers/uart/meson.c \
	drivers/uart/ns16550.c drivers/uart/pl011.c drivers/uart/samsung.c drivers/uart/scif.c drivers/uart/sifive.c \
	drivers/uart/uartdm.c drivers/uart/uart_words.c
USES_unwind_arm64 := -Iarch/arm64 arch/arm64/unwind.c
USES_unwind_riscv64 := -Iarch/riscv64 arch/riscv64/unwind.c
USES_virtio := -includetests/host/virtio/inline.h drivers/virtio/virtio.c drivers/virtio/bars.c
USES_virtio_mem := drivers/virtio/mem.c drivers/virtio/caps.c drivers/pci/config.c
USES_virtio_mmio := -includetests/host/virtio/inline.h drivers/virtio/virtio_mmio.c
USES_virtio_resize := drivers/virtio/mem_source.c drivers/virtio/mem_source_resize.c drivers/virtio/mem.c
USES_waits := kern/ipi.c kern/lock.c kern/lock_held.c
USES_watchdog := kern/lockup.c
USES_window := mm/live/break_window.c

# Files that a program reads when it runs.
READS_lab := docs/tlb.md

# tests/host/fuzz/NAME.c: one libFuzzer target, LLVMFuzzerTestOneInput; tests/host/fuzz/corpus-NAME/ has its corpus.
FUZZES_acpi_loader := drivers/acpi/loader.c
FUZZES_acpi_resources := -w $(set_acpica) -Ibuild/third/drivers/acpi/acpica -fno-sanitize=undefined \
	-ffunction-sections drivers/acpi/dimm.c drivers/acpi/template.c build/third/drivers/acpi/acpica/rs[acimslux]*.c \
	build/third/drivers/acpi/acpica/utresrc.c build/third/drivers/acpi/acpica/utxferror.c \
	build/third/drivers/acpi/acpica/utexcep.c -Wl,--gc-sections
FUZZES_acpi_tables := drivers/acpi/tables.c drivers/acpi/srat.c
FUZZES_acpi_tree := $(set_acpi_tree) $(set_fdt_read) $(set_fdt_memory) drivers/pci/host_bridge.c $(set_registry)
FUZZES_args := $(set_args)
FUZZES_efi_map := drivers/memory/efi_map.c drivers/memory/withhold.c mm/page/region.c
FUZZES_fdt := -fno-builtin lib/string.c $(set_fdt_read) drivers/fdt/timer.c $(set_fdt_memory) \
	drivers/pci/host_bridge.c $(set_registry)
FUZZES_litmus_set := tests/litmus/set.c
FUZZES_machine_text := machine/channel.c $(set_machine_devices) $(set_machine_memory) $(set_machine_riscv) machine/schedule.c
FUZZES_machine_text_arm64 := machine/channel.c machine/errata.c $(set_machine_devices) $(set_machine_memory) machine/schedule.c \
	machine/arm64/[!ft]*.c machine/arm64/fetch.c machine/arm64/tlbi.c
FUZZES_nfit := drivers/acpi/nfit.c drivers/acpi/tables.c
FUZZES_overlay := -fno-builtin drivers/fdt/overlay.c drivers/fdt/overlay_check.c lib/string.c $(set_fdt_read) \
	$(set_fdt_memory) $(set_registry)
FUZZES_pci := drivers/pci/config.c drivers/pci/msi.c drivers/pci/window.c drivers/virtio/caps.c
FUZZES_shell := shell/line.c shell/target.c $(set_args)
FUZZES_virtio := drivers/virtio/virtio.c drivers/virtio/mem.c
