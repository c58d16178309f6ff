package results

import (
	"net/http"
	"strconv"
)

// Redirect is an answer that asks for another request, which nobody made.
type Redirect struct {
	// Status is one of those of Redirects.
	Status int `json:"status"`
	// URL is the absolute URL of that request without a password, or the text of the
	// Location field where that is no URL.
	URL string `json:"url"`
	// Elsewhere is true where the URL has another scheme, host or port than the request
	// had, Malformed where no request can be made of it. Such redirects are never
	// followed.
	Elsewhere bool `json:"elsewhere,omitempty"`
	Malformed bool `json:"malformed,omitempty"`
}

// redirects are the statuses that ask to follow the Location field (RFC 9110 §15.4).
var redirects = [...]int{
	http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect,
}

// Redirects reports whether an answer of the status asks for another request: 301,
// 302, 303, 307 and 308 do.
func Redirects(status int) bool {
	for _, r := range redirects {
		if status == r {
			return true
		}
	}
	return false
}

// Unfollowed returns how many answers of the window redirected, without those that
// were followed.
func (p *Phase) Unfollowed() uint64 {
	var n uint64
	for _, status := range redirects {
		n += p.Total.Status[strconv.Itoa(status)]
	}
	return n
}
