/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linker/kernel.lds.S - the image of both architectures: link address, section edges, registration.
 *
 * Boundaries of protection are aligned to 64 KiB, so that every granule can protect them.
 * .data is not in the file at its own address: the file ends with a read-only copy of it, which
 * the entry code copies into place at each start, so a restart begins with the initial .data.  The
 * entry code clears .bss, but never .noinit: the log ring and the restart record in it survive a
 * restart.  Symbols that C reads are declared in boot/boot.h and lib/version.h; every registration
 * kind of lib/reg.h is listed once below.
 */
#define IMAGE_VA 0xffffffff80000000
#define EDGE 0x10000
#define SYMBOL_BYTES 0x20000 /* reserved for the table of symbols */
#define PRISTINE 0x2000 /* room for the copy of .data: large tables belong in .rodata or .bss */
#define REG(kind)                                                                                  \
	. = ALIGN(8);                                                                              \
	__start_reg_##kind = .;                                                                    \
	KEEP(*(reg_##kind))                                                                        \
	__stop_reg_##kind = .;

ENTRY(image_start)
EXTERN(efi_entry) /* reached through the PE header alone */

PHDRS
{
	text PT_LOAD FLAGS(5);
	rodata PT_LOAD FLAGS(4);
	data PT_LOAD FLAGS(6);
	note PT_NOTE FLAGS(4);
}

SECTIONS
{
	. = IMAGE_VA;
	.text : {
		image_start = .;
		KEEP(*(.head))
#ifdef SAN
		*/boot/arm64.o(.text) /* in reach of a TBZ of .head, however large the rest */
#endif
		*(.text .text.*)
		/* Code that changes the translation regime: one page, mapped at its PA as well. */
		. = ALIGN(0x1000);
		idmap_start = .;
		*(.idmap.text .idmap.text.*)
		idmap_end = .;
		. = ALIGN(EDGE);
		init_start = .;
		*(.init.text .init.text.*)
		. = ALIGN(EDGE);
		init_end = .;
		text_end = .;
	} :text

	.rodata : {
		rodata_start = .;
		*(.rodata .rodata.* .srodata .srodata.*)
		REG(formats)
		REG(taps)
		REG(tlb)
		REG(vmalloc)
		REG(tables)
		REG(frag)
		REG(newmap)
		REG(remove)
		REG(memmap)
		REG(ipi_handlers)
		REG(rwlocks)
		REG(notifiers)
		REG(tests)
		REG(patterns)
		REG(pattern_names)
		QUAD(0) /* the names are a test's parameters */
		REG(tlb_forms)
		REG(tlb_form_names)
		QUAD(0)
		REG(bugs)
		REG(benches)
		REG(comparisons)
		REG(roots)
		REG(commands)
		REG(uarts)
		REG(irqchips)
		REG(powers)
		REG(pens)
		REG(pci_drivers)
		REG(virtio_mmio_drivers)
		REG(events)
		REG(acpi_clients)
#ifdef SAN
		. = ALIGN(8);
		*(.data..Lubsan* .sdata..Lubsan*) /* their reader does not write */
#endif
		. = ALIGN(8);
		__start_ex_table = .;
		KEEP(*(__ex_table))
		__stop_ex_table = .;
	} :rodata
	.note.gnu.build-id : {
		build_id_note = .;
		KEEP(*(.note.gnu.build-id))
		build_id_note_end = .;
	} :rodata :note
	/* The last step of the link (tools/hotplate imagesum) fills in these three sections. */
	.symtab_hp : ALIGN(8) {
		ksyms = .;
		QUAD(0)
		. = SYMBOL_BYTES;
		ksyms_end = .;
	} :rodata
	.pe_debug : ALIGN(8) {
		pe_debug = .;
		KEEP(*(.pe_debug))
	} :rodata
	.image_sum : ALIGN(64) {
		KEEP(*(.image_sum))
		image_sum_end = .;
	} :rodata
	. = ALIGN(64);
	data_pristine = .;
	. += PRISTINE;
	. = ALIGN(EDGE);
	rodata_end = .;

	.data : AT(data_pristine) {
		data_start = .;
		*(.data .data.* .sdata .sdata.*)
		got_start = .;
		*(.got .got.plt .igot.plt) /* at most the linker's own reserved words */
		got_end = .;
		. = ALIGN(64);
		data_end = .;
	} :data
	data_pristine_end = data_pristine + SIZEOF(.data);
	.bss (NOLOAD) : ALIGN(64) {
		bss_start = .;
		*(.sbss .sbss.* .bss .bss.* COMMON)
		. = ALIGN(64);
		bss_end = .;
	} :data
	.noinit (NOLOAD) : ALIGN(EDGE) {
		boot_stack_guard = .; /* left unmapped under the stack */
		. += EDGE;
		boot_stack = .;
		. += 0x4000;
		boot_stack_top = .;
		*(SORT_BY_ALIGNMENT(.noinit) SORT_BY_ALIGNMENT(.noinit.*))
		. = ALIGN(0x1000);
		persist_start = .; /* data for the next boot: written back to memory before a restart */
		*(SORT_BY_ALIGNMENT(.persist) SORT_BY_ALIGNMENT(.persist.*))
		. = ALIGN(64);
		persist_end = .;
		. = ALIGN(EDGE);
		image_end = .;
	} :data

	/* For the image headers: memory that the image may use, with room to move itself (image_home). */
	image_size = ABSOLUTE(image_end - image_start + 0x201000);

	/* For the PE header (boot/efi/header.inc): the file is padded to 512 bytes. */
	pe_entry = ABSOLUTE(efi_entry - image_start);
	pe_text_size = ABSOLUTE(text_end - image_start - 0x1000);
	pe_rodata_at = ABSOLUTE(rodata_start - image_start);
	pe_rodata_size = ABSOLUTE(rodata_end - rodata_start);
	pe_rodata_file = ABSOLUTE((data_pristine_end - rodata_start + 0x1ff) & ~0x1ff);
	pe_data_at = ABSOLUTE(data_start - image_start);
	pe_debug_at = ABSOLUTE(pe_debug - image_start);
	pe_data_size = ABSOLUTE(image_size - pe_data_at);

	/* The linker makes these; they must stay empty: no relocation is applied at run time. */
	.plt : { *(.plt .iplt) }
	.rela.dyn : { *(.rela .rela.*) }

	.debug_abbrev 0 : { *(.debug_abbrev) }
	.debug_aranges 0 : { *(.debug_aranges) }
	.debug_frame 0 : { *(.debug_frame) }
	.debug_info 0 : { *(.debug_info) }
	.debug_line 0 : { *(.debug_line) }
	.debug_line_str 0 : { *(.debug_line_str) }
	.debug_loclists 0 : { *(.debug_loclists) }
	.debug_ranges 0 : { *(.debug_ranges) }
	.debug_rnglists 0 : { *(.debug_rnglists) }
	.debug_str 0 : { *(.debug_str) }
	.debug_str_offsets 0 : { *(.debug_str_offsets) }
	.debug_loc 0 : { *(.debug_loc) }
	.symtab 0 : { *(.symtab) }
	.strtab 0 : { *(.strtab) }
	.shstrtab 0 : { *(.shstrtab) }

	/DISCARD/ : {
		*(.comment .eh_frame .eh_frame_hdr .note.GNU-stack .note.gnu.property)
#ifdef SAN
		*(.init_array .init_array.*) /* a sanitizer's constructors: never called */
#endif
		*(.riscv.attributes .ARM.attributes .gnu.attributes)
	}
}

ASSERT(got_end - got_start <= 0x30, "a global offset table is in use")
ASSERT(SIZEOF(.data) <= PRISTINE, "no room for the pristine copy of .data")
ASSERT(SIZEOF(.plt) + SIZEOF(.rela.dyn) == 0, "run-time relocations are left")
ASSERT(idmap_end - idmap_start <= 0x1000, "the identity-mapped code exceeds one 4 KiB page")
ASSERT(boot_stack_top - boot_stack == 0x4000, "boot stack")
ASSERT(image_end - image_start <= 0x8000000, "the image exceeds 128 MiB")
