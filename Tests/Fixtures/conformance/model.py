#!/usr/bin/env python3
"""Writes alu.data, unary.data, jump.data, memory.data and atomic.data beside itself.

A model of RFC 9669 in Python's unbounded integers, which shares nothing with the engine that is held against it.
programs.data is written by hand.
"""
import pathlib

HERE = pathlib.Path(__file__).parent


def mask(value, bits):
    return value & ((1 << bits) - 1)


def signed(value, bits):
    value = mask(value, bits)
    return value - (1 << bits) if value >> (bits - 1) else value


def quotient(a, b):
    """Rounds towards zero, as C does."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def alu(name, bits, a, b):
    """RFC 9669 section 4.1: operands are `bits` wide, the result is zero extended."""
    a, b = mask(a, bits), mask(b, bits)
    sa, sb, count = signed(a, bits), signed(b, bits), b % bits
    result = {
        "add": lambda: a + b, "sub": lambda: a - b, "mul": lambda: a * b,
        "div": lambda: a // b if b else 0, "mod": lambda: a % b if b else a,
        "sdiv": lambda: quotient(sa, sb) if sb else 0,
        "smod": lambda: sa - sb * quotient(sa, sb) if sb else a,
        "or": lambda: a | b, "and": lambda: a & b, "xor": lambda: a ^ b, "mov": lambda: b,
        "lsh": lambda: a << count, "rsh": lambda: a >> count, "arsh": lambda: sa >> count,
    }[name]()
    return mask(result, bits)


def jumps(name, bits, a, b):
    """Section 4.3."""
    a, b = mask(a, bits), mask(b, bits)
    sa, sb = signed(a, bits), signed(b, bits)
    return {
        "jeq": a == b, "jne": a != b, "jset": a & b != 0, "jgt": a > b, "jge": a >= b, "jlt": a < b, "jle": a <= b,
        "jsgt": sa > sb, "jsge": sa >= sb, "jslt": sa < sb, "jsle": sa <= sb,
    }[name]


def swapped(value, bits):
    return int.from_bytes(mask(value, bits).to_bytes(bits // 8, "little"), "big")


TOP, ONES, MIN64 = 0x8000_0000, 0xFFFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000
A, B = 0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210
PLAIN = [
    (0, 0), (1, 2), (A, B), (B, A), (ONES, 1), (ONES, ONES), (0x7FFF_FFFF, 1), (0xFFFF_FFFF, 1),
    (0x1_0000_0000, 0xFFFF_FFFF), (MIN64, ONES), (MIN64, MIN64), (0x7FFF_FFFF_FFFF_FFFF, 2), (A, mask(-5, 64)),
    (0xDEAD_BEEF_0000_0001, TOP),
]
DIVIDE = [
    (0, 0), (A, 0), (B, 0), (7, 3), (mask(-7, 64), 3), (7, mask(-3, 64)), (mask(-7, 64), mask(-3, 64)), (A, 10),
    (B, 0x1234), (MIN64, ONES), (MIN64, 1), (TOP, ONES), (0xFFFF_FFFF_8000_0000, ONES), (ONES, 0x1_0000_0000),
    (0xFFFF_FFFF, 0xFFFF_FFFF), (A, MIN64), (0x5_0000_0007, 0x1_0000_0000), (mask(-1, 64), 2), (1, mask(-2, 64)),
]
SHIFT = [
    (1, 0), (1, 1), (A, 4), (B, 31), (B, 32), (B, 33), (B, 63), (B, 64), (A, 65), (A, 127), (ONES, 31), (MIN64, 63),
    (TOP, 31), (TOP, 1), (A, ONES), (A, 0x1_0000_0000), (B, 0x20_0000_0001), (A, mask(-4, 64)),
]
COMPARE = [
    (0, 0), (1, 0), (0, 1), (ONES, 1), (1, ONES), (MIN64, 0x7FFF_FFFF_FFFF_FFFF), (0x7FFF_FFFF_FFFF_FFFF, MIN64),
    (A, A), (TOP, 1), (0x1_0000_0000, 0), (0x1_0000_0005, 5), (ONES, 0xFFFF_FFFF), (0xFFFF_FFFF, ONES),
    (TOP, 0x7FFF_FFFF), (0xFFFF_FFFF_8000_0000, TOP), (0xF0, 0x0F), (MIN64, MIN64), (mask(-5, 64), mask(-3, 64)),
]
VALUES = [0, 1, 0x7F, 0x80, 0xFF, 0x8000, 0x1_8000, 0x7FFF_FFFF, TOP, 0xFFFF_FFFF, A, B, ONES, MIN64]


def write(name, columns, rows):
    lines = [f"# {columns}. Written by model.py.", *(" ".join(row) for row in dict.fromkeys(rows)), ""]
    (HERE / name).write_text("\n".join(lines))


def number(value):
    return f"{value:#x}"


def main():
    rows = []
    for bits, suffix in ((64, ""), (32, "32")):
        for name in ["add", "sub", "mul", "div", "mod", "sdiv", "smod", "or", "and", "xor", "mov", "lsh", "rsh", "arsh"]:
            pairs = DIVIDE if name.endswith(("div", "mod")) else SHIFT if "sh" in name else PLAIN
            rows += [(name + suffix, number(a), number(b), number(alu(name, bits, a, b))) for a, b in pairs]
    write("alu.data", "instruction, dst, src, dst afterwards", rows)

    rows = []
    for value in VALUES:
        text = number(value)
        rows.append(("neg", text, number(mask(-value, 64))))
        rows.append(("neg32", text, number(mask(-value, 32))))
        for bits in (16, 32, 64):
            rows.append((f"le{bits}", text, number(mask(value, bits))))
            rows.append((f"be{bits}", text, number(swapped(value, bits))))
            rows.append((f"bswap{bits}", text, number(swapped(value, bits))))
        for narrow, wide in ((8, 32), (16, 32), (8, 64), (16, 64), (32, 64)):
            rows.append((f"movsx{narrow}{wide}", text, number(mask(signed(value, narrow), wide))))
    write("unary.data", "instruction, operand, result", sorted(rows, key=lambda row: row[0]))

    rows = []
    for bits, suffix in ((64, ""), (32, "32")):
        for name in ["jeq", "jne", "jset", "jgt", "jge", "jlt", "jle", "jsgt", "jsge", "jslt", "jsle"]:
            for a, b in COMPARE:
                rows.append((name + suffix, number(a), number(b), "taken" if jumps(name, bits, a, b) else "not"))
    write("jump.data", "instruction, dst, src, whether it jumps", rows)

    rows = []
    sizes = {"b": 1, "h": 2, "w": 4, "dw": 8}
    for memory in ("8182838485868788", "0102030405060708", "ff7fff7fff7fff7f", "00000080000000ff"):
        raw = bytes.fromhex(memory)
        for letter, size in sizes.items():
            value = int.from_bytes(raw[:size], "little")
            rows.append((f"ldx{letter}", memory, "0x0", number(value), memory))
            if size < 8:
                rows.append((f"ldxs{letter}", memory, "0x0", number(mask(signed(value, size * 8), 64)), memory))
    for letter, size in sizes.items():
        for value in (0, 1, A, B, ONES, 0x7FFF_FFFF, mask(-2, 64), mask(-TOP, 64)):
            after = mask(value, size * 8).to_bytes(size, "little") + b"\x55" * (8 - size)
            rows.append((f"stx{letter}", "55" * 8, number(value), number(value), after.hex()))
            if signed(value, 64) == signed(value, 32):
                rows.append((f"st{letter}", "55" * 8, number(value), number(value), after.hex()))
    write("memory.data", "instruction, memory, register, register afterwards, memory afterwards", rows)

    rows = []
    operations = ["add", "or", "and", "xor", "fetch_add", "fetch_or", "fetch_and", "fetch_xor", "xchg", "cmpxchg"]
    for bits, prefix in ((64, "lock"), (32, "lock32")):
        for name in operations:
            for cell, src, r0 in [
                (0, 1, 7), (A, B, A), (ONES, 1, ONES), (B, A, 0x7654_3210), (A, ONES, mask(A, 32)),
                (MIN64, MIN64, 0), (0x7FFF_FFFF_FFFF_FFFF, 1, 0x1_0000_0000_0000_0000 - 2), (0, B, 0xFFFF_FFFF_0000_0000),
            ]:
                old, operand = mask(cell, bits), mask(src, bits)
                new_src, new_r0 = src, r0
                if name == "xchg":
                    new, new_src = operand, old
                elif name == "cmpxchg":
                    # Both widths leave the old value in r0, zero extended, whether or not it was the expected one.
                    new, new_r0 = (operand if old == mask(r0, bits) else old), old
                else:
                    new = alu(name.removeprefix("fetch_"), bits, old, operand)
                    new_src = old if name.startswith("fetch_") else src
                after = cell - old + new
                rows.append((prefix, name, *(number(n) for n in (cell, src, r0, after, new_src, new_r0))))
    write("atomic.data", "width, operation, cell, src, r0, cell afterwards, src afterwards, r0 afterwards", rows)


if __name__ == "__main__":
    main()
