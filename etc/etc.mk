# etc: samples and service units; copied by hand, never installed over an admin's files.
EXTRA_DIST += etc/mixgate.conf etc/mixgated.service etc/mixgate-milter.service etc/postfix-main.cf.sample etc/postfix-master.cf.sample etc/mixgate.m4
TESTS += t/unit/samples.t
EXTRA_DIST += t/unit/samples.t
LIVE_TESTS += t/live/readme.t
EXTRA_DIST += t/live/readme.t
