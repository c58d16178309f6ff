// Command flow-shop is the server of scripts/flow.yaml: a shop with a login by name and
// password, items, and orders for those who have logged in. It listens on the address that
// it is given.
package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"sync"
)

func main() {
	if len(os.Args) != 2 {
		panic("flow-shop wants one argument, the address to listen on, such as 127.0.0.1:8090")
	}
	panic(http.ListenAndServe(os.Args[1], newShop()))
}

// session is the name of the cookie that a login sets.
const session = "shop_session"

// shop knows the users who have logged in.
type shop struct {
	mu sync.Mutex
	// users are by session, tokens by name.
	users, tokens map[string]string
}

func newShop() http.Handler {
	s := &shop{users: map[string]string{}, tokens: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("GET /items", items)
	mux.HandleFunc("POST /orders", s.order)
	return mux
}

// login answers with a token, and sets a cookie: an order needs both.
func (s *shop) login(w http.ResponseWriter, r *http.Request) {
	var user struct{ Name, Password string }
	if json.NewDecoder(r.Body).Decode(&user) != nil || user.Name == "" || user.Password != "secret of "+user.Name {
		http.Error(w, "no such user", http.StatusUnauthorized)
		return
	}
	id, token := rand.Text(), rand.Text()
	s.mu.Lock()
	s.users[id], s.tokens[id] = user.Name, token
	s.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: session, Value: id, Path: "/", HttpOnly: true})
	answer(w, http.StatusOK, map[string]any{"token": token})
}

// items lists what there is to buy.
func items(w http.ResponseWriter, r *http.Request) {
	page := r.URL.Query().Get("page")
	answer(w, http.StatusOK, map[string]any{"items": []map[string]any{{"id": "tea-" + page, "price": 4}, {"id": "cup-" + page, "price": 9}}})
}

// order takes the order of a user who has logged in.
func (s *shop) order(w http.ResponseWriter, r *http.Request) {
	id := ""
	if c, err := r.Cookie(session); err == nil {
		id = c.Value
	}
	s.mu.Lock()
	user, token := s.users[id], s.tokens[id]
	s.mu.Unlock()
	var asked struct{ Item, Reference string }
	switch {
	case user == "" || r.Header.Get("Authorization") != "Bearer "+token:
		http.Error(w, "log in first", http.StatusUnauthorized)
	case json.NewDecoder(r.Body).Decode(&asked) != nil || asked.Item == "":
		http.Error(w, "an order has an item", http.StatusBadRequest)
	default:
		w.Header().Set("Location", fmt.Sprintf("/orders/%s", asked.Reference))
		answer(w, http.StatusCreated, map[string]any{"user": user, "item": asked.Item})
	}
}

// answer writes the value as JSON.
func answer(w http.ResponseWriter, status int, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that has gone needs no answer
}
