package wire_test

// stream is the bytes of a server, and the parts that a parser reads from them. The
// table serves the plain test, the test of all cuts and the fuzz targets.
type stream struct {
	name   string
	noBody bool // the answer to a HEAD request
	stream string
	want   []string
}

func streams() []stream {
	var all []stream
	for _, part := range [][]stream{framed(), persistent(), chunkedBodies(), several(), lenient(), malformedHeads(), malformedChunks()} {
		all = append(all, part...)
	}
	return all
}

// framed has the ways to end a body.
func framed() []stream {
	return []stream{
		{"hello", false, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nalive\r\n",
			[]string{"head 200 keep=true length=7 chunked=false bytes=38", `body "alive\r\n"`, "end", "idle"}},
		{"empty body", false, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
			[]string{"head 200 keep=true length=0 chunked=false bytes=38", "end", "idle"}},
		{"length repeated", false, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 2, 02\r\n\r\nok",
			[]string{"head 200 keep=true length=2 chunked=false bytes=61", `body "ok"`, "end", "idle"}},
		{"until close", false, "HTTP/1.1 200 OK\r\n\r\nto the end",
			[]string{"head 200 keep=false length=-1 chunked=false bytes=19", `body "to the end"`, "eof end"}},
		{"until close, empty", false, "HTTP/1.1 404 Not Found\r\n\r\n",
			[]string{"head 404 keep=false length=-1 chunked=false bytes=26", "eof end"}},
		{"other coding until close", false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nxyz",
			[]string{"head 200 keep=false length=-1 chunked=false bytes=44", `body "xyz"`, "eof end"}},
		{"chunked not last until close", false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\nxyz",
			[]string{"head 200 keep=false length=-1 chunked=false bytes=53", `body "xyz"`, "eof end"}},
		{"identity until close", false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n2\r\nok\r\n",
			[]string{"head 200 keep=false length=-1 chunked=false bytes=48", `body "2\r\nok\r\n"`, "eof end"}},
		{"another coding with a parameter", false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip;q=1, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
			[]string{"head 200 keep=true length=-1 chunked=true bytes=57", `body "a"`, "end", "idle"}},
		{"length list of one value", false, "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
			[]string{"head 200 keep=true length=5 chunked=false bytes=41", `body "hello"`, "end", "idle"}},
		{"204", false, "HTTP/1.1 204 No Content\r\n\r\n",
			[]string{"head 204 keep=true length=-1 chunked=false bytes=27", "end", "idle"}},
		{"304 with a length", false, "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n",
			[]string{"head 304 keep=true length=99 chunked=false bytes=49", "end", "idle"}},
		{"HEAD with a length", true, "HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n",
			[]string{"head 200 keep=true length=65536 chunked=false bytes=42", "end", "idle"}},
		{"HEAD chunked", true, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
			[]string{"head 200 keep=true length=-1 chunked=true bytes=47", "end", "idle"}},
		{"HEAD without framing", true, "HTTP/1.1 200 OK\r\n\r\n",
			[]string{"head 200 keep=true length=-1 chunked=false bytes=19", "end", "idle"}},
		{"switching protocols", false, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
			[]string{"head 101 keep=false length=-1 chunked=false bytes=77", "end", "idle"}},
		{"length at the limit", true, "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n",
			[]string{"head 200 keep=true length=9223372036854775807 chunked=false bytes=56", "end", "idle"}},
	}
}

// persistent has the fields that decide whether a connection stays.
func persistent() []stream {
	row := func(name, head, want string) stream {
		return stream{name, false, head + "Content-Length: 0\r\n\r\n", []string{want, "end", "idle"}}
	}
	return []stream{
		row("1.1 close", "HTTP/1.1 200 OK\r\nConnection: close\r\n", "head 200 keep=false length=0 chunked=false bytes=57"),
		row("1.1 Close in a list", "HTTP/1.1 200 OK\r\nConnection: foo,\t ClOsE ,bar\r\n", "head 200 keep=false length=0 chunked=false bytes=68"),
		row("1.1 close in a second field", "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nConnection: close\r\n", "head 200 keep=false length=0 chunked=false bytes=81"),
		row("1.1 closed is not close", "HTTP/1.1 200 OK\r\nConnection: closed\r\n", "head 200 keep=true length=0 chunked=false bytes=58"),
		row("1.1 close in another field", "HTTP/1.1 200 OK\r\nX-Connection: close\r\n", "head 200 keep=true length=0 chunked=false bytes=59"),
		row("1.0", "HTTP/1.0 200 OK\r\n", "head 200 keep=false length=0 chunked=false bytes=38"),
		row("1.0 keep-alive", "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n", "head 200 keep=true length=0 chunked=false bytes=62"),
		row("1.0 both", "HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\n", "head 200 keep=false length=0 chunked=false bytes=69"),
		row("1.9", "HTTP/1.9 200 OK\r\n", "head 200 keep=true length=0 chunked=false bytes=38"),
		{"1.0 keep-alive without framing", false, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nx",
			[]string{"head 200 keep=false length=-1 chunked=false bytes=43", `body "x"`, "eof end"}},
	}
}

const chunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

func chunkedBodies() []stream {
	row := func(name, body string, rest ...string) stream {
		return stream{name, false, chunkedHead + body,
			append([]string{"head 200 keep=true length=-1 chunked=true bytes=47"}, rest...)}
	}
	return []stream{
		row("chunks", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", `body "hello world"`, "end", "idle"),
		row("no chunk", "0\r\n\r\n", "end", "idle"),
		row("hexadecimal", "0A\r\n0123456789\r\nb\r\n0123456789a\r\n00\r\n\r\n", `body "01234567890123456789a"`, "end", "idle"),
		row("extensions", "3;a=b;c=\"d;e\"\r\nabc\r\n1 ; x\r\nd\r\n0;last\r\n\r\n", `body "abcd"`, "end", "idle"),
		row("space behind the size", "3  \r\nabc\r\n0\t\r\n\r\n", `body "abc"`, "end", "idle"),
		row("trailers", "1\r\na\r\n0\r\nExpires: never\r\nX:\r\n\r\n", `body "a"`, "end", "idle"),
		row("folded trailer", "0\r\nX: a\r\n b\r\n\r\n", "end", "idle"),
		row("trailers with bare LF", "0\r\nX: a\nY: b\n\n", "end", "idle"),
		row("framing in trailers", "0\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\n\r\n", "end", "idle"),
		row("line ends in the data", "4\r\n\r\n\r\n\r\n0\r\n\r\n", `body "\r\n\r\n"`, "end", "idle"),
		row("cut in a chunk", "5\r\nhel", `body "hel"`, "truncated"),
		row("cut before the last CRLF", "1\r\na\r\n0\r\n", `body "a"`, "truncated"),
		{"CHUNKED with another coding", false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: , CHUNKED,\r\n\r\n1\r\na\r\n0\r\n\r\n",
			[]string{"head 200 keep=true length=-1 chunked=true bytes=75", `body "a"`, "end", "idle"}},
	}
}

// several has streams with more than one head.
func several() []stream {
	const hello = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	const head = "head 200 keep=true length=2 chunked=false bytes=38"
	return []stream{
		{"pipelined", false, hello + hello + hello,
			[]string{head, `body "ok"`, "end", head, `body "ok"`, "end", head, `body "ok"`, "end", "idle"}},
		{"pipelined chunked", false, chunkedHead + "1\r\na\r\n0\r\n\r\n" + hello,
			[]string{"head 200 keep=true length=-1 chunked=true bytes=47", `body "a"`, "end", head, `body "ok"`, "end", "idle"}},
		{"pipelined HEAD", true, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n",
			[]string{head, "end", "head 304 keep=true length=-1 chunked=false bytes=29", "end", "idle"}},
		{"continue", false, "HTTP/1.1 100 Continue\r\n\r\n" + hello,
			[]string{"interim 100", head, `body "ok"`, "end", "idle"}},
		{"early hints", false, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: close\r\n\r\nHTTP/1.1 102 P\r\nContent-Length: 5\r\n\r\n" + hello,
			[]string{"interim 103", "interim 102", head, `body "ok"`, "end", "idle"}},
		{"continue and no more", false, "HTTP/1.1 100 Continue\r\n\r\n", []string{"interim 100", "truncated"}},
		{"surplus bytes", false, hello + "surplus",
			[]string{head, `body "ok"`, "end", "error: not an HTTP/1.x status line"}},
		{"truncated second", false, hello + "HTTP/1.1 2", []string{head, `body "ok"`, "end", "truncated"}},
		{"nothing", false, "", []string{"idle"}},
	}
}

// lenient has odd streams that are allowed.
func lenient() []stream {
	row := func(name, text, head string) stream {
		return stream{name, true, text, []string{head, "end", "idle"}}
	}
	return []stream{
		row("no reason", "HTTP/1.1 200 \r\n\r\n", "head 200 keep=true length=-1 chunked=false bytes=17"),
		row("no reason and no space", "HTTP/1.1 200\r\n\r\n", "head 200 keep=true length=-1 chunked=false bytes=16"),
		row("reason beyond ASCII", "HTTP/1.1 200 d\xe9j\xe0 vu\r\n\r\n", "head 200 keep=true length=-1 chunked=false bytes=24"),
		row("status 999", "HTTP/1.1 999 Odd\r\n\r\n", "head 999 keep=true length=-1 chunked=false bytes=20"),
		row("bare LF", "HTTP/1.1 200 OK\nContent-Length: 2\n\n", "head 200 keep=true length=2 chunked=false bytes=35"),
		row("no space behind the colon", "HTTP/1.1 200 OK\r\nContent-Length:2\r\n\r\n", "head 200 keep=true length=2 chunked=false bytes=37"),
		row("much space", "HTTP/1.1 200 OK\r\nContent-Length: \t 2 \t\r\n\r\n", "head 200 keep=true length=2 chunked=false bytes=42"),
		row("empty values", "HTTP/1.1 200 OK\r\nX:\r\nConnection:\r\nConnection: ,,\r\n\r\n", "head 200 keep=true length=-1 chunked=false bytes=52"),
		row("value beyond ASCII", "HTTP/1.1 200 OK\r\nX: \x80\xff\tz\r\n\r\n", "head 200 keep=true length=-1 chunked=false bytes=28"),
		row("folded field", "HTTP/1.1 200 OK\r\nX: a\r\n b: c\r\n\td\r\nContent-Length: 2\r\n\r\n", "head 200 keep=true length=2 chunked=false bytes=55"),
		row("names of all token bytes", "HTTP/1.1 200 OK\r\n!#$%&'*+-.^_`|~09azAZ: x\r\n\r\n", "head 200 keep=true length=-1 chunked=false bytes=45"),
	}
}

func malformedHeads() []stream {
	line := func(name, text, reason string) stream {
		return stream{name, false, text, []string{"error: " + reason}}
	}
	field := func(name, fields, reason string) stream {
		return line(name, "HTTP/1.1 200 OK\r\n"+fields+"\r\n\r\n", reason)
	}
	const (
		notHTTP   = "not an HTTP/1.x status line"
		notNumber = "Content-Length is not a number"
		status    = "status code is not three digits"
		byteName  = "forbidden byte in a field name"
		byteValue = "forbidden byte in a field value"
		folded    = "folded Connection, Content-Length or Transfer-Encoding"
		// The reasons to refuse codings.
		parameters = "chunked with parameters in Transfer-Encoding"
		notList    = "Transfer-Encoding is not a list of codings"
	)
	return []stream{
		line("another protocol", "SSH-2.0-OpenSSH_9.6\r\n", notHTTP),
		line("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\n", notHTTP),
		line("HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n", notHTTP),
		line("TLS alert", "\x15\x03\x01\x00\x02\x02\x46", "a TLS record, it seems: use https:// where the server speaks TLS"),
		line("HTTP/0.9", "<html></html>", notHTTP),
		line("leading empty line", "\r\nHTTP/1.1 200 OK\r\n\r\n", notHTTP),
		line("lower-case version", "http/1.1 200 OK\r\n\r\n", notHTTP),
		line("version without minor", "HTTP/1. 200 OK\r\n\r\n", notHTTP),
		line("long minor version", "HTTP/1.10 200 OK\r\n\r\n", notHTTP),
		line("status line cut", "HTTP/1.1 20\r\n\r\n", notHTTP),
		line("short prefix as a line", "HTT\r\n\r\n", notHTTP),
		line("two spaces", "HTTP/1.1  200 OK\r\n\r\n", status),
		line("four digits", "HTTP/1.1 2000 OK\r\n\r\n", status),
		line("letters in the status", "HTTP/1.1 2x0 OK\r\n\r\n", status),
		line("reason sticks to the status", "HTTP/1.1 200OK\r\n\r\n", status),
		line("status 099", "HTTP/1.1 099 Low\r\n\r\n", "status code below 100"),
		line("NUL in the reason", "HTTP/1.1 200 O\x00K\r\n\r\n", "forbidden byte in the status line"),
		line("bare CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n", "forbidden byte in the status line"),
		field("no colon", "Content-Length 2", "field without a colon"),
		field("empty name", ": x", byteName),
		field("space before the colon", "Content-Length : 2", byteName),
		field("NUL in a name", "X\x00Y: z", byteName),
		field("name beyond ASCII", "X\xe9: z", byteName),
		field("NUL in a value", "X: a\x00b", byteValue),
		field("DEL in a value", "X: a\x7fb", byteValue),
		field("bare CR in a value", "X: a\rb", byteValue),
		field("CR CR LF", "X: a\r", byteValue),
		field("space before the first field", " X: a", "white space before the first field"),
		field("folded length", "Content-Length: 2\r\n 2", folded),
		field("folded coding", "Transfer-Encoding:\r\n chunked", folded),
		field("folded connection", "Connection:\r\n\tclose", folded),
		field("NUL in a fold", "X: a\r\n b\x00", byteValue),
		field("negative length", "Content-Length: -1", notNumber),
		field("signed length", "Content-Length: +1", notNumber),
		field("empty length", "Content-Length:", notNumber),
		field("hexadecimal length", "Content-Length: 0x10", notNumber),
		field("length with a gap", "Content-Length: 1 0", notNumber),
		field("length list with a hole", "Content-Length: 2,", notNumber),
		field("two lengths", "Content-Length: 2\r\nContent-Length: 3", "Content-Length given twice with different values"),
		field("two lengths in a list", "Content-Length: 2, 3", "Content-Length given twice with different values"),
		field("length overflows", "Content-Length: 9223372036854775808", "Content-Length too large"),
		field("length wraps", "Content-Length: 18446744073709551618", "Content-Length too large"),
		field("coding and length", "Transfer-Encoding: chunked\r\nContent-Length: 2", "both Transfer-Encoding and Content-Length"),
		field("identity and length", "Transfer-Encoding: identity\r\nContent-Length: 2", "both Transfer-Encoding and Content-Length"),
		field("length and coding", "Content-Length: 2\r\nTransfer-Encoding: chunked", "both Transfer-Encoding and Content-Length"),
		field("chunked twice", "Transfer-Encoding: chunked, chunked", "chunked applied twice"),
		field("chunked twice in two fields", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "chunked applied twice"),
		field("chunked twice around another coding", "Transfer-Encoding: chunked, gzip, chunked", "chunked applied twice"),
		field("chunked with a parameter", "Transfer-Encoding: chunked;q=1", parameters),
		field("chunked with an empty parameter", "Transfer-Encoding: chunked;", parameters),
		field("chunked with a parameter behind a space", "Transfer-Encoding: gzip, CHUNKED ; foo=bar", parameters),
		field("chunked with a quoted parameter", "Transfer-Encoding: chunked;x=\"a\"", parameters),
		field("quoted chunked", "Transfer-Encoding: \"chunked\"", notList),
		field("two codings without a comma", "Transfer-Encoding: chunked gzip", notList),
		field("a comma inside quotes", "Transfer-Encoding: gzip;x=\"a, chunked\"", notList),
		field("a parameter without a coding", "Transfer-Encoding: ;q=1", notList),
		field("no coding", "Transfer-Encoding:", "Transfer-Encoding without a coding"),
		field("only commas", "Transfer-Encoding: , ,", "Transfer-Encoding without a coding"),
		line("coding in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding in an HTTP/1.0 response"),
	}
}

func malformedChunks() []stream {
	row := func(name, body string, rest ...string) stream {
		return stream{name, false, chunkedHead + body,
			append([]string{"head 200 keep=true length=-1 chunked=true bytes=47"}, rest...)}
	}
	const notNumber = "error: chunk size is not a hexadecimal number"
	const longer = "error: chunk longer than its size"
	return []stream{
		row("no size", "\r\nabc\r\n", notNumber),
		row("extension without a size", ";x\r\n", notNumber),
		row("size with 0x", "0x3\r\nabc\r\n", notNumber),
		row("negative size", "-3\r\nabc\r\n", notNumber),
		row("gap in the size", "3 3\r\nabc\r\n", notNumber),
		row("size with bare LF", "3\nabc\r\n", "error: chunk size line without CRLF"),
		row("extension with bare LF", "3;a\nabc\r\n", "error: chunk size line without CRLF"),
		row("NUL in an extension", "3;\x00\r\nabc\r\n", "error: forbidden byte in a chunk extension"),
		row("CR without LF behind the size", "3\rabc\r\n", notNumber),
		row("largest size", "7fffffffffffffff\r\nabc", `body "abc"`, "truncated"),
		row("size overflows", "8000000000000000\r\nabc", "error: chunk size too large"),
		row("size wraps", "10000000000000003\r\nabc\r\n", "error: chunk size too large"),
		row("data longer than its size", "3\r\nabcd\r\n0\r\n\r\n", `body "abc"`, longer),
		row("data followed by bare LF", "3\r\nabc\n0\r\n\r\n", `body "abc"`, longer),
		row("data followed by CR CR", "3\r\nabc\r\r0\r\n\r\n", `body "abc"`, longer),
		row("trailer without a colon", "0\r\nX\r\n\r\n", "error: trailers: field without a colon"),
		row("trailer without a name", "0\r\n: x\r\n\r\n", "error: trailers: forbidden byte in a field name"),
		row("fold without a trailer", "0\r\n x\r\n\r\n", "error: trailers: white space before the first field"),
		row("NUL in a trailer", "0\r\nX: \x00\r\n\r\n", "error: trailers: forbidden byte in a field value"),
		row("bare CR in a trailer", "0\r\nX: a\rb\r\n\r\n", "error: trailers: forbidden byte in a field value"),
		row("last chunk without CRLF", "0\r\n\rX\r\n", "error: trailers: field without a colon"),
		row("cut in the last CRLF", "0\r\n\rX", "truncated"),
	}
}
