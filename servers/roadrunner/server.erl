%% Roadrunner: one handler for all routes, which reads bodies itself.
-module(server).
-export([main/0, handle/1]).

-define(PIECE, 65536).
-define(NO_CAP, 1 bsl 30).

main() ->
    #{ip := IP, port := Port, data := Data, keepalive_requests := KeepAlive} = flags:read(),
    ok = routes:load(Data),
    %% Roadrunner has no option for the address.
    ok = application:set_env(kernel, inet_default_listen_options, [{ip, IP}]),
    {ok, _} = application:ensure_all_started(roadrunner),
    {ok, _} = roadrunner:start_listener(joust, #{
        port => Port, routes => ?MODULE, body_buffering => manual, socket_backlog => 4096,
        max_clients => ?NO_CAP, max_keep_alive_requests => cap(KeepAlive), max_content_length => ?NO_CAP,
        keep_alive_timeout => ?NO_CAP, min_bytes_per_second => 0
    }).

cap(0) -> ?NO_CAP;
cap(N) -> N.

handle(Request) ->
    Path = roadrunner_req:path(Request),
    {_, _, How, _} = Route = routes:find(roadrunner_req:method(Request), Path),
    {Body, Read} = body(How, Request),
    Answer = routes:answer(Route, #{
        path => Path,
        query => fun() -> roadrunner_req:parse_qs(Read) end,
        form => fun() -> roadrunner_qs:parse(Body) end,
        cookies => fun() -> length(roadrunner_req:parse_cookies(Read)) end,
        header => fun(Name) -> roadrunner_req:header(Name, Read) end,
        body => Body
    }),
    {response(Answer), Read}.

body(none, Request) -> {<<>>, Request};
body(whole, Request) ->
    {ok, Body, Read} = roadrunner_req:read_body(Request),
    {iolist_to_binary(Body), Read};
body(count, Request) -> count(Request, 0).

count(Request, Length) ->
    case roadrunner_req:read_body(Request, #{length => ?PIECE}) of
        {more, Piece, Next} -> count(Next, Length + iolist_size(Piece));
        {ok, Piece, Next} -> {Length + iolist_size(Piece), Next}
    end.

response({delay, Milliseconds, Answer}) ->
    timer:sleep(Milliseconds),
    response(Answer);
response({head, Answer}) ->
    response(Answer);
response({events, Count}) ->
    {stream, 200, [{<<"content-type">>, <<"text/event-stream">>}], fun(Send) ->
        [ok = Send(routes:event(I), nofin) || I <- lists:seq(1, Count)],
        Send(<<>>, fin)
    end};
response({Status, Headers, Body}) when Status =:= 204; Status =:= 304 ->
    {Status, Headers, Body};
response({Status, Headers, Body}) ->
    {Status, [{<<"content-length">>, integer_to_binary(byte_size(Body))} | Headers], Body}.
