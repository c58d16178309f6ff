# @NAME@ answers the rows hello, json and echo.
require 'json'
require 'webrick'

def document(id)
  flags = %w[fast correct measured repeatable]
  JSON.generate({ id: id, status: 'ok', data: { name: 'joust', version: '1.0.0', flags: flags } })
end

host, port = ARGV
server = WEBrick::HTTPServer.new(
  BindAddress: host, Port: Integer(port), MaxClients: 4096, AccessLog: [], Logger: WEBrick::Log.new($stderr, WEBrick::Log::WARN)
)
server.mount_proc('/') do |request, response|
  type, body =
    case [request.request_method, request.path]
    when ['GET', '/'] then ['text/plain', "alive\r\n"]
    when ['GET', '/json'] then ['application/json', document(Integer(request.query.fetch('id', '1')))]
    when ['POST', '/echo'] then ['application/octet-stream', request.body || '']
    else raise WEBrick::HTTPStatus::NotFound
    end
  response['Content-Type'] = type
  response.body = body
end
trap('TERM') { exit!(0) }
server.start
