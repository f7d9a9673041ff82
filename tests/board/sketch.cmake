# Compiles sketches as Debian's arduino-core-avr would (its platform.txt and boards.txt), but for
# the link-time optimisation. avr-gcc is not this project's compiler, so it is run by custom
# commands.
#
# Boards: uno (ATmega328P, also a Nano's), mega (ATmega2560), leonardo (ATmega32u4).

set(AVR_BOARDS uno mega leonardo)
set(AVR_MCU_uno atmega328p)
set(AVR_BOARD_uno -DARDUINO_AVR_UNO -I${ARDUINO_AVR}/variants/standard)
set(AVR_MCU_mega atmega2560)
set(AVR_BOARD_mega -DARDUINO_AVR_MEGA2560 -I${ARDUINO_AVR}/variants/mega)
set(AVR_MCU_leonardo atmega32u4)
set(AVR_BOARD_leonardo -DARDUINO_AVR_LEONARDO -DUSB_VID=0x2341 -DUSB_PID=0x8036
	-I${ARDUINO_AVR}/variants/leonardo)

set(IOTKIT_ARDUINO ${PROJECT_SOURCE_DIR}/arduino/IoTKit)

set(AVR_OPTIMIZE -g -Os -ffunction-sections -fdata-sections)
set(AVR_AS_C -std=gnu11 ${AVR_OPTIMIZE})
set(AVR_AS_ASM -g -x assembler-with-cpp)
set(AVR_AS_CXX -std=gnu++11 ${AVR_OPTIMIZE} -fpermissive -fno-exceptions
	-fno-threadsafe-statics -Wno-error=narrowing)

# Compile one source file for a board into one object; further arguments are the options.
function(avr_compile board object source compiler)
	add_custom_command(OUTPUT ${object}
		COMMAND ${compiler} -mmcu=${AVR_MCU_${board}} -DF_CPU=16000000L -DARDUINO=10819
			-DARDUINO_ARCH_AVR ${AVR_BOARD_${board}} -I${ARDUINO_AVR}/cores/arduino
			# avr-libc's float.h names it only under a C++ standard that gcc 5 lacks.
			-DDECIMAL_DIG=__DECIMAL_DIG__
			${ARGN} -MMD -MF ${object}.d -c ${source} -o ${object}
		DEPENDS ${source}
		DEPFILE ${object}.d
		COMMENT "Compiling ${source} for the board ${board}"
		VERBATIM)
endfunction()

