# Debian's arm64.
set(debian_arch arm64)
set(triplet aarch64-linux-gnu)
set(qemu qemu-aarch64)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
