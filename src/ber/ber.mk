noinst_LIBRARIES += src/ber/libber.a
src_ber_libber_a_SOURCES =
