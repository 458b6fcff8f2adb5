%% Crashes, one at a time and a thousand at once: how long until the
%% replacement has started.
-module(crashes).
-export([run/0]).

%% However many restarts there are, the supervisor keeps count and goes on.
-define(ANY_NUMBER, #{intensity => 1000000000, period => 3600}).

run() ->
    short_restart_lists(),
    long_restart_list(),
    in_a_second(),
    one_for_all().

%% A thousand supervisors of one child each, crashed in turn, so that each list
%% of restarts stays short.
short_restart_lists() ->
    Branches = [#{id => Number, type => supervisor,
                  start => {plain_supervisor, start_link,
                            [?ANY_NUMBER#{strategy => one_for_one}, [child(Number)]]}}
                || Number <- lists:seq(1, 1000)],
    Supervisor = plain_supervisor:start(#{strategy => one_for_one}, Branches),
    Pids = served(1000),
    {Pids2, Killed} = crash_in_turn(Pids, fun kill/1),
    report("killed-short-list", Killed),
    {_, Raised} = crash_in_turn(Pids2, fun raise/1),
    report("raised-short-list", Raised),
    plain_supervisor:stop(Supervisor).

%% Ten rounds, after one to warm up.
crash_in_turn(Pids, Crash) ->
    {Warm, _} = crash_each(Pids, Crash),
    lists:foldl(fun(_, {Now, Times}) ->
        {Next, More} = crash_each(Now, Crash),
        {Next, More ++ Times}
    end, {Warm, []}, lists:seq(1, 10)).

crash_each(Pids, Crash) -> lists:unzip([time_of_restart(Pid, Crash) || Pid <- Pids]).

%% One supervisor of one child that has crashed ten thousand times already.
long_restart_list() ->
    {Supervisor, [Pid]} = start(1, one_for_one),
    {Last, _} = crash_again(Pid, 10000, []),
    {_, Times} = crash_again(Last, 2000, []),
    report("killed-long-list", Times),
    plain_supervisor:stop(Supervisor).

crash_again(Pid, 0, Times) -> {Pid, Times};
crash_again(Pid, Count, Times) ->
    {Next, Time} = time_of_restart(Pid, fun kill/1),
    crash_again(Next, Count - 1, [Time | Times]).

in_a_second() ->
    {Supervisor, Pids} = start(1000, one_for_one),
    Warm = crash_all(Pids, 1),
    Time = bench:per(10000, fun() -> crash_all(Warm, 10) end),
    bench:report("crashes", "in-a-second", 1.0e9 / Time, "/s"),
    plain_supervisor:stop(Supervisor).

crash_all(Pids, 0) -> Pids;
crash_all(Pids, Rounds) ->
    lists:foreach(fun kill/1, Pids),
    crash_all(served(length(Pids)), Rounds - 1).

%% One of a hundred crashes, and all are started anew.
one_for_all() ->
    {Supervisor, Pids} = start(100, one_for_all),
    {Times, _} = lists:mapfoldl(fun(_, [First | _]) ->
        Start = bench:nanotime(),
        kill(First),
        {Next, Last} = served_last(100),
        {Last - Start, Next}
    end, Pids, lists:seq(1, 220)),
    Median = bench:percentile(50, lists:nthtail(20, Times)),
    bench:report("crashes", "one-for-all", Median / 1.0e3, "µs"),
    plain_supervisor:stop(Supervisor).

%% From the crash until the replacement is in init. The next crash comes once
%% the replacement serves.
time_of_restart(Pid, Crash) ->
    Start = bench:nanotime(),
    Crash(Pid),
    receive {serves, Next, Time} -> {Next, Time - Start} end.

kill(Pid) -> exit(Pid, kill).
raise(Pid) -> gen_server:cast(Pid, crash).

start(Count, Strategy) ->
    Supervisor = plain_supervisor:start(?ANY_NUMBER#{strategy => Strategy},
                                        [child(Number) || Number <- lists:seq(1, Count)]),
    {Supervisor, served(Count)}.

child(Number) ->
    Name = list_to_atom("fragile-" ++ integer_to_list(Number)),
    #{id => Number, start => {fragile, start_link, [Name, self()]}}.

served(Count) -> [receive {serves, Pid, _} -> Pid end || _ <- lists:seq(1, Count)].

served_last(Count) ->
    {Pids, Starts} = lists:unzip([receive {serves, Pid, Start} -> {Pid, Start} end
                                  || _ <- lists:seq(1, Count)]),
    {Pids, lists:max(Starts)}.

report(Name, Times) ->
    [bench:report("crashes", Name ++ "-p" ++ integer_to_list(Percent),
                  bench:percentile(Percent, Times) / 1.0e3, "µs") || Percent <- [50, 99]].
