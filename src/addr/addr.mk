noinst_LIBRARIES += src/addr/libaddr.a
src_addr_libaddr_a_SOURCES =
