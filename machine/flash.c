/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/flash.c - the chips of bank 1 (flash.h).
 */
#include <machine/flash.h>
#include <machine/machine.h>
#include <machine/random.h>
#include <stdlib.h>
#include <string.h>

#define CHIPS_MOST 2u
#define BLOCK (128 * KiB) /* that are erased together, of a chip */
#define BUFFER 32u        /* words of the write buffer */
#define ERASED 0xffu
#define BUSY_MOST 8u

enum { /* commands */
       PROGRAM_ALSO = 0x10,
       ERASE = 0x20,
       PROGRAM = 0x40,
       CLEAR_STATUS = 0x50,
       READ_STATUS = 0x70,
       READ_IDENTIFIER = 0x90,
       QUERY = 0x98,
       CONFIRM = 0xd0,
       BUFFERED = 0xe8,
       READ_ARRAY = 0xff,
};
#define READY 0x80u
#define ERASE_ERROR 0x20u
#define PROGRAM_ERROR 0x10u
#define SEQUENCE_ERROR (ERASE_ERROR | PROGRAM_ERROR)

/* The chip takes the next write as this. */
enum expects { COMMAND, WORD, ERASE_CONFIRM, COUNT, BUFFER_WORD, BUFFER_CONFIRM };

struct chip {
	enum { ARRAY, STATUS, IDENTIFIER, TABLE } reads;
	enum expects expects;
	u8 status;
	unsigned busy; /* reads of the status up to the end of the operation */
	unsigned left; /* words that fill the buffer */
	unsigned nr;
	u64 block; /* of the buffered program */
	struct {
		u64 word;
		u16 value;
	} buffer[BUFFER];
};

u64 flash_chips = CHIPS_MOST, flash_narrow;
static struct chip chips[CHIPS_MOST];
static u8 *array; /* of the bank */

/* Bytes of a word of a chip, and of the bus: one word of each chip. */
static u64 wide(void)
{
	return flash_narrow ? 1 : 2;
}

static u64 bus(void)
{
	return wide() * flash_chips;
}

static u64 block_words(void)
{
	return BLOCK / wide();
}

/* ---- what a chip drives ---- */
static u8 *cell(unsigned chip, u64 word)
{
	return array + word * bus() + wide() * chip;
}

static unsigned log2_of(u64 v)
{
	return 63u - (unsigned)__builtin_clzl(v);
}

/* JEP137 and JESD68.01, 4.3: identification, system interface, geometry; then the extended table of
 * command set 0001h, without an optional feature. */
static u16 table_at(u64 at)
{
	static const u8 fixed[] = { 'Q',  'R',  'Y',  0x01, 0x00, 0x31, 0x00, 0x00,
				    0x00, 0x00, 0x00, 0x17, 0x20, 0x00, 0x00, 0x08,
				    0x09, 0x0a, 0x00, 0x01, 0x01, 0x02, 0x00 };
	static const u8 extended[] = { 'P', 'R', 'I', '1', '1' };
	u64 bytes = flash_device.bytes / flash_chips, blocks = bytes / BLOCK - 1;
	const u8 geometry[] = { (u8)log2_of(bytes),
				(u8)(wide() - 1), /* x8, x16 */
				0x00,
				(u8)log2_of(wide() * BUFFER),
				0x00,
				0x01,
				(u8)blocks,
				(u8)(blocks >> 8),
				(u8)(BLOCK / 256),
				(u8)(BLOCK / 256 >> 8) };

	if (at - 0x10 < sizeof(fixed))
		return fixed[at - 0x10];
	if (at - 0x27 < sizeof(geometry))
		return geometry[at - 0x27];
	return at - 0x31 < sizeof(extended) ? extended[at - 0x31] : 0;
}

/* Manufacturer and device; no block is locked. */
static u16 identifier_at(u64 word)
{
	return word == 0 ? 0x89 : word == 1 ? 0x18 : 0;
}

static u16 chip_reads(unsigned chip, u64 word)
{
	const struct chip *c = &chips[chip];
	u16 v = 0;

	if (c->busy)
		return 0;
	switch (c->reads) {
	case STATUS:
		return c->status;
	case IDENTIFIER:
		return identifier_at(word % block_words());
	case TABLE:
		return table_at(word % block_words());
	default:
		memcpy(&v, cell(chip, word), wide());
		return v;
	}
}

/* ---- writes ---- */
static void end_command(struct chip *c, u8 errors)
{
	c->expects = COMMAND;
	c->reads = STATUS;
	c->status |= READY | errors;
	if (!errors && knobs.adversary[ADV_DEVICE])
		c->busy = (unsigned)random_below(BUSY_MOST);
}

/* A program changes bits from 1 to 0 alone. */
static void program(unsigned chip, u64 word, u16 value)
{
	u8 *at = cell(chip, word);

	for (u64 i = 0; i < wide(); i++)
		at[i] &= (u8)(value >> 8 * i);
}

static u64 block_of(u64 word)
{
	return word / block_words();
}

static void erase(unsigned chip, u64 word)
{
	u64 first = block_of(word) * block_words();

	for (u64 i = 0; i < block_words(); i++)
		memset(cell(chip, first + i), ERASED, wide());
}

