package main

import (
	"context"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/network"
)

// requestsKey is the key of the number of requests in the context of a connection.
type requestsKey struct{}

// countRequests gives each connection a count of its requests.
func countRequests(ctx context.Context, _ network.Conn) context.Context {
	return context.WithValue(ctx, requestsKey{}, new(int))
}

// limitRequests ends each connection after so many requests, since hertz has no such
// limit. Requests of one connection come one by one.
func limitRequests(limit int) app.HandlerFunc {
	return func(ctx context.Context, c *app.RequestContext) {
		if requests, ok := ctx.Value(requestsKey{}).(*int); ok {
			if *requests++; *requests >= limit {
				c.SetConnectionClose()
			}
		}
		c.Next(ctx)
	}
}
