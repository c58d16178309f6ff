package loaders

import "strings"

// EscapeURL returns the text with each byte escaped that may not stand in a URL (RFC 3986
// §2), and each byte that is one of the others. All other bytes stay, those of an escape
// too.
func EscapeURL(text, others string) string {
	const hex = "0123456789ABCDEF"
	var out strings.Builder
	for _, c := range []byte(text) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}"+others, c) >= 0 {
			out.WriteByte('%')
			out.WriteByte(hex[c>>4])
			c = hex[c&0xf]
		}
		out.WriteByte(c)
	}
	return out.String()
}

// DefaultPort returns the port of a URL that names none, in digits.
func DefaultPort(tls bool) string {
	if tls {
		return "443"
	}
	return "80"
}
