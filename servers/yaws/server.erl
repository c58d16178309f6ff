%% Yaws, embedded: one appmod answers every path.
-module(server).
-export([main/0, out/1]).

-include_lib("yaws/include/yaws_api.hrl").

-define(PIECE, 65536).

main() ->
    #{ip := IP, port := Port, data := Data, keepalive_requests := KeepAlive} = flags:read(),
    ok = routes:load(Data),
    Folder = os:getenv("YAWSHOME"),
    ok = yaws:start_embedded(
        Folder,
        [
            {listen, IP}, {port, Port}, {serveralias, ["*"]}, {appmods, [{"/", ?MODULE}]},
            {flags, [{access_log, false}, {auth_log, false}]}, {partial_post_size, ?PIECE},
            {soptions, [{listen_opts, [{backlog, 4096}, {nodelay, true}, {buffer, ?PIECE}]}]}
        ],
        [
            {logdir, Folder}, {acceptor_pool_size, 4096}, {keepalive_timeout, infinity},
            {keepalive_maxuses, cap(KeepAlive)}, {flags, [{pick_first_virthost_on_nomatch, false}]}
        ],
        "joust").

cap(0) -> nolimit;
cap(N) -> N.

%% out reads the body that the route asks for, in as many calls, and answers.
out(#arg{req = #http_request{method = Method, path = {abs_path, Target}}, clidata = Piece, state = Before} = Request) ->
    [Path | _] = binary:split(list_to_binary(Target), <<"?">>),
    {_, _, How, _} = Route = routes:find(name(Method), Path),
    case {add(How, Before, Piece), Piece} of
        {Body, {partial, _}} -> {get_more, reading, Body};
        {Body, _} -> reply(routes:answer(Route, request(Path, ended(Body), Request)))
    end.

name(Method) when is_atom(Method) -> atom_to_binary(Method);
name(Method) -> list_to_binary(Method).

add(How, Before, {partial, Piece}) -> add(How, Before, Piece);
add(_, Before, undefined) -> Before;
add(whole, undefined, Piece) -> [Piece];
add(whole, Before, Piece) -> [Before, Piece];
add(_, undefined, Piece) -> byte_size(Piece);
add(_, Before, Piece) -> Before + byte_size(Piece).

ended(Pieces) when is_list(Pieces) -> iolist_to_binary(Pieces);
ended(Length) -> Length.

request(Path, Body, #arg{headers = Headers} = Request) ->
    #{
        path => Path,
        query => fun() -> pairs(yaws_api:parse_query(Request)) end,
        form => fun() -> yaws_api:parse_post(Request#arg{clidata = Body}) end,
        cookies => fun() -> length(lists:flatmap(fun yaws_api:parse_cookie/1, Headers#headers.cookie)) end,
        header => fun(Name) -> header(yaws_api:get_header(Headers, {lower, binary_to_list(Name)})) end,
        body => Body
    }.

pairs(Query) ->
    [{list_to_binary(Name), value(Value)} || {Name, Value} <- Query].

value(undefined) -> <<>>;
value(Value) -> list_to_binary(Value).

header(undefined) -> undefined;
header(Value) -> list_to_binary(Value).

reply({delay, Milliseconds, Answer}) ->
    timer:sleep(Milliseconds),
    reply(Answer);
reply({head, {_, _, Body} = Answer}) ->
    [{header, {content_length, byte_size(Body)}} | reply(Answer)];
reply({events, Count}) ->
    Connection = self(),
    spawn_link(fun() ->
        [yaws_api:stream_chunk_deliver(Connection, routes:event(I)) || I <- lists:seq(1, Count)],
        yaws_api:stream_chunk_end(Connection)
    end),
    {streamcontent, "text/event-stream", <<>>};
reply({Status, Headers, Body}) ->
    {Types, Others} = lists:partition(fun({Name, _}) -> Name =:= <<"content-type">> end, Headers),
    [{status, Status} | [{header, {binary_to_list(Name), Value}} || {Name, Value} <- Others]] ++ content(Types, Body).

content([{_, Type}], Body) -> [{content, binary_to_list(Type), Body}];
content([], Body) -> [{html, Body}].
