package pieces_test

import (
	"bufio"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/scenarios"
)

// uuid4 is the form of a random UUID (RFC 9562 §5.4).
var uuid4 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// one compiles a request as a codec without fields of its own would.
func one(t testing.TB, r scenarios.Request, d *loaders.Data, place loaders.Share) *pieces.Template {
	t.Helper()
	m, err := pieces.Mark(&r, pieces.Columns(d), "h")
	if err != nil {
		t.Fatal(err)
	}
	head := "GET " + m.Request.Path + "\r\n"
	for _, h := range m.Request.Headers {
		head += h.Name + ": " + h.Value + "\r\n"
	}
	body := string(m.Request.Body.Bytes())
	head += fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body))
	built := pieces.Request{Bytes: []byte(head + body), HeadBytes: len(head), BodyBytes: int64(len(body))}
	template, err := m.Cut(built, pieces.NewCounters(place))
	if err != nil {
		t.Fatal(err)
	}
	return template
}

// body returns a function that renders a body again and again.
func body(t testing.TB, text string, seed uint64) func() string {
	t.Helper()
	template := one(t, scenarios.Request{Path: "/", Body: &scenarios.Body{Text: text}}, nil, loaders.Share{})
	values := pieces.NewValues(&loaders.Spec{Seed: seed}, 0)
	return func() string {
		r := template.Render(nil, values, 0)
		head, body := string(r.Bytes[:r.HeadBytes]), string(r.Bytes[r.HeadBytes:])
		if want := fmt.Sprintf("GET /\r\nContent-Length: %d\r\n\r\n", len(body)); head != want || r.BodyBytes != int64(len(body)) {
			t.Fatalf("the head is %q, want %q; the body has %d bytes", head, want, r.BodyBytes)
		}
		return body
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	uuids, letters := body(t, "${uuid()}", 1), body(t, "${randstr(12)}", 1)
	for range 10_000 {
		u, l := uuids(), letters()
		if !uuid4.MatchString(u) || seen[u] {
			t.Fatalf("%q is no UUID of version 4, or came before", u)
		}
		if !regexp.MustCompile(`^[0-9A-Za-z]{12}$`).MatchString(l) || seen[l] {
			t.Fatalf("%q is no text of 12 letters and digits, or came before", l)
		}
		seen[u], seen[l] = true, true
	}
	next := body(t, "${counter(a)} ${counter(b)} ${counter(a)} ${counter()}", 1)
	for _, want := range []string{"1 1 2 1", "3 2 4 2", "5 3 6 3"} {
		if got := next(); got != want {
			t.Errorf("counters %q, want %q", got, want)
		}
	}
	before := time.Now().Truncate(time.Microsecond)
	at, err := time.Parse(time.RFC3339Nano, body(t, "${now()}", 1)())
	if err != nil || at.Before(before) || at.After(time.Now()) {
		t.Errorf("the time is %v: %v", at, err)
	}
	unix, err := strconv.ParseInt(body(t, "${now(unix)}", 1)(), 10, 64)
	if err != nil || unix < before.Unix() || unix > time.Now().Unix() {
		t.Errorf("the time is %d: %v", unix, err)
	}
}

// Integers reach both bounds and are spread evenly: χ² of 99 degrees of freedom stays
// below 200 for this seed, where one in 10⁸ would not.
func TestIntegersAreUniform(t *testing.T) {
	t.Parallel()
	const n, cells = 100_000, 100
	next := body(t, "${randint(-49,50)}", 5)
	var seen [cells]float64
	for range n {
		i, err := strconv.Atoi(next())
		if err != nil || i < -49 || i > 50 {
			t.Fatalf("%d: %v", i, err)
		}
		seen[i+49]++
	}
	chi := 0.0
	for _, k := range seen {
		chi += (k - n/cells) * (k - n/cells) / (n / cells)
	}
	if chi > 200 {
		t.Errorf("χ² = %.0f", chi)
	}
	for _, text := range []string{"${randint(7,7)}", "${randint(-9223372036854775808,9223372036854775807)}"} {
		if _, err := strconv.ParseInt(body(t, text, 1)(), 10, 64); err != nil {
			t.Error(err)
		}
	}
}

// The same seed and stream make the same values; other ones do not.
func TestValuesFollowTheSeed(t *testing.T) {
	t.Parallel()
	template := one(t, scenarios.Request{Path: "/${uuid()}/${randint(1,1000000)}/${randstr(9)}"}, nil, loaders.Share{})
	render := func(seed, stream uint64) string {
		v := pieces.NewValues(&loaders.Spec{Seed: seed}, stream)
		return string(template.Render(nil, v, 0).Bytes)
	}
	if render(1, 2) != render(1, 2) || render(1, 2) == render(2, 2) || render(1, 2) == render(1, 3) {
		t.Error("values do not follow seed and stream")
	}
}

// Several loaders give each number once between them.
func TestCountersOfSeveralLoaders(t *testing.T) {
	t.Parallel()
	var got [10]bool
	for i := range 3 {
		template := one(t, scenarios.Request{Path: "/${counter(x)}"}, nil, loaders.Share{Index: i, Of: 3})
		v := pieces.NewValues(&loaders.Spec{}, 0)
		for range 3 {
			path, _, _ := strings.Cut(string(template.Render(nil, v, 0).Bytes), "\r\n")
			n, err := strconv.Atoi(strings.TrimPrefix(path, "GET /"))
			if err != nil || n < 1 || n > 9 || got[n] {
				t.Fatalf("%q: %v", path, err)
			}
			got[n] = true
		}
	}
}

func rows(t testing.TB, text string) *loaders.Data {
	t.Helper()
	d, err := pieces.ReadData(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Values are escaped in path and query, and stand as they are elsewhere.
func TestColumns(t *testing.T) {
	t.Parallel()
	d := rows(t, "a,b c\n1,x\n\"é&/ ?\",\"say \"\"hi\"\"\"\n")
	template := one(t, scenarios.Request{
		Path: "/${a}?q=${b c}&r=$${", Headers: []scenarios.Header{{Name: "X", Value: "<${a}$${a}>"}},
		Body: &scenarios.Body{Text: "$$${b c}${a}$"},
	}, d, loaders.Share{})
	v := pieces.NewValues(&loaders.Spec{Data: d}, 0)
	for row, want := range []string{
		"GET /1?q=x&r=$%7B\r\nX: <1${a}>\r\nContent-Length: 8\r\n\r\n$${b c}1$",
		"GET /%C3%A9%26%2F%20%3F?q=say%20%22hi%22&r=$%7B\r\nX: <é&/ ?${a}>\r\nContent-Length: 14\r\n\r\n$${b c}é&/ ?$",
	} {
		want = strings.Replace(want, "Content-Length: 8", fmt.Sprint("Content-Length: ", len("$${b c}1$")), 1)
		if got := string(template.Render(nil, v, int32(row)).Bytes); got != want {
			t.Errorf("row %d\n got %q\nwant %q", row, got, want)
		}
	}
}

// users are a table in place of data rows.
type users struct{}

func (users) Value(row, column int) []byte { return fmt.Appendf(nil, "%d \"\\\n%d", row, column) }

// Values are escaped in a body as JSON or a form wants it, and come from any table.
func TestEncodings(t *testing.T) {
	t.Parallel()
	d := rows(t, "a,b\n1,2\n")
	for encode, want := range map[scenarios.PieceEncoding]string{
		"": "{\"<7 \"\\\n1>\"}", scenarios.EncodeJSON: `{"<7 \"\\\u000a1>"}`, scenarios.EncodeForm: `{"<7%20%22%5C%0A1>"}`,
	} {
		template := one(t, scenarios.Request{Path: "/", Encode: encode, Body: &scenarios.Body{Text: `{"<${b}>"}`}}, d, loaders.Share{})
		v := pieces.NewValues(&loaders.Spec{Data: d}, 0)
		v.From(users{})
		got := string(template.Render(nil, v, 7).Bytes)
		if _, body, _ := strings.Cut(got, "\r\n\r\n"); body != want {
			t.Errorf("%q: %q, want %q", encode, body, want)
		}
	}
}

// A request id keeps its place behind pieces of any length.
func TestRequestIDBehindPieces(t *testing.T) {
	t.Parallel()
	id := loaders.RequestID(1, 2, 3)
	m, err := pieces.Mark(&scenarios.Request{Path: "/${randint(0,100000)}", Body: &scenarios.Body{Text: "${counter()}"}}, nil, "h")
	if err != nil {
		t.Fatal(err)
	}
	head := "GET " + m.Request.Path + "\r\nX-Id: " + id + "\r\nContent-Length: 5\r\n\r\n"
	built := pieces.Request{Bytes: []byte(head + m.Request.Body.Text), HeadBytes: len(head), IDAt: strings.Index(head, id)}
	template, err := m.Cut(built, pieces.NewCounters(loaders.Share{}))
	if err != nil {
		t.Fatal(err)
	}
	v := pieces.NewValues(&loaders.Spec{}, 0)
	for i := range 100 {
		r := template.Render(nil, v, 0)
		want := fmt.Sprintf("\r\nContent-Length: %d\r\n\r\n%d", len(strconv.Itoa(i+1)), i+1)
		if at := r.IDAt; string(r.Bytes[at:at+len(id)]) != id || string(r.Bytes[at+len(id):]) != want {
			t.Fatalf("%q, with an id at %d", r.Bytes, at)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a${foo}":                           `"${foo}" at 1 names nothing known; pieces are ${uuid()}, `,
		"${user}":                           `did you mean ${users}?; pieces are ` + pieces.Known + `; columns of the data are users, id; a literal ${ is written $${`,
		"${}":                               `"${}" at 0 names nothing known`,
		"${uuid":                            `"${uuid…" at 0 has no }: a literal ${ is written $${`,
		"${uuid(1)}":                        `takes nothing between its parentheses`,
		"${uuid()":                          `has no }`,
		"${uuid() }":                        `names nothing known, did you mean ${uuid()}?`,
		"${randint(1)}":                     `takes the least and the greatest number`,
		"${randint(a,2)}":                   `takes the least and the greatest number`,
		"${randint(1,9223372036854775808)}": `takes the least and the greatest number`,
		"${randint(3,2)}":                   `has the least number 3 above the greatest one, 2`,
		"${randstr()}":                      `takes the number of letters, from 1 to 65536`,
		"${randstr(65537)}":                 `takes the number of letters`,
		"${counter(a,b)}":                   `takes one name`,
		"${now(rfc)}":                       `is ${now()} for a time such as`,
		"${a} ${b}":                         `"${b}" at 5 names nothing known`,
		"${" + strings.Repeat("x", 99):      `"${` + strings.Repeat("x", 40) + `…" at 0 has no }`,
	} {
		_, err := pieces.Parse(text, []string{"users", "id"})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// What cannot have pieces is refused with its name.
func TestRequestsRefused(t *testing.T) {
	t.Parallel()
	d := rows(t, "a,b\n1,x\n2,\"y\nz\"\n")
	base := scenarios.Request{Name: "r", Method: "GET", Path: "/${a}", Pieces: true}
	for want, change := range map[string]func(*loaders.Spec){
		"header Connection: it says how the request is sent": func(s *loaders.Spec) {
			s.Requests[0].Headers = []scenarios.Header{{Name: "Connection", Value: "${a}"}}
		},
		"give it no chunks and no length": func(s *loaders.Spec) { s.Requests[0].Body = &scenarios.Body{Text: "${a}", Chunk: 5} },
		"cannot be compared with its echo": func(s *loaders.Spec) {
			s.Requests[0].Body, s.Requests[0].Expect.Echo = &scenarios.Body{Text: "${a}"}, true
		},
		"an exchange of steps sends the same":  func(s *loaders.Spec) { s.Requests[0].Exchange = scenarios.Exchange{{AwaitEnd: new(true)}} },
		"leave out the pieces in them":         func(s *loaders.Spec) { s.Follow = true },
		"no request uses a column of the data": func(s *loaders.Spec) { s.Requests[0].Path = "/${uuid()}" },
		`row 2 of the data has the control character '\n' in its column b`: func(s *loaders.Spec) {
			s.Requests[0].Headers = []scenarios.Header{{Name: "X", Value: "${b}"}}
		},
		`request "r": path: "${c}" at 1 names nothing known`: func(s *loaders.Spec) { s.Requests[0].Path = "/${c}" },
	} {
		spec := loaders.Spec{Data: d, Requests: []scenarios.Request{base}}
		if err := pieces.Check(&spec); err != nil {
			t.Fatal(err)
		}
		change(&spec)
		if err := pieces.Check(&spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// The literal parts of a text change, and nothing else.
func TestMapLiterals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                       "",
		"a b":                    "a+b",
		"a b${x y}c d":           "a+b${x y}c+d",
		"$${a b}":                "$${a+b%7D",
		"${a b}${c d}$${${e f} ": "${a b}${c d}$${${e f}+",
		"a b${c d":               "a+b${c d",
	} {
		if got := pieces.MapLiterals(text, url.QueryEscape); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A text without pieces is a literal, however its dollars and braces stand.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "a", "${uuid()}", "$${", "$$${a}", "${a}${", "${randint(1,2)}}", "${randstr(9)", "$${$${${now()}", "${counter(ä)}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := pieces.Parse(text, []string{"a"})
		if !pieces.Has(text) && (err != nil || len(list) > 1) {
			t.Fatalf("%q has no pieces: %v", text, err)
		}
		same := func(s string) string { return s }
		if got := pieces.MapLiterals(text, same); got != text {
			t.Fatalf("%q became %q", text, got)
		}
		if err != nil || len(text) > 1000 {
			return
		}
		d := &loaders.Data{Columns: []string{"a"}, Text: []byte("x"), Ends: []uint32{1}}
		template := one(t, scenarios.Request{Path: "/", Body: &scenarios.Body{Text: text}}, d, loaders.Share{})
		r := template.Render(nil, pieces.NewValues(&loaders.Spec{Data: d}, 0), 0)
		if want := fmt.Sprintf("\r\nContent-Length: %d\r\n\r\n", len(r.Bytes)-r.HeadBytes); !strings.HasSuffix(string(r.Bytes[:r.HeadBytes]), want) {
			t.Fatalf("%q makes the head %q, want %q", text, r.Bytes[:r.HeadBytes], want)
		}
	})
}

// Escaped dollars give back every text.
func TestEscaping(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringMatching(`[${}a() ]{0,30}`).Draw(rt, "text")
		got := body(t, strings.ReplaceAll(text, "${", "$${"), 1)()
		if got != text {
			rt.Fatalf("%q came as %q", text, got)
		}
	})
}

func TestReadData(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"id,name\n1,a\n\n2,\"b,\n\"\"c\"\n": "id|name 1|a 2|b,\n\"c",
		"\xef\xbb\xbf id , name \r\n1,\r\n": "id|name 1|",
		"one\nx":                            "one x",
		"{\"a\":\"x\\n\",\"b\":1e3}\n\n {\"b\":null,\"a\":true}": "a|b x\n|1e3 true|",
		"\n{\"a\":\"ä\"}\n": "a ä",
	} {
		d := rows(t, text)
		got := []string{strings.Join(d.Columns, "|")}
		for row := range d.Rows() {
			var values []string
			for column := range d.Columns {
				values = append(values, string(d.Value(row, column)))
			}
			got = append(got, strings.Join(values, "|"))
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q: %q, want %q", text, s, want)
		}
	}
	for text, want := range map[string]string{
		"":                             "is empty: ",
		" \n":                          "is empty: ",
		"[1]":                          "holds a JSON list: write one object a line",
		"a,b\n":                        "names columns and has no row behind them",
		"a,b\n1,2\n3\n":                "line 3 has 1 values, and there are 2 columns",
		"a,b\n1,2\n\n3,4,5\n":          "line 4 has 3 values, and there are 2 columns",
		"a,a\n1,2\n":                   `line 1 names two columns "a"`,
		"a,\n1,2\n":                    "line 1 gives column 2 no name",
		"a}\n1\n":                      `line 1 names a column "a}"`,
		"a\n\"x\n":                     "is no CSV",
		"{\"a\":1}\n{\"a\":{}}":        `line 2 holds an object or a list in "a"`,
		"{\"a\":1}\n{\"b\":1}":         `line 2 lacks "a", which the first object has`,
		"{\"a\":1}\n{\"a\":1,\"b\":1}": `line 2 has "b", which the first object lacks`,
		"{\"a\":1}\n{\"a\":1,\"a\":1}": "line 2 has a key twice",
		"{\"a\":1} {\"a\":1}":          "line 1 holds more than one JSON object",
		"{\"a\":1}\n7":                 "line 2 is no JSON object: it begins otherwise",
		"{\"a\":":                      "line 1 is no JSON object",
		"{}":                           "names columns and has no row",
	} {
		if _, err := pieces.ReadData(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzReadData(f *testing.F) {
	for _, text := range []string{"a,b\n1,2\n", "{\"a\":1}\n", "\xef\xbb\xbfa\n\"", "[", "{\"a\":[]}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := pieces.ReadData(strings.NewReader(text))
		if err == nil && (d.Rows() == 0 || len(d.Columns)*d.Rows() != len(d.Ends)) {
			t.Fatalf("%d rows of %d columns with %d values", d.Rows(), len(d.Columns), len(d.Ends))
		}
	})
}

func TestRenderDoesNotAllocate(t *testing.T) {
	template, v := full(t)
	buf := template.Render(nil, v, 0).Bytes
	buf = make([]byte, 0, 2*len(buf))
	template.Render(buf, v, 1)
	if n := testing.AllocsPerRun(1000, func() { template.Render(buf, v, 1) }); n != 0 {
		t.Errorf("%v allocations a request", n)
	}
}

// full returns a request with each piece.
func full(t testing.TB) (*pieces.Template, *pieces.Values) {
	t.Helper()
	d := rows(t, "user\nann\nbob smith\n")
	template := one(t, scenarios.Request{
		Path:    "/${user}?a=${uuid()}&b=${now()}",
		Headers: []scenarios.Header{{Name: "X", Value: "${randint(1,1000000)}"}},
		Body:    &scenarios.Body{Text: "${counter(x)} ${randstr(8)} ${now(unix)} ${user}"},
	}, d, loaders.Share{})
	return template, pieces.NewValues(&loaders.Spec{Data: d}, 0)
}

// The cost of a piece is what a request with it takes more than one without.
func BenchmarkRender(b *testing.B) {
	d := rows(b, "user\nann\n")
	for _, text := range []string{"", "${uuid()}", "${randint(1,1000000)}", "${randstr(8)}", "${counter(x)}", "${now()}", "${now(unix)}", "${user}"} {
		b.Run(strings.Trim(text, "${}")+" in header", func(b *testing.B) {
			benchmark(b, scenarios.Request{Path: "/", Headers: []scenarios.Header{{Name: "X", Value: text}}}, d)
		})
	}
	for _, text := range []string{"${now()}", "${user}"} {
		b.Run(strings.Trim(text, "${}")+" in URL", func(b *testing.B) { benchmark(b, scenarios.Request{Path: "/" + text}, d) })
	}
	b.Run("uuid() in body", func(b *testing.B) {
		benchmark(b, scenarios.Request{Path: "/", Body: &scenarios.Body{Text: "${uuid()}"}}, d)
	})
}

func benchmark(b *testing.B, r scenarios.Request, d *loaders.Data) {
	template := one(b, r, d, loaders.Share{})
	v := pieces.NewValues(&loaders.Spec{Data: d}, 0)
	buf := make([]byte, 0, 1<<10)
	b.ReportAllocs()
	for b.Loop() {
		template.Render(buf, v, 0)
	}
}

// A million rows take their bytes, and four more for each value.
func TestMemoryOfRows(t *testing.T) {
	t.Parallel()
	const n = 1_000_000
	from, to := io.Pipe()
	go func() {
		out := bufio.NewWriter(to)
		fmt.Fprintln(out, "id,name,mail")
		for i := range n {
			fmt.Fprintf(out, "%07d,user %07d,user%07d@example.com\n", i, i, i)
		}
		to.CloseWithError(out.Flush())
	}()
	d, err := pieces.ReadData(from)
	if err != nil || d.Rows() != n || string(d.Value(n-1, 1)) != "user 0999999" {
		t.Fatalf("%d rows: %v", d.Rows(), err)
	}
	// The allocator rounds up.
	if bytes, most := cap(d.Text)+4*cap(d.Ends), (7+12+23+3*4)*n+1<<20; bytes > most {
		t.Errorf("%d rows take %d bytes, want %d at most", n, bytes, most)
	}
}
