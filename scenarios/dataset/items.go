package dataset

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
)

// MaxItems is the number of items of the data set.
const MaxItems = 50

// Item is one item. The order of the fields is the order on the wire.
type Item struct {
	ID       int    `json:"id"`
	Name     string `json:"name"`
	Category string `json:"category"`
	// Price is 2 to 496, Quantity 4 to 97.
	Price    int64 `json:"price"`
	Quantity int64 `json:"quantity"`
	Active   bool  `json:"active"`
	// Tags are one to four.
	Tags   []string `json:"tags"`
	Rating Rating   `json:"rating"`
}

// Rating is what buyers think of an item.
type Rating struct {
	// Score is 10 to 50, in tenths of a star.
	Score int `json:"score"`
	// Count is the number of buyers; 1 to 999.
	Count int `json:"count"`
}

// priced is an item of an answer.
type priced struct {
	Item
	Total int64 `json:"total"`
}

// Answer returns the body of /json/{count}?m={multiplier}: the first count items, 0 to
// MaxItems, with their totals.
func Answer(count int, multiplier int64) []byte {
	answer := struct {
		Items []priced `json:"items"`
		Count int      `json:"count"`
	}{Items: make([]priced, count), Count: count}
	for i, item := range items()[:count] {
		answer.Items[i] = priced{item, item.Price * item.Quantity * multiplier}
	}
	return encode(answer)
}

// ItemsJSON returns all items as a JSON array.
func ItemsJSON() []byte { return encode(items()) }

// Items returns all items. The caller may change them.
func Items() []Item {
	out := slices.Clone(items())
	for i := range out {
		out[i].Tags = slices.Clone(out[i].Tags)
	}
	return out
}

// encode panics where plain data cannot be written as JSON, which is a mistake of this
// package.
func encode(value any) []byte {
	out, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("encode the data set: %v", err))
	}
	return out
}

// items makes the items once. No text has a letter that JSON libraries escape in
// different ways.
var items = sync.OnceValue(func() []Item { return makeItems(itemsSeed) })

// itemsSeed gives answers of 203 bytes with one item and of 8.4 KB with all.
const itemsSeed = 6295

func makeItems(seed uint64) []Item {
	rnd := rand.New(rand.NewPCG(seed, 0))
	pick := func(words ...string) string { return words[rnd.IntN(len(words))] }
	between := func(least, most int) int { return least + rnd.IntN(most-least+1) }
	tags := []string{"popular", "eco", "rare", "limited", "hot", "fair", "new", "sale"}
	out := make([]Item, MaxItems)
	for i := range out {
		rnd.Shuffle(len(tags), func(a, b int) { tags[a], tags[b] = tags[b], tags[a] })
		out[i] = Item{
			ID:       i + 1,
			Name:     pick("Alpine", "Coastal", "Urban", "Northern", "Classic", "Modern") + " " + pick("Lantern", "Backpack", "Kettle", "Speaker", "Blanket", "Notebook"),
			Category: pick("electronics", "outdoors", "kitchen", "office", "clothing"),
			Price:    int64(between(2, 496)),
			Quantity: int64(between(4, 97)),
			Active:   rnd.IntN(4) > 0,
			Tags:     slices.Clone(tags[:between(1, 4)]),
			Rating:   Rating{Score: between(10, 50), Count: between(1, 999)},
		}
	}
	return out
}
