%% The table of routes that every Erlang server takes over.
%%
%% A route is {Method, Path, Body, Answer}. A path that ends in / stands for all paths
%% below it. Body says how the server reads the body: none, count (in pieces, and only
%% counted) or whole. Answer takes a request, a map:
%%   path    the path, a binary
%%   query   fun() -> [{Name, Value}], parsed by the server
%%   form    fun() -> the same of an urlencoded body
%%   cookies fun() -> the number of cookies
%%   header  fun(Name) -> binary or undefined; names are in lower case
%%   body    the whole body, or its length where it was counted
%% and returns {Status, Headers, Body}, {head, Answer}, {delay, Milliseconds, Answer} or
%% {events, Count}.
-module(routes).
-export([load/1, table/0, find/2, missing/0, answer/2, event/1]).

-define(EVENTS, 100).
-define(ITEM_ROUTES, 100).

%% load reads the data set and keeps what all requests share.
load(Folder) ->
    {ok, Text} = file:read_file(filename:join(Folder, "items.json")),
    persistent_term:put({?MODULE, items}, jiffy:decode(Text)),
    persistent_term:put({?MODULE, files}, filename:join(Folder, "static")),
    persistent_term:put({?MODULE, large}, large()),
    persistent_term:put({?MODULE, routes}, maps:from_list([{{M, P}, R} || {M, P, _, _} = R <- table()])),
    ok.

large() ->
    Pattern = <<"0123456789abcdefghijklmnopqrstuvwxyz">>,
    binary:part(binary:copy(Pattern, 65536 div 36 + 1), 0, 65536).

%% Every GET answers HEAD too.
table() ->
    lists:append([[Route | head(Route)] || Route <- rows()]).

head({<<"GET">>, Path, none, Answer}) -> [{<<"HEAD">>, Path, none, fun(R) -> {head, Answer(R)} end}];
head(_) -> [].

