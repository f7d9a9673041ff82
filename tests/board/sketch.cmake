# Compiles sketches for an Arduino Uno (ATmega328P, 16 MHz), with the flags of
# Debian's arduino-core-avr (its platform.txt and boards.txt). avr-gcc is not
# this project's compiler, so it is run by custom commands.

set(AVR_MACHINE -mmcu=atmega328p -DF_CPU=16000000L -DARDUINO=10819
	-DARDUINO_AVR_UNO -DARDUINO_ARCH_AVR
	# avr-libc's float.h names it only under a C++ standard that gcc 5 lacks.
	-DDECIMAL_DIG=__DECIMAL_DIG__
	-I${ARDUINO_AVR}/cores/arduino -I${ARDUINO_AVR}/variants/standard)
set(AVR_OPTIMIZE -g -Os -ffunction-sections -fdata-sections)
set(AVR_C ${AVR_GCC} ${AVR_MACHINE} ${AVR_OPTIMIZE} -std=gnu11)
set(AVR_ASM ${AVR_GCC} ${AVR_MACHINE} -g -x assembler-with-cpp)
set(AVR_CXX ${AVR_GXX} ${AVR_MACHINE} ${AVR_OPTIMIZE} -std=gnu++11 -fpermissive
	-fno-exceptions -fno-threadsafe-statics -Wno-error=narrowing)

# Compile one source file into one object; further arguments are the command.
function(avr_compile object source)
	add_custom_command(OUTPUT ${object}
		COMMAND ${ARGN} -MMD -MF ${object}.d -c ${source} -o ${object}
		DEPENDS ${source}
		DEPFILE ${object}.d
		COMMENT "Compiling ${source} for the board"
		VERBATIM)
endfunction()

# The Arduino core, compiled once for all sketches: target arduino_core.
function(add_arduino_core)
	set(folder ${CMAKE_CURRENT_BINARY_DIR}/core)
	file(MAKE_DIRECTORY ${folder})
	file(GLOB sources ${ARDUINO_AVR}/cores/arduino/*.c ${ARDUINO_AVR}/cores/arduino/*.cpp
		${ARDUINO_AVR}/cores/arduino/*.S)
	foreach(source IN LISTS sources)
		get_filename_component(name ${source} NAME)
		get_filename_component(kind ${source} LAST_EXT)
		if(kind STREQUAL ".c")
			avr_compile(${folder}/${name}.o ${source} ${AVR_C} -w)
		elseif(kind STREQUAL ".cpp")
			avr_compile(${folder}/${name}.o ${source} ${AVR_CXX} -w)
		else()
			avr_compile(${folder}/${name}.o ${source} ${AVR_ASM} -w)
		endif()
		list(APPEND objects ${folder}/${name}.o)
	endforeach()
	set(archive ${folder}/libcore.a)
	add_custom_command(OUTPUT ${archive}
		COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
		COMMAND ${AVR_AR} rcs ${archive} ${objects}
		DEPENDS ${objects}
		COMMENT "Archiving the Arduino core"
		VERBATIM)
	add_custom_target(arduino_core DEPENDS ${archive} ${folder}/idle.o)
	avr_compile(${folder}/idle.o ${CMAKE_CURRENT_SOURCE_DIR}/idle.c ${AVR_C} -Wall -Wextra)
	set_target_properties(arduino_core PROPERTIES PARTS "${folder}/idle.o;${archive}")
endfunction()

# Compile a sketch into ${PROJECT_BINARY_DIR}/sketches/<name>.elf. As the
# Arduino IDE does, Arduino.h is included first; unlike it, no prototypes are
# made, so a sketch must define its functions before it calls them.
function(add_sketch name source)
	set(folder ${PROJECT_BINARY_DIR}/sketches)
	file(MAKE_DIRECTORY ${folder})
	set(elf ${folder}/${name}.elf)
	get_target_property(core arduino_core PARTS)
	avr_compile(${folder}/${name}.o ${source} ${AVR_CXX} -Wall -Wextra
		-include Arduino.h -x c++)
	add_custom_command(OUTPUT ${elf}
		COMMAND ${AVR_GCC} -mmcu=atmega328p -Os -g -Wl,--gc-sections
			${folder}/${name}.o ${core} -lm -o ${elf}
		DEPENDS ${folder}/${name}.o ${core} arduino_core
		COMMENT "Linking sketch ${name}"
		VERBATIM)
	add_custom_target(${name} ALL DEPENDS ${elf})
	set_target_properties(${name} PROPERTIES ELF ${elf})
endfunction()

add_arduino_core()
