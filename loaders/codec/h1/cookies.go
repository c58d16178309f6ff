package h1

import "bytes"

// setsCookie reports whether the head has a field Set-Cookie.
func setsCookie(head []byte) bool {
	const name = "set-cookie:"
	for {
		at := bytes.IndexByte(head, '\n')
		if at < 0 {
			return false
		}
		if head = head[at+1:]; len(head) > len(name) && bytes.EqualFold(head[:len(name)], []byte(name)) {
			return true
		}
	}
}
