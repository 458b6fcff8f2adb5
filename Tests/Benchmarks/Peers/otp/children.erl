%% Children of one supervisor, and a static tree.
-module(children).
-export([run/0, memory/0, trees/0, process/0, start_and_stop/1, dynamic/0, start/2]).

%% 100,000 children of a dynamic supervisor, started one after the other, and
%% stopped all together.
run() ->
    start_and_stop(1000),
    {_, StopOfFewer} = start_and_stop(10000),
    bench:report("children", "stop-of-10000", StopOfFewer, "ns"),
    {Start, Stop} = start_and_stop(100000),
    bench:report("children", "start", Start, "ns"),
    bench:report("children", "stop", Stop, "ns").

start_and_stop(Count) ->
    Supervisor = dynamic(),
    Start = bench:per(Count, fun() -> start(Supervisor, Count) end),
    Stop = bench:per(Count, fun() -> plain_supervisor:stop(Supervisor) end),
    {Start, Stop}.

dynamic() ->
    plain_supervisor:start(#{strategy => simple_one_for_one},
                           [#{id => counter, start => {counter, start_link, []}}]).

start(_, 0) -> ok;
start(Supervisor, Count) ->
    {ok, _} = supervisor:start_child(Supervisor, []),
    start(Supervisor, Count - 1).

%% What an idle child keeps once its garbage has been collected.
memory() ->
    Supervisor = dynamic(),
    start(Supervisor, 10),
    Before = used(),
    start(Supervisor, 100000),
    bench:report("memory", "child-of-100000", (used() - Before) / 100000, "B"),
    start(Supervisor, 900000),
    bench:report("memory", "child-of-1000000", (used() - Before) / 1000000, "B").

used() -> bench:collect_garbage(), erlang:memory(total).

%% 100 supervisors with 100 children each.
trees() ->
    Leaves = leaves(),
    Branches = [#{id => Number, type => supervisor,
                  start => {plain_supervisor, start_link, [#{strategy => one_for_one}, Leaves]}}
                || Number <- lists:seq(1, 100)],
    [_ | Times] = [start_and_stop_tree(Branches) || _ <- lists:seq(1, 6)],
    {Starts, Stops} = lists:unzip(Times),
    bench:report("trees", "start", bench:percentile(50, Starts) / 1.0e6, "ms"),
    bench:report("trees", "stop", bench:percentile(50, Stops) / 1.0e6, "ms").

start_and_stop_tree(Branches) ->
    Start = bench:nanotime(),
    Supervisor = plain_supervisor:start(#{strategy => one_for_one}, Branches),
    Started = bench:nanotime(),
    plain_supervisor:stop(Supervisor),
    {Started - Start, bench:nanotime() - Started}.

%% A tree of 100 children; the time of the whole process is taken outside.
process() -> plain_supervisor:start(#{strategy => one_for_one}, leaves()).

leaves() -> [#{id => Number, start => {counter, start_link, []}} || Number <- lists:seq(1, 100)].
