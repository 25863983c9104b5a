noinst_LIBRARIES += src/dir/libdir.a
src_dir_libdir_a_SOURCES =
