/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/acpi/board.asl - a machine with three memory slots and a GED, played by a test through a page of
 * memory that stands in for registers (tests/acpi/board.h has the same layout).
 *
 * Slot n at n * 0x40: two ranges (base, length), flags (1 present, 2 insert, 4 eject; the last two are
 * taken by the scan), proximity, what _OST said last and how often, how often _EJ0 was called.  At 0x100:
 * what _EVT does instead of the scan, and the address it does it to.  The second interrupt is a level.
 * NVDIMMs: what _FIT returns is at 0x200.
 */
DefinitionBlock ("", "DSDT", 2, "HOTPL", "BOARD", 1)
{
    Scope (\_SB)
    {
        Name (BASE, 0xFE000000)

        OperationRegion (CTRL, SystemMemory, 0xFE000100, 0x20)
        Field (CTRL, DWordAcc, NoLock, Preserve)
        {
            MODE, 32,
            EVTS, 32,
            ADDR, 64,
            SEEN, 32,
            LEVS, 32,
            FITL, 32,
            FITN, 32
        }

        Method (SSTA, 1, Serialized)
        {
            OperationRegion (SLOT, SystemMemory, BASE + (Arg0 * 0x40), 0x40)
            Field (SLOT, DWordAcc, NoLock, Preserve)
            {
                Offset (0x20),
                FLAG, 32
            }
            If (FLAG & 1)
            {
                Return (0x0F)
            }
            Return (0)
        }

        Method (SCRS, 1, Serialized)
        {
            OperationRegion (SLOT, SystemMemory, BASE + (Arg0 * 0x40), 0x40)
            Field (SLOT, DWordAcc, NoLock, Preserve)
            {
                BAS0, 64,
                LEN0, 64,
                BAS1, 64,
                LEN1, 64
            }
            Name (RES0, ResourceTemplate ()
            {
                QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite,
                    0, 0, 0, 0, 0,,, R0)
            })
            Name (RES1, ResourceTemplate ()
            {
                QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite,
                    0, 0, 0, 0, 0,,, R1)
            })
            CreateQWordField (RES0, R0._MIN, MIN0)
            CreateQWordField (RES0, R0._MAX, MAX0)
            CreateQWordField (RES0, R0._LEN, SIZ0)
            CreateQWordField (RES1, R1._MIN, MIN1)
            CreateQWordField (RES1, R1._MAX, MAX1)
            CreateQWordField (RES1, R1._LEN, SIZ1)
            MIN0 = BAS0
            SIZ0 = LEN0
            MAX0 = BAS0 + LEN0 - 1
            If (LEN1 == 0)
            {
                Return (RES0)
            }
            MIN1 = BAS1
            SIZ1 = LEN1
            MAX1 = BAS1 + LEN1 - 1
            Return (ConcatenateResTemplate (RES0, RES1))
        }

        Method (SPXM, 1, Serialized)
        {
            OperationRegion (SLOT, SystemMemory, BASE + (Arg0 * 0x40), 0x40)
            Field (SLOT, DWordAcc, NoLock, Preserve)
            {
                Offset (0x24),
                PROX, 32
            }
            Return (PROX)
        }

        Method (SOST, 3, Serialized)
        {
            OperationRegion (SLOT, SystemMemory, BASE + (Arg0 * 0x40), 0x40)
            Field (SLOT, DWordAcc, NoLock, Preserve)
            {
                Offset (0x28),
                OSTE, 32,
                OSTS, 32,
                OSTN, 32
            }
            OSTE = Arg1
            OSTS = Arg2
            OSTN += 1
        }

        Method (SEJ0, 1, Serialized)
        {
            OperationRegion (SLOT, SystemMemory, BASE + (Arg0 * 0x40), 0x40)
            Field (SLOT, DWordAcc, NoLock, Preserve)
            {
                Offset (0x20),
                FLAG, 32,
                Offset (0x34),
                EJEC, 32
            }
            FLAG = FLAG & 0xFFFFFFFE
            EJEC += 1
        }

        Method (STEL, 2, Serialized)
        {
            If (Arg0 == 0) { Notify (MP00, Arg1) }
            If (Arg0 == 1) { Notify (MP01, Arg1) }
            If (Arg0 == 2) { Notify (MP02, Arg1) }
        }

        Method (SCAN, 0, Serialized)
        {
            Local0 = 0
            While (Local0 < 3)
            {
                Local1 = STAK (Local0)
                If (Local1 & 2) { STEL (Local0, 1) }
                If (Local1 & 4) { STEL (Local0, 3) }
                If (Local1 & 8) { STEL (Local0, 0x55) }
                Local0 += 1
            }
        }

        Method (STAK, 1, Serialized)
        {
            OperationRegion (SLOT, SystemMemory, BASE + (Arg0 * 0x40), 0x40)
            Field (SLOT, DWordAcc, NoLock, Preserve)
            {
                Offset (0x20),
                FLAG, 32
            }
            Local0 = FLAG
            FLAG = Local0 & 1
            Return (Local0)
        }

        Method (DEEP, 1, Serialized, 0)
        {
            Return (DEEP (Arg0 + 1))
        }

        Method (PEEK, 0, Serialized)
        {
            OperationRegion (WILD, SystemMemory, ADDR, 4)
            Field (WILD, DWordAcc, NoLock, Preserve)
            {
                VAL0, 32
            }
            SEEN = VAL0
        }

        Method (POKE, 0, Serialized)
        {
            OperationRegion (WILD, SystemMemory, ADDR, 4)
            Field (WILD, DWordAcc, NoLock, Preserve)
            {
                VAL0, 32
            }
            VAL0 = 0x600DBAD
        }

        Method (PIO0, 0, Serialized)
        {
            OperationRegion (IOIO, SystemIO, 0x3F8, 1)
            Field (IOIO, ByteAcc, NoLock, Preserve)
            {
                VAL0, 8
            }
            SEEN = VAL0
        }

        Method (WILD, 0, Serialized)
        {
            OperationRegion (OEMS, 0x80, 0, 4)
            Field (OEMS, DWordAcc, NoLock, Preserve)
            {
                VAL0, 32
            }
            SEEN = VAL0
        }

        Device (GED)
        {
            Name (_HID, "ACPI0013")
            Name (_UID, Zero)
            Name (_CRS, ResourceTemplate ()
            {
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive,,,) { 0x50 }
                Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive,,,) { 0x51 }
            })
            Method (_EVT, 1, Serialized)
            {
                EVTS += 1
                If (FITN)
                {
                    Notify (NVDR, FITN)
                    FITN = 0
                }
                If (MODE == 0) { SCAN () }
                If (MODE == 1) { While (One) { SEEN += 1 } }
                If (MODE == 2) { DEEP (0) }
                If (MODE == 3) { PEEK () }
                If (MODE == 4) { POKE () }
                If (MODE == 5) { While (One) { Sleep (100) } }
                If (MODE == 6) { PIO0 () }
                If (MODE == 7) { Local0 = 1 / ADDR }
                If (MODE == 8) { Fatal (1, 2, 3) }
                If (MODE == 9) { WILD () }
            }
            Method (_L51, 0, Serialized)
            {
                LEVS += 1
                SCAN ()
            }
        }

        Device (NVDR)
        {
            Name (_HID, "ACPI0012")
            Method (_FIT, 0, Serialized)
            {
                OperationRegion (FITR, SystemMemory, 0xFE000200, 0x100)
                Field (FITR, ByteAcc, NoLock, Preserve)
                {
                    FITB, 2048
                }
                If (FITL > 0x100)
                {
                    Local0 = 1 / ADDR
                }
                Return (Mid (FITB, 0, FITL))
            }
        }

        Device (MP00)
        {
            Name (_HID, EisaId ("PNP0C80"))
            Name (_UID, Zero)
            Method (_STA) { Return (SSTA (0)) }
            Method (_CRS) { Return (SCRS (0)) }
            Method (_PXM) { Return (SPXM (0)) }
            Method (_EJ0, 1) { SEJ0 (0) }
            Method (_OST, 3) { SOST (0, Arg0, Arg1) }
        }

        Device (MP01)
        {
            Name (_HID, EisaId ("PNP0C80"))
            Name (_UID, One)
            Method (_STA) { Return (SSTA (1)) }
            Method (_CRS) { Return (SCRS (1)) }
            Method (_PXM) { Return (SPXM (1)) }
            Method (_EJ0, 1) { SEJ0 (1) }
            Method (_OST, 3) { SOST (1, Arg0, Arg1) }
        }

        Device (MP02)
        {
            Name (_HID, EisaId ("PNP0C80"))
            Name (_UID, 2)
            Method (_STA) { Return (SSTA (2)) }
            Method (_CRS) { Return (SCRS (2)) }
            Method (_EJ0, 1) { SEJ0 (2) }
            Method (_OST, 3) { SOST (2, Arg0, Arg1) }
        }
    }
}
