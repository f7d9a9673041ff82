# Run by CPack between installing into its own folder and packing: what Debian's packages
# have that CMake does not do.

# No time stamp and no name within, so that the same build gives the same package.
file(GLOB_RECURSE texts
	${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*/usr/share/man/*.[1-9]
	${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*/usr/share/doc/*/changelog
	${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*/usr/share/doc/*/changelog.Debian)
execute_process(COMMAND gzip -9n ${texts} COMMAND_ERROR_IS_FATAL ANY)

# CMake strips what is linked, but no static library.
file(GLOB_RECURSE archives ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*/usr/lib/*.a)
execute_process(COMMAND strip --strip-debug --enable-deterministic-archives ${archives}
	COMMAND_ERROR_IS_FATAL ANY)
