package adhoc

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec/h1/wire"
	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/scenarios"
)

// DefaultBust is the parameter of --bust without a name.
const DefaultBust = "_cb"

// busted returns the path with a parameter whose value is new for each request.
func busted(path, parameter string) string {
	if parameter == "" {
		return path
	}
	sign := "?"
	if strings.Contains(path, "?") {
		sign = "&"
	}
	return path + sign + parameter + "=" + pieces.Begin + "uuid()}"
}

// usesPieces reports whether ${ in the texts begins a piece.
func (f *Flags) usesPieces() bool { return !f.Literal && f.Script == nil || f.Bust != "" }

// hasPieces reports whether a text of the request may hold a piece.
func hasPieces(r *scenarios.Request) bool {
	return pieces.Has(r.Path) || r.Body != nil && pieces.Has(r.Body.Text) ||
		slices.ContainsFunc(r.Headers, func(h scenarios.Header) bool { return pieces.Has(h.Value) })
}

// builds returns whether the request, or what its pieces make of it, ends its connection,
// and the problems of its bytes.
func (f *Flags) builds(r *scenarios.Request, host string) (ends bool, err error) {
	asked := *r
	if r.Pieces {
		m, err := pieces.Mark(r, pieces.Columns(f.Data), host)
		if err != nil {
			return false, err
		}
		asked = m.Request
	}
	built, err := wire.Compile(&asked, host)
	return built.Ends, err
}

// data returns the rows of data with their order.
func (f *Flags) data() *loaders.Data {
	if f.Data == nil {
		return nil
	}
	d := *f.Data
	d.Order = cmp.Or(f.DataOrder, loaders.LoopRows)
	return &d
}

// rowsEnd reports whether the load ends with its data rows, so that each counts.
func (f *Flags) rowsEnd() bool {
	return f.Data != nil && (f.DataOrder == loaders.SequentialRows || f.DataOrder == loaders.UniqueRows)
}

// checkPieces checks the flags whose texts may hold pieces.
func (f *Flags) checkPieces(u URL, refuse refusal) {
	columns := pieces.Columns(f.Data)
	check := func(flag, text string) {
		if f.usesPieces() && pieces.Has(text) {
			_, err := pieces.Parse(text, columns)
			refuse(err != nil, "%s: %w", flag, err)
		}
	}
	check(fmt.Sprintf("URL path %q", u.Path), u.Path)
	for _, line := range f.Headers {
		check(fmt.Sprintf("-H %q", line), line)
	}
	for _, cookie := range f.Cookies {
		check(fmt.Sprintf("--cookie %q", cookie), cookie)
	}
	for _, field := range f.Form {
		check(fmt.Sprintf("--form %q", field), field)
	}
	check("the body", given(f.Body, ""))
	refuse(f.usesPieces() && pieces.Has(f.BasicAuth), "-A %s…: its text is encoded before pieces could change it: give the header with -H 'Authorization: …'", pieces.Begin)
	foreign := func(c rune) bool {
		return !strings.ContainsRune("-._~", c) && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	}
	refuse(strings.ContainsFunc(f.Bust, foreign), "--bust=%s: the name of a parameter is made of letters, digits and -._~, such as %s", f.Bust, DefaultBust)
	if f.Data == nil {
		refuse(f.DataOrder != "", "--data-order %s says how the rows of --data are taken: give a file with --data", f.DataOrder)
		return
	}
	refuse(f.DataOrder != "" && !slices.Contains(loaders.DataOrders(), f.DataOrder), "--data-order %s: %s", f.DataOrder, loaders.DataOrderWords)
	rows := uint64(f.Data.Rows())
	refuse(f.DataOrder == loaders.UniqueRows && given(f.Requests, 0) > rows, "-n %d with --data-order unique and %d rows: each request takes a row of its own: ask for fewer requests, or take the order loop", given(f.Requests, 0), rows)
}
