# Debian's armhf: ARMv7 with VFPv3. Not the ARMv6 of a Raspberry Pi 1 or Zero.
set(debian_arch armhf)
set(triplet arm-linux-gnueabihf)
set(qemu qemu-arm)
set(CMAKE_SYSTEM_PROCESSOR armv7l)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