# What is linked to each sketch for a board, as the property PARTS of the target arduino_BOARD:
# the Arduino core and the library IoTKit, compiled once.
function(add_arduino_parts board)
	set(folder ${CMAKE_CURRENT_BINARY_DIR}/${board})
	file(MAKE_DIRECTORY ${folder})
	file(GLOB sources ${ARDUINO_AVR}/cores/arduino/*.c ${ARDUINO_AVR}/cores/arduino/*.cpp
		${ARDUINO_AVR}/cores/arduino/*.S)
	foreach(source IN LISTS sources)
		get_filename_component(name ${source} NAME)
		get_filename_component(kind ${source} LAST_EXT)
		if(kind STREQUAL ".c")
			avr_compile(${board} ${folder}/${name}.o ${source} ${AVR_GCC} ${AVR_AS_C} -w)
		elseif(kind STREQUAL ".cpp")
			avr_compile(${board} ${folder}/${name}.o ${source} ${AVR_GXX} ${AVR_AS_CXX} -w)
		else()
			avr_compile(${board} ${folder}/${name}.o ${source} ${AVR_GCC} ${AVR_AS_ASM} -w)
		endif()
		list(APPEND objects ${folder}/${name}.o)
	endforeach()

	set(strict -Wall -Wextra)
	if(IOTKIT_WERROR)
		list(APPEND strict -Werror)
	endif()
	file(GLOB sources CONFIGURE_DEPENDS ${IOTKIT_ARDUINO}/src/*.cpp)
	foreach(source IN LISTS sources)
		get_filename_component(name ${source} NAME)
		avr_compile(${board} ${folder}/${name}.o ${source} ${AVR_GXX} ${AVR_AS_CXX} ${strict})
		list(APPEND objects ${folder}/${name}.o)
	endforeach()

	set(archive ${folder}/libarduino.a)
	add_custom_command(OUTPUT ${archive}
		COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
		COMMAND ${AVR_AR} rcs ${archive} ${objects}
		DEPENDS ${objects}
		COMMENT "Archiving the Arduino core and IoTKit for the board ${board}"
		VERBATIM)
	avr_compile(${board} ${folder}/idle.o ${CMAKE_CURRENT_SOURCE_DIR}/idle.c ${AVR_GCC}
		${AVR_AS_C} ${strict})
	add_custom_target(arduino_${board} DEPENDS ${archive} ${folder}/idle.o)
	set_target_properties(arduino_${board} PROPERTIES PARTS "${folder}/idle.o;${archive}")
endfunction()

# add_sketch(NAME SOURCE [BOARD board] [OPTIONS option...] [DEPENDS file...])
#
# A target NAME that compiles a sketch into ${PROJECT_BINARY_DIR}/sketches/NAME.elf, for an Uno
# unless it is said otherwise. As the Arduino IDE does, Arduino.h is included first; unlike it, no
# prototypes are made, so a sketch must define its functions before it calls them.
function(add_sketch name source)
	cmake_parse_arguments(SKETCH "" "BOARD" "OPTIONS;DEPENDS" ${ARGN})
	set(board uno)
	if(SKETCH_BOARD)
		set(board ${SKETCH_BOARD})
	endif()
	set(folder ${PROJECT_BINARY_DIR}/sketches)
	file(MAKE_DIRECTORY ${folder})
	set(elf ${folder}/${name}.elf)
	set(strict -Wall -Wextra)
	if(IOTKIT_WERROR)
		list(APPEND strict -Werror)
	endif()
	get_target_property(parts arduino_${board} PARTS)
	avr_compile(${board} ${folder}/${name}.o ${source} ${AVR_GXX} ${AVR_AS_CXX} ${strict}
		-I${IOTKIT_ARDUINO}/src ${SKETCH_OPTIONS} -include Arduino.h -x c++)
	if(SKETCH_DEPENDS)
		add_custom_command(OUTPUT ${folder}/${name}.o APPEND DEPENDS ${SKETCH_DEPENDS})
	endif()
	add_custom_command(OUTPUT ${elf}
		COMMAND ${AVR_GCC} -mmcu=${AVR_MCU_${board}} -Os -g -Wl,--gc-sections
			${folder}/${name}.o ${parts} -lm -o ${elf}
		DEPENDS ${folder}/${name}.o ${parts} arduino_${board}
		COMMENT "Linking sketch ${name}"
		VERBATIM)
	add_custom_target(${name} ALL DEPENDS ${elf})
	set_target_properties(${name} PROPERTIES ELF ${elf})
endfunction()

# Each example of the library, for each board: blink_and_report_sketch for an Uno,
# blink_and_report_sketch_mega and blink_and_report_sketch_leonardo.
function(add_examples)
	file(GLOB examples CONFIGURE_DEPENDS ${IOTKIT_ARDUINO}/examples/*/*.ino)
	foreach(source IN LISTS examples)
		get_filename_component(name ${source} NAME_WE)
		string(REGEX REPLACE "([a-z])([A-Z])" "\\1_\\2" name ${name})
		string(TOLOWER ${name} name)
		string(REGEX REPLACE "_sketch$" "" name ${name})
		string(APPEND name _sketch)
		add_sketch(${name} ${source})
		add_sketch(${name}_mega ${source} BOARD mega)
		add_sketch(${name}_leonardo ${source} BOARD leonardo)
	endforeach()
endfunction()

foreach(board IN LISTS AVR_BOARDS)
	add_arduino_parts(${board})
endforeach()
