# What the toolchain files beside this one have in common: the gcc of Debian's gcc-TRIPLET,
# libraries from the sysroot that cmake/sysroot.sh makes (or -DCMAKE_SYSROOT=DIR, as of a copy of a
# Raspberry Pi's root), and qemu, which runs the tests. They set triplet, debian_arch and qemu.

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER ${triplet}-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE ${triplet})

if(NOT CMAKE_SYSROOT)
	get_filename_component(CMAKE_SYSROOT
		${CMAKE_CURRENT_LIST_DIR}/../../build/sysroot/${debian_arch} ABSOLUTE)
endif()
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# pkg-config of this machine, which must see that sysroot only.
set(ENV{PKG_CONFIG_DIR} "")
set(ENV{PKG_CONFIG_PATH} "")
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${CMAKE_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR}
	${CMAKE_SYSROOT}/usr/lib/${triplet}/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig)

set(CMAKE_CROSSCOMPILING_EMULATOR ${qemu} -L ${CMAKE_SYSROOT})
