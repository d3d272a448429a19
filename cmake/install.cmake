# What `cmake --install` puts where. The program and vcpusim-cc find their files from where
# they are, so
# the prefix may be moved.
install(TARGETS vcpusim RUNTIME DESTINATION bin)
install(PROGRAMS vcpusim-cc DESTINATION bin)
install(DIRECTORY ${CMAKE_BINARY_DIR}/modules/ DESTINATION lib/vcpusim/modules
        FILES_MATCHING PATTERN "*.so")

# <linux/slab.h> of vcpusim, in a folder of its own: the system has one too.
install(DIRECTORY include/linux include/vcpusim DESTINATION include/vcpusim)
install(DIRECTORY models/callsites models/tables DESTINATION share/vcpusim/models
        FILES_MATCHING PATTERN "*.h")
install(FILES sim/hw/tsan_module.h sim/hw/tsan_copies.awk DESTINATION share/vcpusim/sim/hw)

install(DIRECTORY models/machines DESTINATION share/vcpusim FILES_MATCHING PATTERN "*.json")
install(DIRECTORY scenarios DESTINATION share/vcpusim
        FILES_MATCHING PATTERN "*.json" PATTERN invalid EXCLUDE)
install(DIRECTORY examples DESTINATION share/vcpusim
        FILES_MATCHING PATTERN "*.json" PATTERN "*.[ch]")

install(FILES docs/man/vcpusim.1 docs/man/vcpusim-cc.1 DESTINATION share/man/man1)
configure_file(cmake/vcpusim.pc.in vcpusim.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/vcpusim.pc DESTINATION share/pkgconfig)
