%% Cowboy: one handler for all routes, whose state is the route.
-module(server).
-behaviour(cowboy_handler).
-export([main/0, init/2]).

main() ->
    #{ip := IP, port := Port, data := Data, keepalive_requests := KeepAlive, max_connections := Most} = flags:read(),
    ok = routes:load(Data),
    {ok, _} = application:ensure_all_started(cowboy),
    Paths = lists:foldr(fun({_, Path, _, _} = Route, All) -> maps:update_with(Path, fun(Routes) -> [Route | Routes] end, [Route], All) end, #{}, routes:table()),
    Dispatch = cowboy_router:compile([{'_', [{match(Path), ?MODULE, Routes} || {Path, Routes} <- lists:sort(maps:to_list(Paths))] ++ [{'_', ?MODULE, []}]}]),
    {ok, _} = cowboy:start_clear(joust,
        #{
            max_connections => cap(Most),
            num_acceptors => acceptors(Most),
            socket_opts => [{ip, IP}, {port, Port}, {backlog, 4096}, {nodelay, true}, {buffer, 65536}]
        },
        #{
            env => #{dispatch => Dispatch},
            max_keepalive => cap(KeepAlive),
            idle_timeout => infinity, inactivity_timeout => infinity, request_timeout => infinity
        }).

cap(0) -> infinity;
cap(N) -> N.

%% Ranch counts when it has accepted: each acceptor may exceed the cap by one.
acceptors(0) -> 16;
acceptors(_) -> 1.

match(Path) ->
    case byte_size(Path) > 1 andalso binary:last(Path) of
        $/ -> <<Path/binary, "[...]">>;
        _ -> Path
    end.

init(Request, Routes) ->
    Route = case lists:keyfind(cowboy_req:method(Request), 1, Routes) of
        false -> routes:missing();
        Found -> Found
    end,
    {Body, Read} = body(element(3, Route), Request),
    Answer = routes:answer(Route, #{
        path => cowboy_req:path(Read),
        query => fun() -> cowboy_req:parse_qs(Read) end,
        form => fun() -> cow_qs:parse_qs(Body) end,
        cookies => fun() -> length(cowboy_req:parse_cookies(Read)) end,
        header => fun(Name) -> cowboy_req:header(Name, Read) end,
        body => Body
    }),
    {ok, reply(Answer, Read), Routes}.

body(none, Request) -> {<<>>, Request};
body(whole, Request) -> whole(Request, []);
body(count, Request) -> count(Request, 0).

whole(Request, Pieces) ->
    case cowboy_req:read_body(Request) of
        {more, Piece, Next} -> whole(Next, [Pieces, Piece]);
        {ok, Piece, Next} -> {iolist_to_binary([Pieces, Piece]), Next}
    end.

count(Request, Length) ->
    case cowboy_req:read_body(Request) of
        {more, Piece, Next} -> count(Next, Length + byte_size(Piece));
        {ok, Piece, Next} -> {Length + byte_size(Piece), Next}
    end.

reply({delay, Milliseconds, Answer}, Request) ->
    timer:sleep(Milliseconds),
    reply(Answer, Request);
reply({head, {Status, Headers, Body}}, Request) ->
    cowboy_req:reply(Status, maps:from_list(Headers), Body, Request);
reply({events, Count}, Request) ->
    Stream = cowboy_req:stream_reply(200, #{<<"content-type">> => <<"text/event-stream">>}, Request),
    [ok = cowboy_req:stream_body(routes:event(I), nofin, Stream) || I <- lists:seq(1, Count)],
    ok = cowboy_req:stream_body(<<>>, fin, Stream),
    Stream;
reply({Status, Headers, Body}, Request) ->
    cowboy_req:reply(Status, maps:from_list(Headers), Body, Request).