rows() ->
    Alive = fun(_) -> text(<<"alive\r\n">>) end,
    Large = fun(_) -> text(persistent_term:get({?MODULE, large})) end,
    Count = fun(#{body := Length}) -> text(integer_to_binary(Length)) end,
    [
        {<<"GET">>, <<"/">>, none, Alive},
        {<<"GET">>, <<"/json">>, none, fun status/1},
        {<<"POST">>, <<"/echo">>, whole, fun(#{body := Body}) -> {200, [{<<"content-type">>, <<"application/octet-stream">>}], Body} end},
        {<<"GET">>, <<"/large">>, none, Large},
        {<<"GET">>, <<"/cookies">>, none, fun(#{cookies := Cookies}) -> text(integer_to_binary(Cookies())) end},
        {<<"POST">>, <<"/upload">>, count, Count},
        {<<"POST">>, <<"/upload_manual">>, count, Count},
        {<<"POST">>, <<"/upload_auto">>, whole, fun(#{body := Body}) -> text(integer_to_binary(byte_size(Body))) end},
        {<<"POST">>, <<"/drain">>, count, fun(_) -> text(<<"ok">>) end},
        {<<"POST">>, <<"/form">>, whole, fun(#{form := Form}) -> text(integer_to_binary(length(Form()))) end},
        {<<"GET">>, <<"/gzip">>, none, fun document/1},
        {<<"GET">>, <<"/qs">>, none, fun(#{query := Query}) -> text(integer_to_binary(length(Query()))) end},
        {<<"GET">>, <<"/etag">>, none, fun etag/1},
        {<<"GET">>, <<"/redirect">>, none, fun(_) -> {302, [{<<"location">>, <<"/target">>}], <<>>} end},
        {<<"OPTIONS">>, <<"/api">>, none, fun(_) -> preflight() end},
        {<<"GET">>, <<"/sse">>, none, fun(_) -> {events, ?EVENTS} end},
        {<<"GET">>, <<"/baseline11">>, none, fun(R) -> text(integer_to_binary(sum(R))) end},
        {<<"POST">>, <<"/baseline11">>, whole, fun(#{body := Body} = R) -> text(integer_to_binary(sum(R) + binary_to_integer(string:trim(Body)))) end},
        {<<"GET">>, <<"/json/">>, none, fun items/1},
        {<<"GET">>, <<"/httparena_json/">>, none, fun items/1},
        {<<"GET">>, <<"/pipeline">>, none, fun(_) -> text(<<"ok">>) end},
        {<<"GET">>, <<"/delay/">>, none, fun(R) -> {delay, binary_to_integer(last(R)), text(<<"ok">>)} end},
        {<<"GET">>, <<"/static/">>, none, fun file/1},
        {<<"GET">>, <<"/runtime/memory">>, none, fun(_) -> text(integer_to_binary(erlang:memory(total))) end}
    ] ++ [{<<"GET">>, iolist_to_binary(io_lib:format("/api/v1/items/~4..0b", [I])), none, Alive} || I <- lists:seq(1, ?ITEM_ROUTES)].

%% find returns the route of a method and a path, for servers without a router.
find(Method, Path) ->
    Routes = persistent_term:get({?MODULE, routes}),
    case Routes of
        #{{Method, Path} := Route} -> Route;
        _ -> maps:get({Method, folder(Path)}, Routes, missing())
    end.

%% folder returns the path up to its last /. Paths right below the root have none.
folder(Path) ->
    case binary:part(Path, 0, byte_size(Path) - byte_size(filename:basename(Path))) of
        <<"/">> -> none;
        Folder -> Folder
    end.

%% missing is the route of every path that is in no other.
missing() ->
    {any, any, none, fun(_) -> {404, plain(), <<"not found\n">>} end}.

%% answer answers. A number in the request that is none is the client's mistake.
answer({_, _, _, Answer}, Request) ->
    try
        Answer(Request)
    catch
        error:badarg -> {400, plain(), <<"a whole number is needed\n">>}
    end.

event(Number) ->
    [<<"data: ">>, integer_to_binary(Number), <<"\n\n">>].

plain() ->
    [{<<"content-type">>, <<"text/plain">>}].

text(Body) ->
    {200, plain(), Body}.

json(Object) ->
    iolist_to_binary(jiffy:encode(Object)).

last(#{path := Path}) ->
    filename:basename(Path).

number(#{query := Query}, Name, Default) ->
    case lists:keyfind(Name, 1, Query()) of
        {_, Value} -> binary_to_integer(Value);
        false -> Default
    end.

sum(Request) ->
    number(Request, <<"a">>, 0) + number(Request, <<"b">>, 0).

status(Request) ->
    Object = {[
        {<<"id">>, number(Request, <<"id">>, 1)},
        {<<"status">>, <<"ok">>},
        {<<"data">>, {[
            {<<"name">>, <<"joust">>},
            {<<"version">>, <<"1.0.0">>},
            {<<"flags">>, [<<"fast">>, <<"correct">>, <<"measured">>, <<"repeatable">>]}
        ]}}
    ]},
    {200, [{<<"content-type">>, <<"application/json">>}], json(Object)}.

etag(#{header := Header}) ->
    Tag = {<<"etag">>, <<"\"v1\"">>},
    case Header(<<"if-none-match">>) of
        <<"\"v1\"">> -> {304, [Tag], <<>>};
        _ -> {200, [Tag | plain()], <<"alive\r\n">>}
    end.

preflight() ->
    {204, [
        {<<"access-control-allow-origin">>, <<"https://example.com">>},
        {<<"access-control-allow-methods">>, <<"GET, POST, OPTIONS">>},
        {<<"access-control-allow-headers">>, <<"Content-Type, X-Requested-With">>},
        {<<"access-control-max-age">>, <<"86400">>}
    ], <<>>}.

items(Request) ->
    Count = binary_to_integer(last(Request)),
    Factor = number(Request, <<"m">>, 1),
    case persistent_term:get({?MODULE, items}) of
        Items when Count >= 0, Count =< length(Items) ->
            Totals = [total(Item, Factor) || Item <- lists:sublist(Items, Count)],
            compressed(Request, json({[{<<"items">>, Totals}, {<<"count">>, Count}]}));
        _ ->
            {404, plain(), <<"not found\n">>}
    end.

total({Fields}, Factor) ->
    {_, Price} = lists:keyfind(<<"price">>, 1, Fields),
    {_, Quantity} = lists:keyfind(<<"quantity">>, 1, Fields),
    {Fields ++ [{<<"total">>, Price * Quantity * Factor}]}.

document(Request) ->
    Seed = number(Request, <<"seed">>, 1),
    Rows = [{[
        {<<"id">>, I},
        {<<"value">>, (I * Seed * 7919 + I * I) rem 1000003},
        {<<"name">>, <<"row-", (integer_to_binary(I))/binary>>}
    ]} || I <- lists:seq(0, 383)],
    compressed(Request, json({[{<<"seed">>, Seed}, {<<"rows">>, Rows}]})).

compressed(Request, Body) ->
    Type = {<<"content-type">>, <<"application/json">>},
    case accepts(Request, <<"gzip">>) of
        true -> {200, [Type, {<<"content-encoding">>, <<"gzip">>}, {<<"vary">>, <<"Accept-Encoding">>}], zlib:gzip(Body)};
        false -> {200, [Type], Body}
    end.

accepts(#{header := Header}, Coding) ->
    case Header(<<"accept-encoding">>) of
        undefined -> false;
        Value -> binary:match(Value, Coding) =/= nomatch
    end.

file(Request) ->
    Path = filename:join(persistent_term:get({?MODULE, files}), last(Request)),
    case {type(filename:extension(Path)), accepts(Request, <<"br">>), accepts(Request, <<"gzip">>)} of
        {undefined, _, _} -> {404, plain(), <<"not found\n">>};
        {Type, true, _} -> content(Type, <<Path/binary, ".br">>, [{<<"content-encoding">>, <<"br">>}]);
        {Type, _, true} -> content(Type, <<Path/binary, ".gz">>, [{<<"content-encoding">>, <<"gzip">>}]);
        {Type, _, _} -> content(Type, Path, [])
    end.

content(Type, Path, Coding) ->
    case file:read_file(Path) of
        {ok, Body} -> {200, [{<<"content-type">>, Type}, {<<"vary">>, <<"Accept-Encoding">>} | Coding], Body};
        {error, _} -> {404, plain(), <<"not found\n">>}
    end.

type(<<".css">>) -> <<"text/css">>;
type(<<".js">>) -> <<"text/javascript">>;
type(<<".html">>) -> <<"text/html">>;
type(<<".json">>) -> <<"application/json">>;
type(<<".svg">>) -> <<"image/svg+xml">>;
type(<<".txt">>) -> <<"text/plain">>;
type(<<".xml">>) -> <<"application/xml">>;
type(<<".woff2">>) -> <<"font/woff2">>;
type(<<".webp">>) -> <<"image/webp">>;
type(_) -> undefined.
