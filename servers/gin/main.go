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
	os.Exit(fixture.Main(stdhttp.Server(routes())))
}

// answers holds what the handlers share.
type answers struct {
	large  []byte
	bodies fixture.Bodies
}

func routes() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	a := &answers{large: fixture.Large()}
	engine := gin.New()
	engine.GET("/", a.hello)
	engine.GET("/json", a.json)
	engine.POST("/echo", a.echo)
	engine.GET("/large", a.serveLarge)
	engine.HEAD("/large", a.serveLarge)
	engine.POST("/upload", a.upload)
	return engine
}

func (a *answers) hello(c *gin.Context) {
	c.String(http.StatusOK, fixture.Alive)
}

func (a *answers) json(c *gin.Context) {
	id, err := fixture.ID(c.Query("id"))
	if err != nil {
		c.String(http.StatusBadRequest, "%v", err)
		return
	}
	c.JSON(http.StatusOK, fixture.NewObject(id))
}

func (a *answers) echo(c *gin.Context) {
	body, err := a.bodies.Read(c.Request.Body)
	if err != nil {
		c.String(http.StatusBadRequest, "%v", err)
		return
	}
	defer a.bodies.Release(body)
	c.Data(http.StatusOK, fixture.TypeBytes, body.Bytes()) // sets Content-Length too
}

func (a *answers) serveLarge(c *gin.Context) {
	c.Data(http.StatusOK, fixture.TypeText, a.large)
}

func (a *answers) upload(c *gin.Context) {
	n, err := a.bodies.Count(c.Request.Body, c.Request.ContentLength)
	if err != nil {
		c.String(http.StatusBadRequest, "%v", err)
		return
	}
	c.String(http.StatusOK, strconv.FormatInt(n, 10))
}
