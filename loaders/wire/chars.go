package wire

// The token characters of RFC 9110 section 5.6.2 as two 64-bit sets: constants
// rather than a table keep the lookup in registers.
const (
	tokenLow = 1<<'!' | 1<<'#' | 1<<'$' | 1<<'%' | 1<<'&' | 1<<'\'' | 1<<'*' |
		1<<'+' | 1<<'-' | 1<<'.' | (1<<10-1)<<'0'
	tokenHigh = (1<<26-1)<<('A'-64) | (1<<26-1)<<('a'-64) |
		1<<('^'-64) | 1<<('_'-64) | 1<<('`'-64) | 1<<('|'-64) | 1<<('~'-64)
)

func isTokenByte(c byte) bool {
	if c < 64 {
		return uint64(tokenLow)>>c&1 != 0
	}
	return c < 128 && uint64(tokenHigh)>>(c-64)&1 != 0
}

// isValueByte tells the bytes of a field value: visible ones, space, tab and
// everything above ASCII.
func isValueByte(c byte) bool {
	return c >= ' ' && c != 0x7f || c == '\t'
}

func isToken[T string | []byte](s T) bool {
	for i := 0; i < len(s); i++ {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return len(s) > 0
}

func isValue[T string | []byte](s T) bool {
	for i := 0; i < len(s); i++ {
		if !isValueByte(s[i]) {
			return false
		}
	}
	return true
}

// trimSpace cuts the optional white space (space and tab) of a field value.
func trimSpace(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// equalFold compares with a lower-case ASCII word, letters' case aside.
func equalFold[T string | []byte](b T, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i := 0; i < len(b); i++ {
		c := b[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// hexDigit is the value of a hexadecimal digit, -1 for any other byte.
func hexDigit(c byte) int64 {
	switch {
	case '0' <= c && c <= '9':
		return int64(c - '0')
	case 'a' <= c && c <= 'f':
		return int64(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int64(c-'A') + 10
	}
	return -1
}
