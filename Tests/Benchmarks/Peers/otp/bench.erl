%% What the workloads share: time, figures, and tasks that start together.
-module(bench).
-export([report/4, nanotime/0, per/2, median_per/3, percentile/2, sharing/3,
         times/2, shuffled/1, collect_garbage/0]).

report(Workload, Metric, Value, Unit) ->
    io:format("~ts ~ts ~.2f ~ts~n", [Workload, Metric, Value * 1.0, Unit]).

nanotime() -> erlang:monotonic_time(nanosecond).

%% The time of a function, for each of the things that it does.
per(Count, Fun) ->
    Start = nanotime(),
    Fun(),
    (nanotime() - Start) / Count.

%% The median of several rounds, after a tenth of one to warm up.
median_per(Rounds, Count, Fun) ->
    Fun(Count div 10),
    percentile(50, [per(Count, fun() -> Fun(Count) end) || _ <- lists:seq(1, Rounds)]).

%% The value that so many percent of all do not exceed.
percentile(Percent, Values) ->
    Rank = (length(Values) * Percent + 99) div 100,
    lists:nth(max(1, Rank), lists:sort(Values)).

%% From the common start of the callers to the end of the last, for each of
%% the calls that they make together. A tenth of the calls comes before.
sharing(Total, Callers, Body) ->
    Each = Total div Callers,
    Main = self(),
    Pids = [spawn_link(fun() ->
                Body(Caller, max(1, Each div 10)),
                Main ! {ready, self()},
                receive go -> ok end,
                Body(Caller, Each),
                Main ! {done, self()}
            end) || Caller <- lists:seq(1, Callers)],
    [receive {ready, Pid} -> ok end || Pid <- Pids],
    Time = per(Each * Callers, fun() ->
        [Pid ! go || Pid <- Pids],
        [receive {done, _} -> ok end || _ <- Pids]
    end),
    [receive {'EXIT', Pid, _} -> ok end || Pid <- Pids],
    Time.

times(0, _) -> ok;
times(Count, Fun) -> Fun(), times(Count - 1, Fun).

%% Numbers in an order that no cache foresees, the same in each run.
shuffled(Count) ->
    [Number || {_, Number} <- lists:sort([{erlang:phash2({1, Number}), Number}
                                          || Number <- lists:seq(1, Count)])].

collect_garbage() -> lists:foreach(fun erlang:garbage_collect/1, processes()).
