// Command gin is the gin framework in release mode, without the logger and the
// recovery of gin.Default.
package main

import (
	"net/http"
	"os"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/joust-bench/joust/servers/fixture"
	"github.com/joust-bench/joust/servers/fixture/stdhttp"
)

func main() {
	os.Exit(fixture.Main(stdhttp.App(routes())))
}

func routes() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	var bodies fixture.Bodies
	body := fixture.Large()
	large := func(c *gin.Context) { c.Data(http.StatusOK, fixture.TypeText, body) }
	engine := gin.New()
	engine.GET("/", func(c *gin.Context) { c.String(http.StatusOK, fixture.Alive) })
	engine.GET("/json", object)
	engine.POST("/echo", func(c *gin.Context) { echo(c, &bodies) })
	engine.GET("/large", large)
	engine.HEAD("/large", large)
	engine.POST("/upload", func(c *gin.Context) { upload(c, &bodies) })
	return engine
}

func object(c *gin.Context) {
	id, err := fixture.ID(c.Query("id"))
	if err != nil {
		c.String(http.StatusBadRequest, "%v", err)
		return
	}
	c.JSON(http.StatusOK, fixture.NewObject(id))
}

func echo(c *gin.Context, bodies *fixture.Bodies) {
	body, err := bodies.Read(c.Request.Body)
	if err != nil {
		c.String(http.StatusBadRequest, "%v", err)
		return
	}
	defer bodies.Release(body)
	c.Data(http.StatusOK, fixture.TypeBytes, body.Bytes()) // sets Content-Length too
}

func upload(c *gin.Context, bodies *fixture.Bodies) {
	n, err := bodies.Count(c.Request.Body, c.Request.ContentLength)
	if err != nil {
		c.String(http.StatusBadRequest, "%v", err)
		return
	}
	c.String(http.StatusOK, strconv.FormatInt(n, 10))
}
