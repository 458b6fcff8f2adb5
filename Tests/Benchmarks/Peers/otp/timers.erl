%% A million timers of one process, set and taken back; and a hundred thousand
%% that fire within a second.
-module(timers).
-export([run/0, set/1, cancel/1]).

run() ->
    Count = 1000000,
    cancel(set(20000)),
    bench:collect_garbage(),
    Before = erlang:memory(total),
    Start = bench:nanotime(),
    Pending = set(Count),
    Set = (bench:nanotime() - Start) / Count,
    bench:collect_garbage(),
    bench:report("timers", "set", Set, "ns"),
    bench:report("timers", "pending", (erlang:memory(total) - Before) / Count, "B"),
    InOrder = lists:reverse(Pending),
    bench:report("timers", "cancel", bench:per(Count, fun() -> cancel(InOrder) end), "ns"),
    Late = fire(100000),
    bench:report("timers", "late-p50", bench:percentile(50, Late) / 1.0, "µs"),
    bench:report("timers", "late-p99", bench:percentile(99, Late) / 1.0, "µs").

%% Due in ten minutes and more.
set(Count) -> set(Count, []).
set(0, Set) -> Set;
set(Count, Set) ->
    set(Count - 1, [erlang:send_after(600000 + Count rem 100000, self(), due) | Set]).

cancel([]) -> ok;
cancel([Timer | Timers]) ->
    _ = erlang:cancel_timer(Timer),
    cancel(Timers).

%% Due one after the other within a second that begins in a second. Timers go
%% by whole milliseconds here. The process that takes them has precedence.
fire(Count) ->
    Main = self(),
    spawn_link(fun() ->
        process_flag(priority, high),
        First = erlang:monotonic_time(millisecond) + 1000,
        [begin
             Due = First + 1000 * Number div Count,
             erlang:send_after(Due, self(), {due, Due}, [{abs, true}])
         end || Number <- lists:seq(0, Count - 1)],
        Main ! {late, [receive {due, Due} -> erlang:monotonic_time(microsecond) - 1000 * Due end
                       || _ <- lists:seq(1, Count)]}
    end),
    receive {late, Late} -> Late end.
