%% HTTP/1.1 on OTP alone: gen_tcp with its own parser of request heads, one process a
%% connection.
-module(server).
-export([main/0]).

-define(PIECE, 65536).
-define(ACCEPTORS, 16).
-define(CLOSE, <<"connection: close\r\n">>).

main() ->
    #{ip := IP, port := Port, data := Data, keepalive_requests := KeepAlive, max_connections := Most} = flags:read(),
    ok = routes:load(Data),
    {ok, Listener} = gen_tcp:listen(Port, [
        {ip, IP}, {backlog, 4096}, {nodelay, true}, {reuseaddr, true}, {buffer, ?PIECE},
        {active, false}, {packet_size, ?PIECE}, {send_timeout, 30000}, {send_timeout_close, true}, binary
    ]),
    case Most of
        0 -> [spawn(fun() -> accept(Listener, KeepAlive) end) || _ <- lists:seq(1, ?ACCEPTORS)];
        _ -> spawn(fun() -> accept(Listener, KeepAlive, Most) end)
    end,
    receive never -> ok end.

accept(Listener, KeepAlive) ->
    _ = serve(Listener, KeepAlive),
    accept(Listener, KeepAlive).

%% accept with a cap waits for the end of a connection where as many are open.
accept(Listener, KeepAlive, 0) ->
    receive {'DOWN', _, process, _, _} -> accept(Listener, KeepAlive, 1) end;
accept(Listener, KeepAlive, Room) ->
    Connection = serve(Listener, KeepAlive),
    erlang:monitor(process, Connection),
    accept(Listener, KeepAlive, ended(Room - 1)).

ended(Room) ->
    receive {'DOWN', _, process, _, _} -> ended(Room + 1) after 0 -> Room end.

serve(Listener, KeepAlive) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    Connection = spawn(fun() -> receive go -> connection(Socket, KeepAlive, 1) end end),
    ok = gen_tcp:controlling_process(Socket, Connection),
    Connection ! go,
    Connection.

%% connection answers the requests of a connection, the next of which has that number.
connection(Socket, KeepAlive, Number) ->
    case head(Socket) of
        {ok, Request} ->
            Keep = keeps(Request) andalso Number =/= KeepAlive,
            case handle(Socket, Request, connection_field(Request, Keep)) of
                ok when Keep -> connection(Socket, KeepAlive, Number + 1);
                _ -> gen_tcp:close(Socket)
            end;
        bad ->
            send(Socket, {400, [{<<"content-type">>, <<"text/plain">>}], <<"this is no HTTP request\n">>}, ?CLOSE),
            gen_tcp:shutdown(Socket, write),
            gen_tcp:close(Socket);
        closed ->
            gen_tcp:close(Socket)
    end.

