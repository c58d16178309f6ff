# frozen_string_literal: true

# A Rack application without a framework; Rack's own parsers.

require "rack"
require "time"
require_relative "../lib/ruby/answers"

# App answers the requests. A new row is a new entry of ROUTES or PREFIXES. A handler
# returns status, headers and body.
class App
  def call(env)
    status, headers, body = respond(Rack::Request.new(env))
    headers["Date"] = Time.now.httpdate # puma sends none
    [status, headers, body]
  end

  private

  def respond(request)
    dispatch(request)
  rescue Answers::BadRequest => e
    text("#{e.message}\n", 400)
  end

  def dispatch(request)
    method = request.head? ? "GET" : request.request_method
    path = request.path_info
    if (route = ROUTES["#{method} #{path}"])
      return send(route, request)
    end

    folder, slash, tail = path.rpartition("/")
    route = PREFIXES["#{method} #{folder}#{slash}"]
    route ? send(route, request, tail) : text("not found\n", 404)
  end

  def answer(body, type, headers = {}, status = 200)
    [status, { "Content-Type" => type, **headers }, [body]]
  end

  def text(body, status = 200)
    answer(body, "text/plain", {}, status)
  end

  def json(value)
    answer(JSON.generate(value), "application/json")
  end

  # compressed returns JSON, gzipped where the client takes it.
  def compressed(request, value)
    body = JSON.generate(value)
    headers = { "Vary" => "Accept-Encoding" }
    if request.get_header("HTTP_ACCEPT_ENCODING").to_s.include?("gzip")
      headers["Content-Encoding"] = "gzip"
      body = Zlib.gzip(body)
    end
    answer(body, "application/json", headers)
  end

  # number returns a whole number of the query.
  def number(request, name, absent = nil)
    Answers.whole(request.GET.fetch(name, absent))
  end

  # count reads the body in pieces and returns the number of its bytes.
  def count(request)
    piece = String.new(capacity: Answers::PIECE)
    bytes = 0
    bytes += piece.bytesize while request.body.read(Answers::PIECE, piece)
    bytes
  end

  # pairs returns the number of the pairs that Rack parsed.
  def pairs(parsed)
    parsed.values.flatten.size.to_s
  end

  def alive(_request) = text(Answers::ALIVE)
  def status_object(request) = json(Answers.status_object(number(request, "id", "1")))
  def echo(request) = answer(request.body.read, "application/octet-stream")
  def large(_request) = text(Answers::LARGE)
  def cookies(request) = text(request.cookies.size.to_s)
  def upload(request) = text(count(request).to_s)
  def upload_whole(request) = text(request.body.read.bytesize.to_s)
  def form(request) = text(pairs(request.POST))
  def query(request) = text(pairs(Rack::Utils.parse_query(request.query_string)))
  def redirect(_request) = [302, { "Location" => "/target", "Content-Length" => "0" }, []]
  def preflight(_request) = [204, Answers::CORS.dup, []]
  def ok(_request) = text("ok")

  def drain(request)
    count(request)
    text("ok")
  end

  def table(request)
    compressed(request, Answers.table(number(request, "seed", "1")))
  end

  def etag(request)
    tag = { "ETag" => Answers::ETAG }
    return [304, tag, []] if request.get_header("HTTP_IF_NONE_MATCH") == Answers::ETAG

    answer(Answers::ALIVE, "text/plain", tag)
  end

  # events returns a body of many parts, which puma sends one by one.
  def events(_request)
    headers = { "Content-Type" => "text/event-stream", "Cache-Control" => "no-cache" }
    [200, headers, Answers::EVENTS.each]
  end

  def baseline(request)
    total = number(request, "a") + number(request, "b")
    total += Answers.whole(request.body.read) if request.post?
    text(total.to_s)
  end

  def items(request, tail)
    json(Answers.first_items(Answers.whole(tail), number(request, "m", "1")))
  end

  def compressed_items(request, tail)
    compressed(request, Answers.first_items(Answers.whole(tail), number(request, "m", "1")))
  end

  def delay(_request, tail)
    sleep(Answers.whole(tail) / 1000.0)
    text("ok")
  end

  def static(request, tail)
    file = Answers::STATIC_FILES[tail]
    return text("not found\n", 404) unless file

    path, headers = file.best(request.get_header("HTTP_ACCEPT_ENCODING").to_s)
    [200, headers, [File.binread(path)]]
  end

  # Exact paths. A GET route answers HEAD too: puma leaves the body out.
  ROUTES = {
    "GET /" => :alive,
    "GET /json" => :status_object,
    "POST /echo" => :echo,
    "GET /large" => :large,
    "GET /cookies" => :cookies,
    "POST /upload" => :upload,
    "POST /upload_auto" => :upload_whole,
    "POST /upload_manual" => :upload,
    "POST /form" => :form,
    "POST /drain" => :drain,
    "GET /gzip" => :table,
    "GET /qs" => :query,
    "GET /etag" => :etag,
    "GET /redirect" => :redirect,
    "OPTIONS /api" => :preflight,
    "GET /sse" => :events,
    "GET /baseline11" => :baseline,
    "POST /baseline11" => :baseline,
    "GET /pipeline" => :ok,
    **Answers::ITEM_PATHS.to_h { |path| ["GET #{path}", :alive] },
  }.freeze

  # Paths with one variable segment at the end, which the handler gets.
  PREFIXES = {
    "GET /json/" => :compressed_items,
    "GET /httparena_json/" => :items,
    "GET /delay/" => :delay,
    "GET /static/" => :static,
  }.freeze
end

run App.new
