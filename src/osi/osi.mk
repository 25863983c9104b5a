noinst_LIBRARIES += src/osi/libosi.a
src_osi_libosi_a_SOURCES =