head(Socket) ->
    ok = inet:setopts(Socket, [{packet, http_bin}]),
    case gen_tcp:recv(Socket, 0) of
        {ok, {http_request, Method, Target, Version}} when Version >= {1, 0}, Version < {2, 0} ->
            fields(Socket, #{method => name(Method), target => Target, version => Version, fields => [], size => 0});
        {ok, _} -> bad;
        {error, emsgsize} -> bad;
        {error, _} -> closed
    end.

name(Method) when is_atom(Method) -> atom_to_binary(Method);
name(Method) -> Method.

fields(_, #{size := Size}) when Size > ?PIECE -> bad;
fields(Socket, #{fields := Fields, size := Size} = Request) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, {http_header, _, Name, _, Value}} ->
            Lower = string:lowercase(name(Name)),
            fields(Socket, Request#{fields := [{Lower, Value} | Fields], size := Size + byte_size(Lower) + byte_size(Value)});
        {ok, http_eoh} ->
            ok = inet:setopts(Socket, [{packet, raw}]),
            judged(Request);
        {ok, {http_error, _}} -> bad;
        {error, emsgsize} -> bad;
        {error, _} -> closed
    end.

%% judged refuses a head that two servers could read in two ways (RFC 9112 §3.2, §6.3).
judged(#{fields := Fields, target := Target, version := Version} = Request) ->
    Lengths = proplists:get_all_values(<<"content-length">>, Fields),
    Codings = proplists:get_all_values(<<"transfer-encoding">>, Fields),
    Hosts = proplists:get_all_values(<<"host">>, Fields),
    Named = lists:all(fun({Name, Value}) -> token(Name) andalso plain(Value) end, Fields),
    case {Target, Lengths, [string:lowercase(C) || C <- Codings]} of
        _ when not Named; length(Hosts) > 1; Hosts =:= [], Version =:= {1, 1} -> bad;
        {{abs_path, Path}, _, _} when Lengths =:= []; Codings =:= [] -> framed(Request, Path, Lengths, Codings);
        {{absoluteURI, _, _, _, Path}, _, _} when Lengths =:= []; Codings =:= [] -> framed(Request, Path, Lengths, Codings);
        _ -> bad
    end.

framed(Request, Path, [], []) -> {ok, Request#{target := Path, length => 0}};
framed(Request, Path, [], [<<"chunked">>]) -> {ok, Request#{target := Path, length => chunked}};
framed(Request, Path, [Length], []) ->
    case digits(Length) of
        true -> {ok, Request#{target := Path, length => binary_to_integer(Length)}};
        false -> bad
    end;
framed(_, _, _, _) -> bad.

digits(<<>>) -> false;
digits(Text) -> lists:all(fun(C) -> C >= $0 andalso C =< $9 end, binary_to_list(Text)).

token(<<>>) -> false;
token(Name) -> re:run(Name, "^[!#$%&'*+.^_`|~0-9a-z-]+$", [{capture, none}]) =:= match.

plain(Value) -> binary:match(Value, [<<0>>, <<"\r">>, <<"\n">>]) =:= nomatch.

keeps(#{version := Version} = Request) ->
    Connection = string:lowercase(field(<<"connection">>, Request, <<>>)),
    case Version of
        {1, 0} -> Connection =:= <<"keep-alive">>;
        _ -> Connection =/= <<"close">>
    end.

field(Name, #{fields := Fields}, Default) ->
    proplists:get_value(Name, Fields, Default).

%% connection_field says what follows the answer: HTTP/1.0 ends connections unless told.
connection_field(#{version := {1, 0}}, true) -> <<"connection: keep-alive\r\n">>;
connection_field(_, true) -> <<>>;
connection_field(_, false) -> ?CLOSE.

handle(Socket, #{method := Method, target := Target} = Request, Connection) ->
    [Path | Query] = binary:split(Target, <<"?">>),
    Route = routes:find(Method, Path),
    case string:lowercase(field(<<"expect">>, Request, <<>>)) of
        <<"100-continue">> -> ok = gen_tcp:send(Socket, <<"HTTP/1.1 100 Continue\r\n\r\n">>);
        _ -> ok
    end,
    case body(Socket, Request, element(3, Route)) of
        {ok, Body} ->
            Answer = routes:answer(Route, #{
                path => Path,
                query => fun() -> pairs(iolist_to_binary(Query)) end,
                form => fun() -> pairs(Body) end,
                cookies => fun() -> cookies(Request) end,
                header => fun(Name) -> field(Name, Request, undefined) end,
                body => Body
            }),
            send(Socket, Answer, Connection);
        error ->
            send(Socket, {400, [], <<>>}, ?CLOSE),
            error
    end.

pairs(<<>>) -> [];
pairs(Text) -> uri_string:dissect_query(Text).

%% OTP has no parser of cookies.
cookies(#{fields := Fields}) ->
    length([Pair || {<<"cookie">>, Value} <- Fields, Pair <- binary:split(Value, <<";">>, [global]), binary:match(Pair, <<"=">>) =/= nomatch]).

%% body reads the body in pieces: it keeps them for the way whole, and else their length.
body(Socket, #{length := chunked}, How) -> chunks(Socket, How, start(How));
body(_, #{length := 0}, How) -> {ok, ended_body(start(How))};
body(Socket, #{length := Length}, How) ->
    case pieces(Socket, Length, How, start(How)) of
        {ok, Body} -> {ok, ended_body(Body)};
        error -> error
    end.

start(whole) -> [];
start(_) -> 0.

ended_body(Pieces) when is_list(Pieces) -> iolist_to_binary(Pieces);
ended_body(Length) -> Length.

pieces(_, 0, _, Body) -> {ok, Body};
pieces(Socket, Left, How, Body) ->
    case gen_tcp:recv(Socket, min(Left, ?PIECE)) of
        {ok, Piece} -> pieces(Socket, Left - byte_size(Piece), How, add(How, Body, Piece));
        {error, _} -> error
    end.

add(whole, Body, Piece) -> [Body, Piece];
add(_, Length, Piece) -> Length + byte_size(Piece).

chunks(Socket, How, Body) ->
    case line(Socket) of
        {ok, Line} ->
            [Size | _] = binary:split(Line, [<<";">>, <<" ">>]),
            case re:run(Size, "^[0-9a-fA-F]{1,8}$", [{capture, none}]) of
                match -> chunk(Socket, binary_to_integer(Size, 16), How, Body);
                nomatch -> error
            end;
        error -> error
    end.

chunk(Socket, 0, _, Body) ->
    case trailers(Socket) of
        ok -> {ok, ended_body(Body)};
        error -> error
    end;
chunk(Socket, Size, How, Body) ->
    case pieces(Socket, Size, How, Body) of
        {ok, More} ->
            case gen_tcp:recv(Socket, 2) of
                {ok, <<"\r\n">>} -> chunks(Socket, How, More);
                _ -> error
            end;
        error -> error
    end.

trailers(Socket) ->
    case line(Socket) of
        {ok, <<>>} -> ok;
        {ok, _} -> trailers(Socket);
        error -> error
    end.

line(Socket) ->
    ok = inet:setopts(Socket, [{packet, line}]),
    Got = gen_tcp:recv(Socket, 0),
    ok = inet:setopts(Socket, [{packet, raw}]),
    case Got of
        {ok, Line} when binary_part(Line, byte_size(Line), -2) =:= <<"\r\n">> -> {ok, binary:part(Line, 0, byte_size(Line) - 2)};
        _ -> error
    end.

send(Socket, {delay, Milliseconds, Answer}, Connection) ->
    timer:sleep(Milliseconds),
    send(Socket, Answer, Connection);
send(Socket, {head, {Status, Headers, Body}}, Connection) ->
    gen_tcp:send(Socket, [start_of(Status, Headers, Connection), length_of(Status, Body), <<"\r\n">>]);
send(Socket, {events, Count}, Connection) ->
    Head = start_of(200, [{<<"content-type">>, <<"text/event-stream">>}], Connection),
    ok = gen_tcp:send(Socket, [Head, <<"transfer-encoding: chunked\r\n\r\n">>]),
    [ok = gen_tcp:send(Socket, chunked(routes:event(I))) || I <- lists:seq(1, Count)],
    gen_tcp:send(Socket, <<"0\r\n\r\n">>);
send(Socket, {Status, Headers, Body}, Connection) ->
    gen_tcp:send(Socket, [start_of(Status, Headers, Connection), length_of(Status, Body), <<"\r\n">>, Body]).

chunked(Data) ->
    [integer_to_binary(iolist_size(Data), 16), <<"\r\n">>, Data, <<"\r\n">>].

start_of(Status, Headers, Connection) ->
    [
        <<"HTTP/1.1 ">>, integer_to_binary(Status), <<" ">>, reason(Status), <<"\r\ndate: ">>, date_now(), <<"\r\n">>,
        [[Name, <<": ">>, Value, <<"\r\n">>] || {Name, Value} <- Headers],
        Connection
    ].

length_of(Status, _) when Status =:= 204; Status =:= 304 -> <<>>;
length_of(_, Body) -> [<<"content-length: ">>, integer_to_binary(byte_size(Body)), <<"\r\n">>].

reason(200) -> <<"OK">>;
reason(204) -> <<"No Content">>;
reason(302) -> <<"Found">>;
reason(304) -> <<"Not Modified">>;
reason(400) -> <<"Bad Request">>;
reason(404) -> <<"Not Found">>.

%% date_now returns the text of the Date field, made once a second in each connection.
date_now() ->
    Second = erlang:system_time(second),
    case get(date) of
        {Second, Text} -> Text;
        _ ->
            {{Y, Mo, D}, {H, Mi, S}} = Now = calendar:system_time_to_universal_time(Second, second),
            Day = element(calendar:day_of_the_week(element(1, Now)), {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}),
            Month = element(Mo, {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}),
            Text = iolist_to_binary(io_lib:format("~s, ~2..0b ~s ~4..0b ~2..0b:~2..0b:~2..0b GMT", [Day, D, Month, Y, H, Mi, S])),
            put(date, {Second, Text}),
            Text
    end.
