/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_flash/main.c - the machine's NOR flash is held to its command set (JEP137,
 * 0001h): a row is a sequence of accesses of the bus to both chips, and the value of the last load.
 */
#include <machine/flash.h>
#include <machine/machine.h>
#include <machine/random.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#define BANK (64 * MiB)
#define BLOCK 0x40000ul /* of the bank: one of each chip */
#define BOTH(v) ((v) << 16 | (v))
#define READY BOTH(0x80ul)

u64 random_state = 1;
struct knobs knobs;
static jmp_buf stopped;

void machine_stop(const char *format, ...)
{
	(void)format;
	longjmp(stopped, 1);
}

void machine_refuse(const char *word, const char *why)
{
	printf("%s: %s\n", word, why);
	exit(1);
}

static u64 load(u64 at, unsigned bytes)
{
	u64 v;

	flash_device.read(at, bytes, &v);
	return v;
}

static void store(u64 at, u64 v)
{
	flash_device.write(at, 4, v);
}

static u64 status(void)
{
	u64 v;

	do
		v = load(0, 4);
	while ((v & READY) != READY);
	return v;
}

/* ---- sequences ---- */
static u64 program(u64 at, u64 v)
{
	store(at, BOTH(0x40));
	store(at, v);
	return status();
}

static u64 erase(u64 at, u64 confirm)
{
	store(at, BOTH(0x20));
	store(at, BOTH(confirm));
	return status();
}

static u64 buffered(u64 block, u64 from, u64 words, u64 confirm)
{
	store(block, BOTH(0xe8));
	store(block, BOTH(words - 1));
	if (words <= 32)
		for (u64 i = 0; i < words; i++)
			store(from + 4 * i, 0x11110000 + i);
	if (words <= 32)
		store(block, BOTH(confirm));
	return status();
}

static u64 array(u64 at, unsigned bytes)
{
	store(0, BOTH(0xff));
	return load(at, bytes);
}

static u64 query(u64 at)
{
	store(0x55 * 4, BOTH(0x98));
	return load(4 * at, 4);
}

static u64 identifier(u64 at)
{
	store(0, BOTH(0x90));
	return load(4 * at, 4);
}

static u64 word_after(u64 done, u64 at)
{
	return done == READY ? array(at, 4) : ~done;
}

static u64 cleared(u64 errors)
{
	u64 cleared_status;

	store(0, BOTH(0x50));
	store(0, BOTH(0x70));
	cleared_status = load(0, 4);
	return cleared_status == READY ? errors : 1;
}

static u64 program_twice(void)
{
	program(8, 0xff00ff00);
	return word_after(program(8, 0x0ff00ff0), 8);
}

static u64 erase_programmed(u64 at)
{
	program(0x100, 0);
	return word_after(erase(at, 0xd0), 0x100);
}

/* chips=1: a bus of 16 bits. */
static u64 alone(u64 at)
{
	u64 v;

	flash_chips = 1;
	flash_power_on();
	flash_device.write(0xaa, 2, 0x98);
	v = load(at, 2);
	flash_chips = 2;
	flash_power_on();
	return v;
}

/* chips=1 narrow=1: a bus of 8 bits, so the table is at 0x10 to 0x3f, and a buffer has 32 bytes. */
static u64 narrow(u64 words)
{
	u64 v = 0;

	flash_chips = flash_narrow = 1;
	flash_power_on();
	flash_device.write(0x55, 1, 0x98);
	for (u64 at = 0x10; !words && at < 0x13; at++)
		v = v << 8 | load(at, 1);
	if (words) {
		flash_device.write(0, 1, 0xff);
		flash_device.write(0x20, 1, 0xe8);
		flash_device.write(0x20, 1, words - 1);
		for (u64 i = 0; i < words; i++)
			flash_device.write(0x20 + i, 1, 0x40 + i);
		flash_device.write(0x20, 1, 0xd0);
		while (!(load(0x20, 1) & 0x80))
			;
		flash_device.write(0x20, 1, 0xff);
		v = load(0x20, 4);
	}
	flash_chips = 2;
	flash_narrow = 0;
	flash_power_on();
	return v;
}

