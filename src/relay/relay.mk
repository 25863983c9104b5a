noinst_LIBRARIES += src/relay/librelay.a
src_relay_librelay_a_SOURCES =
