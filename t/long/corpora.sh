#!/bin/sh
# corpora.sh - real mail out of Debian's packages through the gateway and back: t/long/corpora over the messages of the test
# suites of Python, notmuch, rspamd, Cyrus and GMime.  Nothing of them is kept: they are fetched by apt into a temporary folder.
# CORPORA=DIR uses (and fills) a folder of one's own.
set -eu
srcdir=$(cd "${srcdir:-.}" && pwd)
builddir=$(cd "${builddir:-.}" && pwd)
dir=${CORPORA:-$(mktemp -d /tmp/mixgate-corpora.XXXXXX)}
[ -n "${CORPORA:-}" ] || trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/apt/lists/partial" "$dir/get"
. /etc/os-release
for kind in deb deb-src; do
	echo "$kind http://deb.debian.org/debian $VERSION_CODENAME main"
	echo "$kind http://deb.debian.org/debian-security $VERSION_CODENAME-security main"
done >"$dir/apt/sources.list"
get() { apt-get -qq -o Dir::Etc::sourcelist="$dir/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$dir/apt/lists" -o APT::Sandbox::User=root "$@"; }
python=$(python3 -c 'import sys; print("libpython%d.%d-testsuite" % sys.version_info[:2])')
cd "$dir/get"
if [ ! -f done ]; then
	get update
	for package in notmuch rspamd cyrus-imapd gmime; do
		get source --download-only --tar-only "$package" || get source --download-only --tar-only "$package/$VERSION_CODENAME" ||
			echo "# the source of $package cannot be fetched" # an archive in the middle of an update
	done
	get download "$python"
	for f in *.orig.tar.*; do
		case $f in *.asc) continue ;; esac
		mkdir -p "../${f%%_*}" && tar -xf "$f" -C "../${f%%_*}"
	done
	mkdir -p ../python && dpkg-deb -x "$python"_*.deb ../python
	touch done
fi
find "$dir/notmuch" -name '*.tar.xz' -execdir tar -xf '{}' ';' 2>/dev/null || :
cd "$dir"
make -s -C "$builddir" t/long/corpora
srcdir=$srcdir "$builddir/t/long/corpora" "$dir"/python "$dir"/notmuch "$dir"/rspamd "$dir"/cyrus-imapd* "$dir"/gmime*
