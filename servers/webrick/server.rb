# frozen_string_literal: true

# WEBrick with its own router and parsers: one thread a connection.
# A new row is a new entry of ROUTES.

require "optparse"
require "webrick"
require_relative "../lib/ruby/answers"

# Routes answers the requests. A method gets the request and the response; its
# name stands in ROUTES.
module Routes
  module_function

  def answer(res, body, type = "text/plain")
    res["Content-Type"] = type
    res.body = body
  end

  def json(res, value)
    answer(res, JSON.generate(value), "application/json")
  end

  # compressed sends JSON, gzipped where the client takes it.
  def compressed(req, res, value)
    body = JSON.generate(value)
    res["Vary"] = "Accept-Encoding"
    if req["Accept-Encoding"].to_s.include?("gzip")
      res["Content-Encoding"] = "gzip"
      body = Zlib.gzip(body)
    end
    answer(res, body, "application/json")
  end

  # number returns a whole number of the query, for any method.
  def number(req, name, absent = nil)
    query = WEBrick::HTTPUtils.parse_query(req.query_string)
    Answers.whole(query.key?(name) ? query[name].to_s : absent)
  end

  # whole_body returns the body, for which the client may wait to be asked.
  def whole_body(req)
    req.continue
    req.body || ""
  end

  # count reads the body in pieces and returns the number of its bytes.
  def count(req)
    req.continue
    bytes = 0
    req.body { |piece| bytes += piece.bytesize }
    bytes
  end

  def not_found(req)
    raise WEBrick::HTTPStatus::NotFound, "not found: #{req.path}"
  end

  def alive(_req, res) = answer(res, Answers::ALIVE)
  def status_object(req, res) = json(res, Answers.status_object(number(req, "id", "1")))
  def echo(req, res) = answer(res, whole_body(req), "application/octet-stream")
  def large(_req, res) = answer(res, Answers::LARGE)
  def cookies(req, res) = answer(res, req.cookies.size.to_s)
  def upload(req, res) = answer(res, count(req).to_s)
  def upload_whole(req, res) = answer(res, whole_body(req).bytesize.to_s)
  def query(req, res) = answer(res, req.query.size.to_s) # of a form too
  def table(req, res) = compressed(req, res, Answers.table(number(req, "seed", "1")))
  def ok(_req, res) = answer(res, "ok")

  def drain(req, res)
    count(req)
    answer(res, "ok")
  end

  def etag(req, res)
    res["ETag"] = Answers::ETAG
    raise WEBrick::HTTPStatus::NotModified if req["If-None-Match"] == Answers::ETAG

    answer(res, Answers::ALIVE)
  end

  def redirect(_req, res)
    res.status = 302
    res["Location"] = "/target"
  end

  def preflight(_req, res)
    res.status = 204
    Answers::CORS.each { |name, value| res[name] = value }
  end

  def events(_req, res)
    res["Content-Type"] = "text/event-stream"
    res["Cache-Control"] = "no-cache"
    res.chunked = true
    res.body = proc { |out| Answers::EVENTS.each { |event| out.write(event) } }
  end

  def baseline(req, res)
    total = number(req, "a") + number(req, "b")
    total += Answers.whole(whole_body(req)) if req.request_method == "POST"
    answer(res, total.to_s)
  end

  def items(req, res)
    json(res, Answers.first_items(tail(req), number(req, "m", "1")))
  end

  # object_or_items answers /json and /json/{count}: WEBrick gives both to the
  # handler of /json.
  def object_or_items(req, res)
    return status_object(req, res) if req.path_info.empty?

    compressed(req, res, Answers.first_items(tail(req), number(req, "m", "1")))
  end

  def delay(req, res)
    sleep(tail(req) / 1000.0)
    answer(res, "ok")
  end

  def static(req, res)
    file = Answers::STATIC_FILES[req.path_info.delete_prefix("/")]
    not_found(req) unless file
    path, headers = file.best(req["Accept-Encoding"].to_s)
    headers.each { |name, value| res[name] = value }
    res.body = File.binread(path)
  end

  # tail returns the whole number behind the path of the route.
  def tail(req) = Answers.whole(req.path_info.delete_prefix("/"))
end

# Every path with its method and its handler. WEBrick hands longer paths to the same
# route: those of BELOW take them.
ROUTES = {
  "/" => [%w[GET], :alive],
  "/json" => [%w[GET], :object_or_items],
  "/echo" => [%w[POST], :echo],
  "/large" => [%w[GET], :large],
  "/cookies" => [%w[GET], :cookies],
  "/upload" => [%w[POST], :upload],
  "/upload_auto" => [%w[POST], :upload_whole],
  "/upload_manual" => [%w[POST], :upload],
  "/form" => [%w[POST], :query],
  "/drain" => [%w[POST], :drain],
  "/gzip" => [%w[GET], :table],
  "/qs" => [%w[GET], :query],
  "/etag" => [%w[GET], :etag],
  "/redirect" => [%w[GET], :redirect],
  "/api" => [%w[OPTIONS], :preflight],
  "/sse" => [%w[GET], :events],
  "/baseline11" => [%w[GET POST], :baseline],
  "/httparena_json" => [%w[GET], :items],
  "/pipeline" => [%w[GET], :ok],
  "/delay" => [%w[GET], :delay],
  "/static" => [%w[GET], :static],
  **Answers::ITEM_PATHS.to_h { |path| [path, [%w[GET], :alive]] },
}.freeze
BELOW = %i[object_or_items items delay static].freeze

# Servlet answers one route. WEBrick leaves the body out for HEAD.
class Servlet < WEBrick::HTTPServlet::AbstractServlet
  def service(req, res)
    methods, handler = @options
    path_known = req.path_info.empty? || req.path == "/" || BELOW.include?(handler)
    method = req.request_method == "HEAD" ? "GET" : req.request_method
    Routes.not_found(req) unless path_known && methods.include?(method)
    Routes.send(handler, req, res)
  rescue Answers::BadRequest => e
    raise WEBrick::HTTPStatus::BadRequest, e.message
  end
end

options = { host: "127.0.0.1", port: 0, connections: 4096 }
OptionParser.new do |flags|
  flags.on("--host HOST") { |host| options[:host] = host }
  flags.on("--port PORT", Integer) { |port| options[:port] = port }
  flags.on("--connections N", Integer) { |number| options[:connections] = number }
end.parse!

server = WEBrick::HTTPServer.new(
  BindAddress: options[:host],
  Port: options[:port],
  MaxClients: options[:connections], # more wait in the backlog; the default is 100
  RequestTimeout: 75, # seconds for an idle connection; the default is 30
  Logger: WEBrick::Log.new($stderr, WEBrick::Log::FATAL),
  AccessLog: [],
  DoNotReverseLookup: true,
  # Head and body are two packets, and the second would wait for a delayed ACK.
  AcceptCallback: ->(socket) { socket.setsockopt(:TCP, :NODELAY, true) },
)
ROUTES.each { |path, route| server.mount(path, Servlet, *route) }
%w[TERM INT].each { |signal| trap(signal) { server.shutdown } }
server.start