static u64 one_chip(void)
{
	flash_device.write(0, 2, 0x98);
	return load(0x40, 4);
}

static u64 high_byte(void)
{
	flash_device.write(1, 1, 0x98);
	return load(0x40, 4);
}

static u64 unknown_command(void)
{
	if (setjmp(stopped))
		return 1;
	store(0, BOTH(0x60));
	return 0;
}

static u64 kept_by_reset(void)
{
	program(12, 0x12345678);
	store(0, BOTH(0x70));
	flash_power_on();
	return load(12, 4);
}

static unsigned failed;

static void check(const char *what, u64 has, u64 wants)
{
	if (has != wants)
		printf("%s: %lx, not %lx\n", what, has, wants);
	failed += has != wants;
}

static void check_all(void)
{
	static const u8 with[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	flash_add(0x4000000, BANK, with, sizeof(with));
	check("the file", array(0, 8), 0x0807060504030201);
	check("a part of a word", array(3, 1), 4);
	check("after the file", array(8, 4), 0xffffffff);
	check("query: Q", query(0x10), BOTH('Q'));
	check("query: command set", query(0x13), BOTH(1ul));
	check("query: bytes of a chip", query(0x27), BOTH(25ul));
	check("query: blocks", query(0x2d), BOTH(255ul));
	check("query: bytes of a block", query(0x30), BOTH(2ul));
	check("identifier: manufacturer", identifier(0), BOTH(0x89ul));
	check("identifier: no block is locked", identifier(2), 0);
	check("program", word_after(program(8, 0xffffff7f), 8), 0xffffff7f);
	check("a program clears bits alone", program_twice(), 0x0f000f00);
	check("erase", erase_programmed(0), 0xffffffff);
	check("erase of another block", erase_programmed(2 * BLOCK), 0);
	check("erase without its confirmation", cleared(erase(0, 0x55)), BOTH(0xb0ul));
	erase(0, 0xd0);
	check("buffer", word_after(buffered(0, 0x80, 32, 0xd0), 0xfc), 0x1111001f);
	check("buffer without its confirmation", cleared(buffered(0, 0x200, 2, 0)), BOTH(0xb0ul));
	check("... changes nothing", array(0x200, 4), 0xffffffff);
	check("buffer over its window", cleared(buffered(0, 0x240, 32, 0xd0)), BOTH(0xb0ul));
	check("buffer with too many words", cleared(buffered(0, 0, 33, 0)), BOTH(0xb0ul));
	check("buffer in another block", cleared(buffered(0, BLOCK, 2, 0xd0)), BOTH(0xb0ul));
	store(0, BOTH(0xff));
	check("a command to one chip", one_chip(), 0xffff0051);
	store(0, BOTH(0xff));
	check("a byte in the high lanes", high_byte(), 0xffffffff);
	check("a chip alone: Q", alone(0x20), 'Q');
	check("a chip alone: its bytes", alone(2 * 0x27), 26);
	check("a chip of 8 bits: QRY", narrow(0), 0x515259);
	check("... its buffer", narrow(4), 0x43424140);
	check("an unknown command", unknown_command(), 1);
	check("a reset", kept_by_reset(), 0x12345678);
	flash_protected = 1;
	check("a store to bank 0 fails", flash_rom.write(0, 4, 0), false);
	flash_protected = 0;
	check("... or has no effect", flash_rom.write(0, 4, 0), true);
}

/* A chip is busy in some of the tries, and ignores a command then. */
static void check_busy(void)
{
	unsigned busy = 0;

	for (unsigned i = 0; i < 100; i++) {
		store(0x1000, BOTH(0x40));
		store(0x1000, 0xffffffff);
		store(0, BOTH(0xff));
		busy += load(0x2000, 4) != 0xffffffff;
		status();
		store(0, BOTH(0xff));
	}
	check("busy", busy != 0, knobs.adversary[ADV_DEVICE] != 0);
}

int main(void)
{
	for (u64 device = 0; device < 2; device++) {
		knobs.adversary[ADV_DEVICE] = 50 * device;
		check_all();
		check_busy();
	}
	return failed != 0;
}
