# frozen_string_literal: true

require "json"
require "zlib"

# Answers holds what every Ruby server answers: values, texts and files, no HTTP.
module Answers
  ALIVE = "alive\r\n"
  PATTERN = "0123456789abcdefghijklmnopqrstuvwxyz"
  LARGE = (PATTERN * (65_536 / PATTERN.size + 1))[0, 65_536].freeze
  PIECE = 64 * 1024 # bytes of a body that are read at a time
  ETAG = '"v1"'
  EVENTS = (1..100).map { |number| "data: #{number}\n\n" }.freeze

  # The paths of 100 routes, which every server registers one by one.
  ITEM_PATHS = (1..100).map { |number| format("/api/v1/items/%04d", number) }.freeze

  CORS = {
    "Access-Control-Allow-Origin" => "https://example.com",
    "Access-Control-Allow-Methods" => "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers" => "Content-Type, X-Requested-With",
    "Access-Control-Max-Age" => "86400",
  }.freeze

  MEDIA_TYPES = {
    ".css" => "text/css",
    ".js" => "text/javascript",
    ".html" => "text/html",
    ".json" => "application/json",
    ".svg" => "image/svg+xml",
    ".txt" => "text/plain",
    ".xml" => "application/xml",
    ".woff2" => "font/woff2",
    ".webp" => "image/webp",
  }.freeze

  # BadRequest is the client's mistake, which is answered with 400.
  class BadRequest < StandardError; end

  # StaticFile is a file of the data set; compressed holds the paths of its
  # compressed forms by encoding.
  StaticFile = Struct.new(:path, :media_type, :compressed) do
    # best returns the path and the headers of the best form for an
    # Accept-Encoding.
    def best(accept_encoding)
      headers = { "Content-Type" => media_type, "Vary" => "Accept-Encoding" }
      encoding, found = compressed.find { |name, _| accept_encoding.include?(name) }
      return [path, headers] unless encoding

      [found, headers.merge("Content-Encoding" => encoding)]
    end
  end

  module_function

  # whole returns the whole number that the text writes.
  def whole(text)
    Integer(text, 10)
  rescue ArgumentError, TypeError
    raise BadRequest, "a whole number is expected"
  end

  # status_object is the answer to /json.
  def status_object(number)
    {
      id: number,
      status: "ok",
      data: { name: "joust", version: "1.0.0", flags: %w[fast correct measured repeatable] },
    }
  end

  # table is the answer to /gzip: about 16 KB of JSON.
  def table(seed)
    rows = Array.new(384) do |i|
      { id: i, value: (i * seed * 7919 + i * i) % 1_000_003, name: "row-#{i}" }
    end
    { seed: seed, rows: rows }
  end

  # first_items is the answer to /json/{count}?m={multiplier}.
  def first_items(count, multiplier)
    items = ITEMS.first(count).map do |item|
      item.merge("total" => item["price"] * item["quantity"] * multiplier)
    end
    { items: items, count: items.size }
  end

  # static_files returns the files of a folder by their names.
  def static_files(folder)
    paths = Dir.children(folder).select { |name| MEDIA_TYPES.key?(File.extname(name)) }
    paths.to_h do |name|
      path = File.join(folder, name)
      compressed = { "br" => "#{path}.br", "gzip" => "#{path}.gz" }
      compressed.select! { |_, form| File.exist?(form) }
      [name, StaticFile.new(path, MEDIA_TYPES[File.extname(name)], compressed)]
    end
  end

  DATA = ENV.fetch("JOUST_DATA") # the folder of the data set
  ITEMS = JSON.parse(File.read(File.join(DATA, "items.json"))).freeze
  STATIC_FILES = static_files(File.join(DATA, "static")).freeze
end
