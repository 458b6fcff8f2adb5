%% What one thing costs where there are ten of its kind, and where there are a
%% hundred thousand.
-module(growth).
-export([run/0]).

run() ->
    children:start_and_stop(1000),
    lists:foreach(fun size/1, [10, 100, 1000, 10000, 100000]).

size(Size) ->
    {Starts, Stops} = lists:unzip([children:start_and_stop(Size)
                                   || _ <- lists:seq(1, max(1, 20000 div Size))]),
    report("start", Size, bench:percentile(50, Starts)),
    report("stop", Size, bench:percentile(50, Stops)),
    report("look-up", Size, groups:look_up_time(Size)),
    [_ | Timers] = [bench:per(Size, fun() -> timers:cancel(timers:set(Size)) end)
                    || _ <- lists:seq(0, max(1, 200000 div Size))],
    report("timer", Size, bench:percentile(50, Timers)),
    report("call", Size, call_time(Size)).

report(Metric, Size, Time) ->
    bench:report("growth", Metric ++ "-" ++ integer_to_list(Size), Time, "ns").

%% One caller that calls one of so many servers after the other.
call_time(Count) ->
    Supervisor = children:dynamic(),
    Pids = list_to_tuple([element(2, supervisor:start_child(Supervisor, []))
                          || _ <- lists:seq(1, Count)]),
    Servers = [element(Number, Pids) || Number <- bench:shuffled(Count)],
    call(Servers),
    Rounds = max(1, 300000 div Count),
    Time = bench:per(Rounds * Count, fun() -> bench:times(Rounds, fun() -> call(Servers) end) end),
    plain_supervisor:stop(Supervisor),
    Time.

call([]) -> ok;
call([Server | Servers]) ->
    _ = gen_server:call(Server, {add, 1}, infinity),
    call(Servers).
