"""The library takes no more of an ATmega328P than is promised: at most 6 KB of flash and 400 bytes of
RAM more than a sketch that prints the same reading.

Usage: test_sizes.py AVR_SIZE BARE.elf WITH_KIT.elf

SPDX-License-Identifier: MIT
"""
import subprocess
import sys

FLASH_MAX = 6 * 1024
RAM_MAX = 400


def sizes(avr_size, elf):
    """(flash, RAM) in bytes; what is initialised takes both."""
    table = subprocess.run([avr_size, elf], stdout=subprocess.PIPE, text=True, check=True).stdout
    text, data, bss = map(int, table.splitlines()[1].split()[:3])
    return text + data, data + bss


bare, kit = (sizes(sys.argv[1], elf) for elf in sys.argv[2:4])
flash, ram = kit[0] - bare[0], kit[1] - bare[1]
print(f"IoTKit takes {flash} of {FLASH_MAX} bytes of flash and {ram} of {RAM_MAX} bytes of RAM")
# Less than its own memory would mean that something else was measured.
assert 3000 < flash <= FLASH_MAX and 192 + 64 < ram <= RAM_MAX
