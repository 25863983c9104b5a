noinst_LIBRARIES += src/mixer/libmixer.a
src_mixer_libmixer_a_SOURCES =
