# SPDX-License-Identifier: MIT
# rooms.awk: holds every #include against tests/rooms.txt (first file); prints
# FILE:LINE: what.
FILENAME ~ /rooms\.txt$/ {
	if ($0 ~ /^#/ || NF == 0)
		next
	order[$1] = ++rooms
	for (i = 2; i <= NF; i++) {
		libraries[$i] = 1
		allowed[$1, $i] = 1
	}
	next
}
FNR == 1 {
	room = FILENAME
	public = room ~ /^include\//
	sub(/^src\//, "", room)
	sub(/\/.*/, "", room)
	if (!public && !(room in order))
		printf "%s:1: %s is no room (tests/rooms.txt)\n", FILENAME, room
}
match($0, /^[ \t]*#[ \t]*include[ \t]*"[^"]*"/) {
	path = $0
	sub(/^[^"]*"/, "", path)
	sub(/".*/, "", path)
	other = path
	sub(/\/.*/, "", other)
	if (public)
		printf "%s:%d: a public header includes %s\n", FILENAME, FNR, path
	else if (!(other in order))
		printf "%s:%d: %s is in no room\n", FILENAME, FNR, path
	else if (other != room && path != other "/" other ".h")
		printf "%s:%d: %s is inside of %s; include %s/%s.h\n", FILENAME, FNR, path, other, other, other
	else if (order[other] > order[room])
		printf "%s:%d: %s stands below %s\n", FILENAME, FNR, other, room
}
match($0, /^[ \t]*#[ \t]*include[ \t]*<[^>]*>/) {
	path = $0
	sub(/^[^<]*</, "", path)
	sub(/>.*/, "", path)
	for (library in libraries)
		if (index(path, library) == 1 && !((room, library) in allowed))
			printf "%s:%d: %s does not belong to %s\n", FILENAME, FNR, path, room
}