static void begin_command(unsigned chip, u64 word, u8 command)
{
	struct chip *c = &chips[chip];

	switch (command) {
	case READ_ARRAY:
		c->reads = ARRAY;
		break;
	case READ_STATUS:
		c->reads = STATUS;
		break;
	case READ_IDENTIFIER:
		c->reads = IDENTIFIER;
		break;
	case QUERY:
		c->reads = TABLE;
		break;
	case CLEAR_STATUS:
		c->status = READY;
		break;
	case PROGRAM:
	case PROGRAM_ALSO:
		c->expects = WORD;
		c->reads = STATUS;
		break;
	case ERASE:
		c->expects = ERASE_CONFIRM;
		c->reads = STATUS;
		break;
	case BUFFERED:
		c->expects = COUNT;
		c->reads = STATUS;
		c->block = block_of(word);
		break;
	case 0xf0: /* reset of the other command set (0002h): drivers that probe write it */
		c->reads = ARRAY;
		break;
	default:
		machine_stop("flash: command %x is not modelled", command);
	}
}

static void fill_buffer(struct chip *c, u64 word, u16 value)
{
	c->buffer[c->nr].word = word;
	c->buffer[c->nr++].value = value;
	if (!--c->left)
		c->expects = BUFFER_CONFIRM;
}

/* All words are in one window of the buffer's size, and in the block of the command. */
static bool buffer_fits(const struct chip *c)
{
	for (unsigned i = 0; i < c->nr; i++)
		if (c->buffer[i].word / BUFFER != c->buffer[0].word / BUFFER ||
		    block_of(c->buffer[i].word) != c->block)
			return false;
	return true;
}

static void end_buffer(unsigned chip, u8 command)
{
	struct chip *c = &chips[chip];
	bool good = command == CONFIRM && buffer_fits(c);

	for (unsigned i = 0; i < c->nr && good; i++)
		program(chip, c->buffer[i].word, c->buffer[i].value);
	end_command(c, good ? 0 : SEQUENCE_ERROR);
}

static void chip_written(unsigned chip, u64 word, u16 value)
{
	struct chip *c = &chips[chip];

	if (c->busy)
		return;
	switch (c->expects) {
	case COMMAND:
		begin_command(chip, word, (u8)value);
		break;
	case WORD:
		program(chip, word, value);
		end_command(c, 0);
		break;
	case ERASE_CONFIRM:
		if ((u8)value == CONFIRM)
			erase(chip, word);
		end_command(c, (u8)value == CONFIRM ? 0 : SEQUENCE_ERROR);
		break;
	case COUNT:
		c->left = value + 1u;
		c->nr = 0;
		c->expects = BUFFER_WORD;
		if (value >= BUFFER)
			end_command(c, SEQUENCE_ERROR);
		break;
	case BUFFER_WORD:
		fill_buffer(c, word, value);
		break;
	case BUFFER_CONFIRM:
		end_buffer(chip, (u8)value);
		break;
	}
}

/* ---- the bus: byte `lane` of a word is of chip lane / wide() ---- */
static bool touched(unsigned chip, u64 offset, unsigned bytes)
{
	u64 first = offset % bus(), last = first + bytes - 1;

	return bytes > bus() || (first / wide() <= chip && chip <= last / wide());
}

static bool flash_read(u64 offset, unsigned bytes, u64 *value)
{
	*value = 0;
	for (unsigned i = 0; i < bytes; i++) {
		u64 at = offset + i;
		u16 v = chip_reads((unsigned)(at / wide() % flash_chips), at / bus());

		*value |= (u64)(v >> at % wide() * 8 & 255) << 8 * i;
	}
	for (unsigned i = 0; i < flash_chips; i++)
		chips[i].busy -= chips[i].busy && touched(i, offset, bytes);
	return true;
}

/* A chip of 16 bits has no byte enables: a byte in the high half of its lanes selects nothing, and
 * beside one in the low half the lines float high. */
static bool flash_write(u64 offset, unsigned bytes, u64 value)
{
	for (unsigned i = 0; i < bytes; i++) {
		u64 at = offset + i;
		u16 v = (u16)(value >> 8 * i | (i + 1 == bytes ? 0xff00 : 0));

		if (at % wide() == 0)
			chip_written((unsigned)(at / wide() % flash_chips), at / bus(),
				     flash_narrow ? v & 0xff : v);
	}
	return true;
}

struct machine_device flash_device = { 0, 0, flash_read, flash_write };

/* ---- stores to bank 0 ---- */
u64 flash_protected = 1;

static bool rom_read(u64 offset, unsigned bytes, u64 *value)
{
	(void)offset, (void)bytes, (void)value;
	return false;
}

static bool rom_write(u64 offset, unsigned bytes, u64 value)
{
	(void)offset, (void)bytes, (void)value;
	return !flash_protected;
}

struct machine_device flash_rom = { 0, 0, rom_read, rom_write };

void flash_power_on(void)
{
	for (unsigned i = 0; i < flash_chips; i++)
		chips[i] = (struct chip) { .status = READY };
}

void flash_add(u64 base, u64 bytes, const u8 *with, u64 n)
{
	free(array);
	array = malloc(bytes);
	if (!array)
		machine_refuse("flash", "the host has no room");
	memset(array, ERASED, bytes);
	if (n)
		memcpy(array, with, n);
	flash_device.base = base;
	flash_device.bytes = bytes;
	flash_rom.base = base - bytes;
	flash_rom.bytes = bytes;
	flash_power_on();
}
