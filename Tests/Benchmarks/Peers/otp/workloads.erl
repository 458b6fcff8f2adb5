%% Runs workloads, each by its name, and prints what they cost, a figure a
%% line: "workload metric value unit", as the program of the library does.
-module(workloads).
-export([main/1]).

main(Names) ->
    ok = io:setopts([{encoding, unicode}]),
    ok = logger:set_primary_config(level, none),
    %% The supervisors are linked to this process, and end with a reason.
    process_flag(trap_exit, true),
    lists:foreach(fun run/1, Names),
    halt(0).

run('calls') -> calls:run();
run('children') -> children:run();
run('memory') -> children:memory();
run('trees') -> children:trees();
run('process') -> children:process();
run('crashes') -> crashes:run();
run('timers') -> timers:run();
run('registry') -> groups:run();
run('growth') -> growth:run();
run(Name) ->
    io:format(standard_error, "There is no workload '~s'.~n", [Name]),
    halt(1).
