%% The httpd of OTP's inets: one module answers every request.
-module(server).
-export([main/0, do/1]).

-include_lib("inets/include/httpd.hrl").

-define(PIECE, 65536).
-define(LARGEST, 1000000000).

main() ->
    #{ip := IP, port := Port, data := Data, keepalive_requests := KeepAlive} = flags:read(),
    ok = routes:load(Data),
    Folder = os:getenv("HOME"),
    ok = inets:start(),
    {ok, _} = inets:start(httpd, [
        {bind_address, IP}, {port, Port}, {server_name, "localhost"}, {server_root, Folder}, {document_root, Folder},
        {modules, [?MODULE]}, {max_clients, 1000000}, {max_header_size, ?PIECE}, {keep_alive_timeout, 86400},
        {max_client_body_chunk, ?PIECE}, {max_content_length, ?LARGEST} | keep_alive(KeepAlive)
    ]).

%% httpd does not count the first request of a connection.
keep_alive(0) -> [];
keep_alive(N) -> [{max_keep_alive_request, N - 1}].

%% do gets a long body in pieces, and keeps what it returns with continue.
do(#mod{method = Method, request_uri = Target, entity_body = Piece} = Request) ->
    [Path | Query] = binary:split(list_to_binary(Target), <<"?">>),
    {_, _, How, _} = Route = routes:find(list_to_binary(Method), Path),
    case body(How, Piece) of
        {continue, _} = Continue -> Continue;
        Body -> reply(routes:answer(Route, request(Path, Query, Body, Request)), Request)
    end.

body(How, {first, Piece}) -> {continue, add(How, undefined, Piece)};
body(How, {continue, Piece, Before}) -> {continue, add(How, Before, Piece)};
body(How, {last, Piece, Before}) -> ended(add(How, Before, Piece));
body(How, Body) -> ended(add(How, undefined, iolist_to_binary(Body))).

add(whole, undefined, Piece) -> [Piece];
add(whole, Before, Piece) -> [Before, Piece];
add(_, undefined, Piece) -> byte_size(Piece);
add(_, Before, Piece) -> Before + byte_size(Piece).

ended(Pieces) when is_list(Pieces) -> iolist_to_binary(Pieces);
ended(Length) -> Length.

request(Path, Query, Body, #mod{parsed_header = Headers}) ->
    #{
        path => Path,
        query => fun() -> uri_string:dissect_query(iolist_to_binary(Query)) end,
        form => fun() -> uri_string:dissect_query(Body) end,
        cookies => fun() -> cookies(Headers) end,
        header => fun(Name) -> header(proplists:get_value(binary_to_list(Name), Headers)) end,
        body => Body
    }.

%% OTP has no parser of cookies.
cookies(Headers) ->
    length([Pair || {"cookie", Value} <- Headers, Pair <- string:split(Value, ";", all), lists:member($=, Pair)]).

header(undefined) -> undefined;
header(Value) -> list_to_binary(Value).

reply({delay, Milliseconds, Answer}, Request) ->
    timer:sleep(Milliseconds),
    reply(Answer, Request);
reply({head, {Status, Headers, Body}}, _) ->
    respond(Status, Headers, byte_size(Body), <<>>);
reply({events, Count}, Request) ->
    ok = httpd_response:send_header(Request, 200, [{"content-type", "text/event-stream"}, {"transfer-encoding", "chunked"}]),
    [httpd_response:send_chunk(Request, [routes:event(I)], false) || I <- lists:seq(1, Count)],
    httpd_response:send_final_chunk(Request, false),
    {break, [{response, {already_sent, 200, 0}}]};
reply({Status, Headers, Body}, _) ->
    respond(Status, Headers, byte_size(Body), Body).

respond(Status, Headers, Length, Body) ->
    Fields = [{binary_to_list(Name), binary_to_list(Value)} || {Name, Value} <- Headers],
    {break, [{response, {response, [{code, Status}, {content_length, integer_to_list(Length)} | Fields], Body}}]}.
