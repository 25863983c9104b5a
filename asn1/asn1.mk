# asn1/: our ASN.1 modules; asn1c writes C for them into asn1gen/ of the build folder at build time, beside a
# copy of its runtime with our fixes (asn1/runtime.patch).  GNU make remakes the included objects.mk first, so that
# every later rule knows the files that asn1c made.  Nothing generated is kept in the tree.
ASN1_MODULES = \
	$(top_srcdir)/asn1/mg-osi.asn1 \
	$(top_srcdir)/asn1/mg-p1.asn1 \
	$(top_srcdir)/asn1/mg-p22.asn1
EXTRA_DIST += asn1/mg-osi.asn1 asn1/mg-p1.asn1 asn1/mg-p22.asn1 asn1/generate asn1/runtime.patch

-include asn1gen/objects.mk
asn1gen/objects.mk: $(ASN1_MODULES) $(top_srcdir)/asn1/generate $(top_srcdir)/asn1/runtime.patch
	$(AM_V_GEN)sh $(top_srcdir)/asn1/generate $(ASN1C) $(ASN1C_SKELETONS) $(top_srcdir)/asn1/runtime.patch $(ASN1_MODULES)

# The generated code is not ours: its warnings are silenced, sanitizers stay on.
asn1gen/%.o: asn1gen/%.c asn1gen/objects.mk
	$(AM_V_CC)$(CC) -D_DEFAULT_SOURCE -Iasn1gen $(CPPFLAGS) $(CFLAGS) $(SAN_CFLAGS) -w -c -o $@ $<
asn1gen/libasn1gen.a: $(ASN1GEN_OBJECTS)
	$(AM_V_AR)rm -f $@ && $(AR) cr $@ $(ASN1GEN_OBJECTS) && $(RANLIB) $@

clean-local:
	rm -rf asn1gen asn1gen.new asn1gen.lock asn1c.log
