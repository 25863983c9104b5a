#!/bin/sh
# tool_addr.t - mixgate addr: roles, directions, explanation, JSON, streams, exit codes (A-297).
srcdir=${srcdir:-.} builddir=${builddir:-.}
tables=$srcdir/t/vectors/address/tables
n=0 bad=0
is() { # NAME WANT ARGUMENTS...
	name=$1 want=$2
	shift 2
	got=$("$builddir/mixgate" addr --tables "$tables/tutorial" "$@" 2>/dev/null)
	check "$name" "$want" "$got"
}
check() {
	n=$((n + 1))
	if [ "$3" = "$2" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		printf '%s\n' "$3" | sed 's/^/# got: /'
		bad=1
	fi
}
has() { # NAME TEXT ARGUMENTS...
	name=$1 text=$2
	shift 2
	got=$("$builddir/mixgate" addr --tables "$tables/tutorial" "$@" 2>/dev/null)
	case $got in
	*"$text"*) check "$name" x x ;;
	*) check "$name" "$text" "$got" ;;
	esac
}
code() { # NAME CODE ARGUMENTS...
	name=$1 want=$2
	shift 2
	"$builddir/mixgate" addr --tables "$tables/tutorial" "$@" >/dev/null 2>&1
	check "$name" "$want" "$?"
}

has 'a recipient goes to the gateway of its domain' 'rule: A-162 gate2:2' a_b@partner.example
has 'the sender does not' 'rule: A-161' --role originator a_b@partner.example
has '--role heading drops a source route' 'rule: A-130 mapping2.rfc2or:2' --role heading @x.example:u@widget.example
has '--to 822 reads text without separators as O/R text, and says so' 'error: 550 5.1.3' --to 822 u@widget.example
has 'not exact: a source route does not come back' '(differs)' --role heading @x.example:u@widget.example
has 'exact: quotes and case of the domain do not count' '(exact)' '"u"@WIDGET.example'
has 'what came second' 'not    mapping1.or2rfc:2, widget.example: shorter' --explain '/S=Li/O=research/PRMD=widget/ADMD=acme/C=GB/'
has 'a complete address does not ask the domain' 'not    mapping2.rfc2or:2, PRMD$widget.ADMD$acme.C$GB: the address is complete' \
	--explain '"/S=x/PRMD=p/ADMD=a/C=FR/"@widget.example'
has 'a card' 'card: S=Li; O=research; P=widget; A=acme; C=GB' --explain '/S=Li/O=research/PRMD=widget/ADMD=acme/C=GB/'
has 'JSON: result' '"result": "/S=u/PRMD=widget/ADMD=acme/C=GB/"' --json u@widget.example
has 'JSON: line of the table' '"where": "mapping2.rfc2or:2"' --json u@widget.example
has 'JSON: failure' '"status": "5.1.3"' --json --to x400 nonsense
code 'done' 0 u@widget.example
code 'no' 1 --to x400 nonsense
code 'wrong role' 2 --role sender u@widget.example
code 'wrong direction' 2 --to dns u@widget.example
got=$(printf 'u@widget.example\n\nnonsense\r\n/S=u/PRMD=widget/ADMD=acme/C=GB/\n' | "$builddir/mixgate" addr --tables "$tables/tutorial" - 2>/dev/null)
check 'a stream' "u@widget.example	/S=u/PRMD=widget/ADMD=acme/C=GB/
nonsense	!5.1.3 not an O/R address in text form: element without keyword or \"=\" in nonsense
/S=u/PRMD=widget/ADMD=acme/C=GB/	u@widget.example" "$got"
got=$(printf 'u@widget.example\nv@widget.example\n' | "$builddir/mixgate" addr --json --tables "$tables/tutorial" - 2>/dev/null | grep -c '^{"input":.*}$')
check 'a stream of JSON, an object a line' 2 "$got"
# O/R addresses as articles and RFCs have them, prose behind them and all: a mail address, or a refusal with its status.
strings=$srcdir/t/vectors/address/or-address-strings
got=$(cut -f2 "$strings.tsv" | "$builddir/mixgate" addr --to 822 --tables "$tables/none" - 2>/dev/null | sed 's/	!\([^ ]*\) .*/	!\1/' |
	diff "$strings.expected" -)
check '256 O/R addresses from articles and RFCs' '' "$got"
echo "1..$n"
exit $bad
