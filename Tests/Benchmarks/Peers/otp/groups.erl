%% Look-ups among a thousand process groups, which are what OTP has for
%% registration under any term, and a message to the thousand members of one.
-module(groups).
-export([run/0, look_up_time/1]).

run() ->
    bench:report("registry", "look-up", look_up_time(1000), "ns"),
    bench:report("registry", "dispatch", dispatch_time(), "ns").

%% A look-up among so many groups, of which this process is in each.
look_up_time(Count) ->
    {ok, Scope} = pg:start_link(),
    Keys = bench:shuffled(Count),
    [ok = pg:join(Key, self()) || Key <- Keys],
    Rounds = max(1, 300000 div Count),
    look_up(Keys),
    Time = bench:per(Rounds * Count, fun() -> bench:times(Rounds, fun() -> look_up(Keys) end) end),
    stop(Scope),
    Time.

look_up([]) -> ok;
look_up([Key | Keys]) ->
    [_] = pg:get_local_members(Key),
    look_up(Keys).

%% Until all members have handled the message, for each of them.
dispatch_time() ->
    {ok, Scope} = pg:start_link(),
    Missing = atomics:new(1, []),
    Supervisor = plain_supervisor:start(
        #{strategy => simple_one_for_one},
        [#{id => subscriber, start => {subscriber, start_link, [Missing, self()]}}]),
    children:start(Supervisor, 1000),
    Times = [dispatch(Missing, Round) || Round <- lists:seq(1, 110)],
    plain_supervisor:stop(Supervisor),
    stop(Scope),
    bench:percentile(50, lists:nthtail(10, Times)).

dispatch(Missing, Round) ->
    atomics:put(Missing, 1, 1000),
    bench:per(1000, fun() ->
        [gen_server:cast(Member, Round) || Member <- pg:get_local_members(news)],
        receive all -> ok end
    end).

stop(Scope) ->
    unlink(Scope),
    gen_server:stop(Scope).
