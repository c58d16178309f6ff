package summary

import "fmt"

// redirects prints the redirects that were followed, and those that nobody followed.
func (t *summary) redirects() {
	p := t.phase
	if p.Followed > 0 {
		t.item("redirects", "%s followed, %s a request: counts and times are those of whole chains",
			count(p.Followed), digits(float64(p.Followed)/float64(max(1, p.Asked))))
	}
	n := p.Unfollowed()
	if n == 0 {
		return
	}
	to, what := "", "they name no URL to follow"
	if r := p.FirstUnfollowed; r != nil {
		to = fmt.Sprintf(" (to %s)", r.URL)
		switch {
		case r.Malformed:
			what = "that is no URL to follow"
		case r.Elsewhere:
			what = "--follow stays within the scheme, host and port: load that URL itself"
		default:
			what = "--follow follows them"
		}
	}
	t.item("redirects", "%s that nobody followed%s: %s", count(n), to, what)
}
