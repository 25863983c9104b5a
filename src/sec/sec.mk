noinst_LIBRARIES += src/sec/libsec.a
src_sec_libsec_a_SOURCES =
