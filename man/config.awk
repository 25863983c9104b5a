# config.awk - the rows of src/base/config.def as mdoc(7) lists, for mixgate.conf.5.
function unquote(s) { sub(/^[ ]*"/, "", s); sub(/"[ ]*$/, "", s); gsub(/\\"/, "\"", s); return s }
# Splits the arguments of a row at commas outside of quotes.
function split_row(s, f,    n, i, c, q) {
	n = 1; f[1] = ""; q = 0
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		if (c == "\\") { f[n] = f[n] c substr(s, ++i, 1); continue }
		if (c == "\"") q = !q
		if (c == "," && !q) f[++n] = ""
		else f[n] = f[n] c
	}
	return n
}
/^(CONFIG|PEER)_ROW\(/ {
	s = $0; sub(/^[A-Z_]*\(/, "", s); sub(/\)[ ]*$/, "", s)
	split_row(s, f)
	group = unquote(f[1]); key = unquote(f[2]); type = f[3]; gsub(/ /, "", type)
	value = f[7]
	gsub(/MIXGATE_RUNDIR/, "\"/var/run/mixgate\"", value)
	gsub(/MIXGATE_STATEDIR/, "\"/var/lib/mixgate\"", value)
	gsub(/" *"/, "", value) # adjoining literals; an empty one is gone as well
	gsub(/^ *"?|"? *$/, "", value)
	preset = value == "" ? "" : "Default: " value "."
	if (group != last) {
		if (started) print ".El"
		print ".Ss " (group == "" ? "Top level" : group)
		if (group == "peers") print "A list of groups, one a peer."
		print ".Bl -tag -width Ds"
		last = group; started = 1
	}
	print ".It Ic " key
	text = unquote(f[8])
	if (type == "CHOICE") {
		words = value; sub(/\|.*/, "", value); gsub(/\|/, ", ", words)
		print "One of: " words "."; preset = "Default: " value "."
	} else if (type == "INT" || type == "SIZE") {
		gsub(/ /, "", f[5]); gsub(/ /, "", f[6])
		print (type == "SIZE" ? "Octets" : "Number") ", " f[5] " to " f[6] "."
	} else {
		print (type == "BOOL" ? "true or false." : type == "STRINGS" ? "List of strings." : "String.")
	}
	if (preset != "") print preset
	print ".br"
	print text
}
END { if (started) print ".El" }
