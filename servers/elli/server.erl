%% Elli: one callback for all routes. Elli reads bodies whole before it calls.
-module(server).
-behaviour(elli_handler).
-export([main/0, handle/2, handle_event/3]).

main() ->
    #{ip := IP, port := Port, data := Data} = flags:read(),
    ok = routes:load(Data),
    {ok, Server} = elli:start_link([
        {callback, ?MODULE}, {ip, IP}, {port, Port}, {min_acceptors, 100},
        {request_timeout, infinity}, {max_body_size, 1 bsl 30}
    ]),
    unlink(Server),
    ok.

handle(Request, _) ->
    Path = elli_request:raw_path(Request),
    Body = elli_request:body(Request),
    {_, _, How, _} = Route = routes:find(name(elli_request:method(Request)), Path),
    Answer = routes:answer(Route, #{
        path => Path,
        query => fun() -> elli_request:get_args_decoded(Request) end,
        form => fun() -> elli_request:post_args_decoded(Request) end,
        cookies => fun() -> cookies(elli_request:get_header(<<"cookie">>, Request, <<>>)) end,
        header => fun(Name) -> elli_request:get_header(Name, Request) end,
        body => body(How, Body)
    }),
    reply(Answer, elli_request:chunk_ref(Request)).

handle_event(_, _, _) -> ok.

name(Method) when is_atom(Method) -> atom_to_binary(Method);
name(Method) -> Method.

body(count, Body) -> byte_size(Body);
body(_, Body) -> Body.

%% Elli has no parser of cookies.
cookies(Field) ->
    length([Pair || Pair <- binary:split(Field, <<";">>, [global]), binary:match(Pair, <<"=">>) =/= nomatch]).

reply({delay, Milliseconds, Answer}, Connection) ->
    timer:sleep(Milliseconds),
    reply(Answer, Connection);
reply({head, Answer}, Connection) ->
    reply(Answer, Connection);
reply({events, Count}, Connection) ->
    spawn_link(fun() ->
        [elli_request:send_chunk(Connection, routes:event(I)) || I <- lists:seq(1, Count)],
        elli_request:close_chunk(Connection)
    end),
    {chunk, [{<<"content-type">>, <<"text/event-stream">>}, date_field()]};
reply({Status, Headers, Body}, _) ->
    {Status, [date_field() | Headers], Body}.

%% Elli sends no Date.
date_field() ->
    {<<"date">>, list_to_binary(httpd_util:rfc1123_date())}.
