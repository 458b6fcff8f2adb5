%% Calls and casts: of a server that is idle, that is called by many at once,
%% and that asks another one.
-module(calls).
-export([run/0]).

run() ->
    {ok, Server} = counter:start_link(),
    Echo = spawn_link(fun echo/0),
    report("bare", bench:median_per(7, 300000, fun(Count) -> messages(Echo, Count) end)),
    report("idle", bench:median_per(7, 300000, fun(Count) -> call(Server, Count) end)),
    [report(integer_to_list(Callers) ++ "-callers",
            bench:sharing(400000, Callers, fun(_, Count) -> call(Server, Count) end))
     || Callers <- [2, 16, 1000]],
    Servers = list_to_tuple([element(2, counter:start_link()) || _ <- lists:seq(1, 1000)]),
    report("1000-servers", bench:sharing(1000000, 1000, fun(Caller, Count) ->
        call(element(Caller, Servers), Count)
    end)),
    cast_all(Server, 50000),
    report("cast", bench:per(1000000, fun() -> cast_all(Server, 1000000) end)),
    {ok, Relay} = relay:start_link(Server),
    report("asking", bench:median_per(5, 50000, fun(Count) -> ask(Relay, Count) end)),
    report("asking-16-callers", bench:sharing(160000, 16, fun(_, Count) -> ask(Relay, Count) end)).

report(Metric, Time) -> bench:report("calls", Metric, Time, "ns").

call(_, 0) -> ok;
call(Server, Count) ->
    _ = gen_server:call(Server, {add, Count}, infinity),
    call(Server, Count - 1).

ask(_, 0) -> ok;
ask(Relay, Count) ->
    _ = gen_server:call(Relay, {ask, Count}, infinity),
    ask(Relay, Count - 1).

%% From the first cast until the server has handled the last.
cast_all(Server, Count) ->
    casts(Server, Count),
    gen_server:call(Server, total, infinity).

casts(_, 0) -> ok;
casts(Server, Count) ->
    gen_server:cast(Server, Count),
    casts(Server, Count - 1).

%% A bare message there and back.
echo() -> receive {From, Number} -> From ! Number, echo() end.

messages(_, 0) -> ok;
messages(Echo, Count) ->
    Echo ! {self(), Count},
    receive Count -> messages(Echo, Count - 1) end.
