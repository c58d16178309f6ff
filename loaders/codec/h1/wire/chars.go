package wire

import (
	"bytes"
	"encoding/binary"
	"strings"
)

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

// isValueByte reports whether a field value may hold the byte: visible ones,
// space, tab and everything above ASCII.
func isValueByte(c byte) bool {
	return c >= ' ' && c != 0x7f || c == '\t'
}

func isToken(s []byte) bool {
	for _, c := range s {
		if !isTokenByte(c) {
			return false
		}
	}
	return len(s) > 0
}

// isValue tests eight bytes at a time: most of a head is field values. The word
// tests find exactly the words with a byte below 0x20 or equal to 0x7f; the loop
// behind them allows a tab.
func isValue(s []byte) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for len(s) >= 8 {
		x := binary.LittleEndian.Uint64(s)
		del := x ^ 0x7f*ones
		if ((x-0x20*ones)&^x|(del-ones)&^del)&highs != 0 && !isShortValue(s[:8]) {
			return false
		}
		s = s[8:]
	}
	return isShortValue(s)
}

func isShortValue(s []byte) bool {
	for _, c := range s {
		if !isValueByte(c) {
			return false
		}
	}
	return true
}

// trimSpace cuts the optional white space (space and tab) of a field value.
func trimSpace(b []byte) []byte { return bytes.Trim(b, " \t") }

// equalFold compares with a lower-case ASCII word and ignores the case of ASCII
// letters: letters beyond ASCII that fold to them are longer.
func equalFold(b []byte, lower string) bool {
	return len(b) == len(lower) && strings.EqualFold(string(b), lower)
}

func isHexDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}
