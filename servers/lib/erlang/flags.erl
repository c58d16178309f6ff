%% The flags of every Erlang server, which stand behind -extra.
-module(flags).
-export([read/0]).

%% read returns a map of ip, port, data, keepalive_requests and max_connections; 0 sets no
%% cap.
read() ->
    read(init:get_plain_arguments(), #{keepalive_requests => 0, max_connections => 0}).

read(["--addr", Address | Rest], Flags) ->
    [Host, Port] = string:split(Address, ":", trailing),
    {ok, IP} = inet:parse_address(Host),
    read(Rest, Flags#{ip => IP, port => list_to_integer(Port)});
read(["--data", Folder | Rest], Flags) ->
    read(Rest, Flags#{data => unicode:characters_to_binary(Folder)});
read(["--keepalive-requests", N | Rest], Flags) ->
    read(Rest, Flags#{keepalive_requests => list_to_integer(N)});
read(["--max-connections", N | Rest], Flags) ->
    read(Rest, Flags#{max_connections => list_to_integer(N)});
read([], #{ip := _, data := _} = Flags) ->
    Flags.
