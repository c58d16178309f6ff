package loaders

import "fmt"

// RequestIDBytes is the length of a request id in bytes.
const RequestIDBytes = 36

// MostNamedThreads is how many threads of one load can give request ids.
const MostNamedThreads = 1 << 12

// numberDigits is the number of digits of a request's number, at the end of its id.
const numberDigits = 12

// RequestID returns the id of a request: a UUID of version 8 (RFC 9562 §5.8) out of
// the lowest 60 bits of the load's seed, the thread, below MostNamedThreads, and the
// lowest 48 bits of the request's number on that thread. Two requests of one load have
// different ids.
func RequestID(seed uint64, thread int, number uint64) string {
	const digits = 1<<48 - 1
	seed &= 1<<60 - 1
	return fmt.Sprintf("%08x-%04x-8%03x-8%03x-%012x", seed>>28, seed>>12&0xffff, seed&0xfff, thread&(MostNamedThreads-1), number&digits)
}

// NumberRequestID gives an id, in the RequestIDBytes bytes at the start of id, another
// number. It allocates nothing.
func NumberRequestID(id []byte, number uint64) {
	const hex = "0123456789abcdef"
	digits := id[RequestIDBytes-numberDigits : RequestIDBytes]
	for i := numberDigits - 1; i >= 0; i-- {
		digits[i] = hex[number&0xf]
		number >>= 4
	}
}
