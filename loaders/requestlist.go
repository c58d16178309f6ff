package loaders

import (
	"encoding/json"
	"fmt"

	"github.com/joust-bench/joust/scenarios"
)

// RequestList is a list of requests. In JSON it holds a large text once, however many
// bodies have it, and the decoded bodies share its memory.
type RequestList []scenarios.Request

// leastShared is the least length in bytes of a text that is worth sharing.
const leastShared = 4 << 10

// sharedList is the form in JSON of a list whose bodies share large texts. A list without
// any is a plain array.
type sharedList struct {
	Requests []scenarios.Request `json:"requests"`
	// Texts are the shared texts; Uses are their places.
	Texts [][]byte  `json:"texts"`
	Uses  []textUse `json:"uses"`
}

// textUse is the place of a shared text: in the body of the request of that number or,
// where Expected is true, in that of its right answer.
type textUse struct {
	Request  int  `json:"request"`
	Expected bool `json:"expected,omitempty"`
	Text     int  `json:"text"`
}

// body returns the place of the request's body, or of its right answer's.
func body(r *scenarios.Request, expected bool) **scenarios.Body {
	if expected {
		return &r.Expect.Body
	}
	return &r.Body
}

// MarshalJSON writes the list.
func (l RequestList) MarshalJSON() ([]byte, error) {
	out := sharedList{Requests: append([]scenarios.Request{}, l...)}
	times := make(map[string]int)
	l.eachLarge(func(_ int, _ bool, text string) { times[text]++ })
	places := make(map[string]int)
	l.eachLarge(func(i int, expected bool, text string) {
		if times[text] < 2 {
			return
		}
		at, known := places[text]
		if !known {
			at = len(out.Texts)
			places[text] = at
			out.Texts = append(out.Texts, []byte(text))
		}
		to := body(&out.Requests[i], expected)
		bare := **to
		bare.Text = ""
		*to = &bare
		out.Uses = append(out.Uses, textUse{Request: i, Expected: expected, Text: at})
	})
	if len(out.Texts) == 0 {
		return json.Marshal(out.Requests)
	}
	return json.Marshal(out)
}

// eachLarge calls use with the large text of each body.
func (l RequestList) eachLarge(use func(request int, expected bool, text string)) {
	for i := range l {
		for _, expected := range []bool{false, true} {
			if b := *body(&l[i], expected); b != nil && len(b.Text) >= leastShared {
				use(i, expected, b.Text)
			}
		}
	}
}

// UnmarshalJSON reads both forms of MarshalJSON.
func (l *RequestList) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] != '{' {
		return json.Unmarshal(data, (*[]scenarios.Request)(l))
	}
	var in sharedList
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("reading a list of requests: %w", err)
	}
	texts := make([]string, len(in.Texts))
	for i := range texts {
		texts[i] = string(in.Texts[i])
		in.Texts[i] = nil
	}
	for _, use := range in.Uses {
		if use.Request < 0 || use.Request >= len(in.Requests) || use.Text < 0 || use.Text >= len(texts) {
			return fmt.Errorf("reading a list of requests: text %d of request %d is not there", use.Text, use.Request)
		}
		to := body(&in.Requests[use.Request], use.Expected)
		if *to == nil {
			return fmt.Errorf("reading a list of requests: request %d has no body for its text", use.Request)
		}
		(*to).Text = texts[use.Text]
	}
	*l = in.Requests
	return nil
}
