#!/bin/sh
# man.t - every man page passes mandoc -Tlint, and names every option that its program's --help names.
srcdir=${srcdir:-.} builddir=${builddir:-.}
n=0 bad=0
ok() { n=$((n + 1)); if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; bad=1; fi; }
for page in "$srcdir"/man/*.[1578] "$builddir"/man/*.[1578]; do
	[ -f "$page" ] || continue
	out=$(mandoc -Tlint -Wwarning "$page" 2>&1)
	ok $? "${page##*/} is clean mdoc"
	[ -z "$out" ] || echo "$out" | sed 's/^/# /'
done
text() { mandoc -Tutf8 "$srcdir/man/$1" 2>/dev/null | sed 's/.\x08//g'; }
options() { "$builddir/$1" --help 2>&1 | grep -oE '(^|[ [|])--?[a-z][a-z0-9-]*' | tr -d ' [|' | sort -u; }
for pair in mixgated:mixgated.8 mixgate-milter:mixgate-milter.8 mixgate-source:mixgate-source.1 mixgate-sink:mixgate-sink.1; do
	program=${pair%:*} page=${pair#*:}
	if [ ! -x "$builddir/$program" ]; then continue; fi
	shown=$(text "$page")
	for option in $(options "$program"); do
		printf '%s' "$shown" | grep -qF -e "$option"
		ok $? "$page names $option"
	done
done
if [ -x "$builddir/mixgate" ]; then
	shown=$(text mixgate.1)
	for verb in $("$builddir/mixgate" --help | awk '/^  [a-z]/ { print $1 }'); do
		printf '%s' "$shown" | grep -qE "^ +$verb( |$)"
		ok $? "mixgate.1 has $verb"
		for option in $("$builddir/mixgate" "$verb" --help | grep -oE -e '--[a-z-]+' | sort -u); do
			printf '%s' "$shown" | grep -qF -e "$option"
			ok $? "mixgate.1 names $option of $verb"
		done
	done
fi
# every event that the code logs has its place in mixgate-log(5), and every page that a page names exists
shown=$(text mixgate-log.5)
for event in $(find "$srcdir/src" -name '*.c' -exec cat {} + | tr '\n' ' ' | grep -oE 'log_(event|err)\(LOG_LEVEL_[A-Z]+,\s*"[a-z0-9-]+"' | sed 's/.*"\(.*\)"/\1/' | sort -u); do
	printf '%s' "$shown" | grep -qE "(^|[ ,])$event([ ,(]|\$)"
	ok $? "mixgate-log.5 has $event"
done
# every word of peers.*.quirks is explained in mixgate-peers(7), and no other; the same for the keys of a peer
shown=$(sed -n '/^\.Sh QUIRKS/,/^\.Sh/p' "$srcdir/man/mixgate-peers.7" | sed -n 's/^\.It Ic //p' | sort)
[ "$shown" = "$(sed -n 's/^QUIRK_ROW("\([^"]*\)".*/\1/p' "$srcdir/src/base/quirks.def" | sort)" ]
ok $? "mixgate-peers.7 has the quirks of quirks.def"
shown=$(sed -n '/^\.Sh KEYS/,/^\.Sh/p' "$srcdir/man/mixgate-peers.7" | sed -n 's/^\.It Ic //p' | tr -s ', ' '\n' | sort)
[ "$shown" = "$(sed -n 's/^PEER_ROW("peers", "\([^"]*\)".*/\1/p' "$srcdir/src/base/config.def" | sort)" ]
ok $? "mixgate-peers.7 has the keys of a peer"
for page in $(sed -n 's/^\.Xr \(mixgate[a-z.-]*\) \([1-8]\).*/\1.\2/p' "$srcdir"/man/*.[1-8] "$srcdir/man/mixgate.conf.5.in" | sort -u); do
	[ -f "$srcdir/man/$page" ] || [ -f "$srcdir/man/$page.in" ]
	ok $? "$page exists"
done
for page in $(grep -ohE 'mixgate[a-z.-]*\([1-8]\)' "$srcdir"/README "$srcdir"/ARCHITECTURE "$srcdir"/HACKING "$srcdir"/etc/*.* "$srcdir"/etc/directory/* "$srcdir"/mappings/* "$srcdir/src/base/config.def" | tr '(' . | tr -d ')' | sort -u); do
	[ -f "$srcdir/man/$page" ] || [ -f "$srcdir/man/$page.in" ]
	ok $? "$page exists"
done
echo "1..$n"
exit $bad
