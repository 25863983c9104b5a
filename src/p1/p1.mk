noinst_LIBRARIES += src/p1/libp1.a
src_p1_libp1_a_SOURCES =
