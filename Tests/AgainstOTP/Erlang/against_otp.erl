%% Plays scenarios on Erlang/OTP's own supervisor and tells what happened, line by line.
%%
%% A packet of scenarios comes in through standard input, the traces of them go out through standard output; both with
%% four bytes of length before them. The words of both are described in README.md.
%%
%% When a tree has come to rest is exact, not a guess: there is one scheduler, every process of a tree has priority
%% high, and the process that plays has priority normal. It runs only when none of the others can.
-module(against_otp).

-export([main/0]).
%% Called by the supervisors, the servers and the logger.
-export([start_supervisor/1, start_worker/1, init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2, log/2]).

-include("against_otp.hrl").

%% What is written down: {Number, Line}, in order; and {End, ...} of supervisors.
-define(TRACE, against_otp_trace).
-define(GONE, against_otp_gone).
-define(NODES, against_otp_nodes).
-define(STARTS, against_otp_starts).
-define(LIVES, against_otp_lives).
-define(WATCHER, against_otp_watcher).

main() ->
    erlang:process_flag(trap_exit, true),
    ok = logger:set_primary_config(level, all),
    [ok = logger:remove_handler(Handler) || Handler <- logger:get_handler_ids()],
    ok = logger:add_handler(against_otp, ?MODULE, #{}),
    %% The first question for each module is noted in a persistent term, which suspends whoever asks.
    [true = logger:allow(error, Module) || Module <- [gen_server, proc_lib, supervisor]],
    ets:new(?TRACE, [named_table, public, ordered_set]),
    ets:new(?GONE, [named_table, public, ordered_set]),
    ets:new(?NODES, [named_table, public]),
    ets:new(?STARTS, [named_table, public]),
    ets:new(?LIVES, [named_table, public]),
    Watcher = erlang:spawn_opt(fun watch/0, [{priority, high}, link]),
    register(?WATCHER, Watcher),
    serve(erlang:open_port({fd, 0, 1}, [binary, {packet, 4}, eof])).

serve(Port) ->
    receive
        {Port, {data, Packet}} ->
            Traces = [play(Scenario) || Scenario <- against_otp_words:scenarios(Packet)],
            true = erlang:port_command(Port, Traces),
            serve(Port);
        {Port, eof} ->
            erlang:halt(0)
    end.

%% ---- Playing

play(#scenario{number = Number, nodes = Nodes = [#node{id = Top} | _], steps = Steps}) ->
    [ets:delete_all_objects(Table) || Table <- [?TRACE, ?GONE, ?NODES, ?STARTS, ?LIVES]],
    ets:insert(?NODES, [{Node#node.id, Node} || Node <- Nodes]),
    Begun = play_step(Top, <<"begin">>, fun() -> result(start_supervisor(Top)) end),
    Played = [play_step(Top, Step) || Step <- Steps],
    Ended = play_step(Top, <<"finish">>, fun() -> finish(Top) end),
    Left = [Id || {Pid, Id, _} <- ets:tab2list(?LIVES), is_process_alive(Pid)],
    _ = [exit(Pid, kill) || {Pid, _, _} <- ets:tab2list(?LIVES)],
    rest(),
    flush(),
    [<<"# ">>, integer_to_binary(Number), $\n, Begun, Played, Ended, [<<"left ">>, integer_to_binary(length(Left)), $\n]].

play_step(Top, #step{words = Words, action = Action}) ->
    play_step(Top, Words, fun() -> act(Action) end).

play_step(Top, Words, Act) ->
    ets:delete_all_objects(?TRACE),
    ets:delete_all_objects(?GONE),
    Result = Act(),
    rest(),
    {Answers, Others} = lists:partition(fun is_answer/1, [Line || {_, Line} <- ets:tab2list(?TRACE)]),
    %% Answers travel on their own, so only what they say is compared, not when they came.
    Trace = [[Line, $\n] || Line <- Others ++ lists:sort(Answers)],
    Gone = [[<<"gone ">>, Line, $\n] || Line <- lists:sort([Line || {_, Line} <- ets:tab2list(?GONE)])],
    [<<"> ">>, Words, $\n, Trace, answer(Result), Gone, survey(Top)].

is_answer(Line) -> binary:first(Line) =:= $=.

answer(nothing) -> [];
answer(Result) -> [<<"= ">>, Result, $\n].

%% Suspends the player until no process of the tree can run.
rest() ->
    erlang:yield(),
    1 = statistics(total_active_tasks_all).

flush() ->
    receive {'EXIT', Pid, _} when is_pid(Pid) -> flush() after 0 -> ok end.

act({exit, Id, Reason}) ->
    case life(Id) of
        none -> <<"absent">>;
        Pid -> end_worker(Pid, Id, Reason)
    end;
act({stop, Id, Reason}) ->
    stop(Id, Reason);
act({burst, Id, Actions}) ->
    case life(Id) of
        none -> <<"absent">>;
        Pid -> burst(Pid, Actions)
    end;
act(Request) ->
    request(Request).

end_worker(Pid, Id, killed) ->
    note([<<"end ">>, name(Id), $\s, number(Pid), <<" error(killed)">>]),
    exit(Pid, kill),
    nothing;
end_worker(Pid, _Id, Reason) ->
    Pid ! {exit, Reason},
    nothing.

%% As a parent asks a supervisor to stop.
finish(Top) ->
    case life(Top) of
        none -> <<"absent">>;
        Pid -> exit(Pid, shutdown), nothing
    end.

%% As somebody else does: see sys:terminate/2.
stop(Id, Reason) ->
    case life(Id) of
        none ->
            <<"absent">>;
        Pid ->
            try proc_lib:stop(Pid, Reason, infinity) of
                ok -> nothing
            catch
                exit:_ -> nothing
            end
    end.

%% All of the actions wait in the supervisor's mailbox before it comes to the first of them.
burst(Pid, Actions) ->
    true = erlang:suspend_process(Pid),
    Numbered = lists:zip(lists:seq(1, length(Actions)), Actions),
    [begin act_in_burst(Number, Action), rest() end || {Number, Action} <- Numbered],
    true = erlang:resume_process(Pid),
    nothing.

act_in_burst(Number, {exit, Id, Reason}) ->
    case life(Id) of
        none -> note([<<"= ">>, integer_to_binary(Number), <<" absent">>]);
        Pid -> end_worker(Pid, Id, Reason)
    end;
act_in_burst(Number, {stop, Id, Reason}) ->
    case life(Id) of
        none -> note([<<"= ">>, integer_to_binary(Number), <<" absent">>]);
        _ -> erlang:spawn_opt(fun() -> stop(Id, Reason) end, [{priority, high}])
    end;
act_in_burst(Number, Request) ->
    Ask = fun() -> note([<<"= ">>, integer_to_binary(Number), $\s, request(Request)]) end,
    erlang:spawn_opt(Ask, [{priority, high}]).

request({Kind, Id}) ->
    #node{parent = Parent} = node_of(Id),
    case life(Parent) of
        none ->
            <<"absent">>;
        Pid ->
            try
                result(case Kind of
                    start -> supervisor:start_child(Pid, specification(node_of(Id)));
                    terminate -> supervisor:terminate_child(Pid, Id);
                    restart -> supervisor:restart_child(Pid, Id);
                    delete -> supervisor:delete_child(Pid, Id)
                end)
            catch
                exit:_ -> <<"gone">>
            end
    end.

result(ok) -> <<"ok">>;
result({ok, undefined}) -> <<"ignored">>;
result({ok, _Pid}) -> <<"ok">>;
result({error, already_present}) -> <<"already present">>;
result({error, {already_started, _}}) -> <<"already started">>;
result({error, running}) -> <<"running">>;
result({error, restarting}) -> <<"restarting">>;
result({error, not_found}) -> <<"not found">>;
result({error, {Reason, Child}}) when element(1, Child) =:= child -> [<<"failed ">>, against_otp_words:reason(Reason)];
result({error, Reason}) -> [<<"failed ">>, against_otp_words:reason(Reason)].

%% ---- What is there

survey(Id) ->
    case life(Id) of
        none -> [];
        Pid -> survey(Id, Pid)
    end.

survey(Id, Pid) ->
    Children = supervisor:which_children(Pid),
    Counts = supervisor:count_children(Pid),
    [
        [<<"children ">>, name(Id), $:, [[$\s, child(Child)] || Child <- Children], $\n],
        [<<"counts ">>, name(Id), $:,
            [[$\s, integer_to_binary(proplists:get_value(Key, Counts))] || Key <- [specs, active, supervisors, workers]],
            $\n],
        [survey(Child, ChildPid) || {Child, ChildPid, supervisor, _} <- lists:reverse(Children), is_pid(ChildPid)]
    ].

child({Id, undefined, Type, _}) -> [name(Id), <<"/down/">>, atom_to_binary(Type)];
child({Id, restarting, Type, _}) -> [name(Id), <<"/restarting/">>, atom_to_binary(Type)];
child({Id, Pid, Type, _}) -> [name(Id), $/, number(Pid), $/, atom_to_binary(Type)].

node_of(Id) -> ets:lookup_element(?NODES, Id, 2).

%% The process that lives as Id now.
life(Id) ->
    case [Pid || {Pid, Of, _} <- ets:match_object(?LIVES, {'_', Id, '_'}), Of =:= Id, is_process_alive(Pid)] of
        [] -> none;
        [Pid] -> Pid
    end.

number(Pid) -> integer_to_binary(ets:lookup_element(?LIVES, Pid, 3)).

name(Id) -> atom_to_binary(Id).

note(Line) ->
    ets:insert(?TRACE, {erlang:unique_integer([monotonic]), iolist_to_binary(Line)}).

%% ---- Supervisors

%% Runs in the parent.
start_supervisor(Id) ->
    #node{starts = Starts} = node_of(Id),
    Number = ets:update_counter(?STARTS, Id, 1, {Id, 0}),
    Outcome = outcome(Number, Starts),
    note([<<"start ">>, name(Id), $\s, integer_to_binary(Number), $\s, atom_to_binary(Outcome)]),
    run_hooks(start, Id, Number),
    case Outcome of
        error -> {error, bad};
        ignore -> ignore;
        ok -> begin_supervisor(Id, Number)
    end.

%% As supervisor:start_link/2, which takes no spawn options.
begin_supervisor(Id, Number) ->
    case gen_server:start_link(supervisor, {self, ?MODULE, {supervisor, Id, Number}}, [{spawn_opt, [{priority, high}]}]) of
        {ok, Pid} ->
            ets:insert(?LIVES, {Pid, Id, Number}),
            {ok, Pid};
        Other ->
            Other
    end.

%% Writes down how supervisors end that had started.
watch() ->
    receive
        {watch, Pid, Id, Number} ->
            put(erlang:monitor(process, Pid), {Id, Number}),
            Pid ! watched;
        {'DOWN', Reference, process, _Pid, Reason} ->
            {Id, Number} = erase(Reference),
            Line = [name(Id), $\s, integer_to_binary(Number), $\s, against_otp_words:reason(Reason)],
            against_otp_words:is_failed_start(Reason) orelse
                ets:insert(?GONE, {erlang:unique_integer([monotonic]), iolist_to_binary(Line)})
    end,
    watch().

specification(#node{id = Id, type = Type, restart = Restart, significant = Significant, shutdown = Shutdown}) ->
    Start = case Type of
        supervisor -> {?MODULE, start_supervisor, [Id]};
        worker -> {?MODULE, start_worker, [Id]}
    end,
    #{id => Id, start => Start, restart => Restart, significant => Significant, shutdown => Shutdown, type => Type}.

outcome(Number, Starts) when Number =< length(Starts) -> lists:nth(Number, Starts);
outcome(_, _) -> ok.

%% ---- Servers

start_worker(Id) ->
    gen_server:start_link(?MODULE, {worker, Id}, [{spawn_opt, [{priority, high}]}]).

init({supervisor, Id, Number}) ->
    ?WATCHER ! {watch, self(), Id, Number},
    receive watched -> ok end,
    #node{strategy = Strategy, intensity = Intensity, auto_shutdown = AutoShutdown} = node_of(Id),
    %% The window never moves on: a period that no run lasts for.
    Flags = #{strategy => Strategy, intensity => Intensity, period => 1000000, auto_shutdown => AutoShutdown},
    Children = [Node || {_, Node = #node{parent = Parent, present = initial}} <- ets:tab2list(?NODES), Parent =:= Id],
    {ok, {Flags, [specification(Node) || Node <- lists:keysort(#node.position, Children)]}};
init({worker, Id}) ->
    process_flag(trap_exit, true),
    #node{starts = Starts, stops = Stops} = node_of(Id),
    Number = ets:update_counter(?STARTS, Id, 1, {Id, 0}),
    Outcome = outcome(Number, Starts),
    note([<<"start ">>, name(Id), $\s, integer_to_binary(Number), $\s, atom_to_binary(Outcome)]),
    run_hooks(start, Id, Number),
    case Outcome of
        error -> {stop, bad};
        ignore -> ignore;
        ok ->
            ets:insert(?LIVES, {self(), Id, Number}),
            {ok, {Id, Number, Stops, asked}}
    end.

handle_call(_, _, State) -> {noreply, State}.

handle_cast(_, State) -> {noreply, State}.

handle_info({exit, Reason}, {Id, Number, Stops, asked}) ->
    ended(Id, Number, Reason),
    {stop, Reason, {Id, Number, Stops, by_itself}};
handle_info(_, State) ->
    {noreply, State}.

terminate(_, {_, _, _, by_itself}) ->
    ok;
terminate(shutdown, {Id, Number, Stops, asked}) ->
    ended(Id, Number, Stops),
    if Stops =:= shutdown -> ok; true -> exit(Stops) end;
terminate(Reason, {Id, Number, _, asked}) ->
    note([<<"lost ">>, name(Id), $\s, integer_to_binary(Number), $\s, against_otp_words:reason(Reason)]).

ended(Id, Number, Reason) ->
    note([<<"end ">>, name(Id), $\s, integer_to_binary(Number), $\s, against_otp_words:reason(Reason)]),
    run_hooks('end', Id, Number).

%% What is to happen while a child starts or ends: another one ends first, and the supervisor finds both in its mailbox.
run_hooks(Kind, Id, Number) ->
    #node{hooks = Hooks} = node_of(Id),
    [run_hook(Target, Reason) || {Of, At, Target, Reason} <- Hooks, Of =:= Kind, At =:= Number].

run_hook(Target, Reason) ->
    case life(Target) of
        none ->
            ok;
        Pid ->
            Reference = erlang:monitor(process, Pid),
            end_worker(Pid, Target, Reason),
            receive {'DOWN', Reference, process, Pid, _} -> ok end
    end.

%% ---- Reports

%% Called by the process that reports, so that what it tells is in order with all else.
log(#{msg := {report, #{label := {supervisor, progress}, report := [_, {started, Child}]}}}, _) ->
    note([<<"told ">>, name(proplists:get_value(id, Child)), <<" up">>]);
log(#{msg := {report, #{label := {supervisor, Context}, report := Report}}}, _) ->
    Id = proplists:get_value(id, proplists:get_value(offender, Report)),
    note([<<"told ">>, name(Id), $\s, against_otp_words:report(Context, proplists:get_value(reason, Report))]);
log(_, _) ->
    ok.
