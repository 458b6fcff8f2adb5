%% The words that scenarios and traces are written in.
-module(against_otp_words).

-export([scenarios/1, reason/1, is_failed_start/1, report/2]).

-include("against_otp.hrl").

scenarios(Packet) ->
    Lines = binary:split(Packet, <<"\n">>, [global, trim_all]),
    scenarios(Lines, []).

scenarios([], Done) ->
    lists:reverse(Done);
scenarios([Line | Lines], Done) ->
    [<<"scenario">>, Number] = words(Line),
    {Scenario, Rest} = scenario(Lines, #scenario{number = binary_to_integer(Number)}),
    scenarios(Rest, [Scenario | Done]).

scenario([Line | Lines], Scenario = #scenario{nodes = Nodes, steps = Steps}) ->
    case words(Line) of
        [<<"end">>] ->
            {Scenario#scenario{nodes = lists:reverse(Nodes), steps = lists:reverse(Steps)}, Lines};
        [<<"sup">>, Id, Parent, Present, Restart, Significant, Strategy, Intensity, Auto, Starts] ->
            Node = #node{
                id = atom(Id), type = supervisor, parent = atom(Parent), position = length(Nodes),
                present = atom(Present), restart = atom(Restart), significant = Significant =:= <<"significant">>,
                strategy = atom(Strategy), intensity = binary_to_integer(Intensity), auto_shutdown = atom(Auto),
                shutdown = infinity, starts = outcomes(Starts)
            },
            scenario(Lines, Scenario#scenario{nodes = [Node | Nodes]});
        [<<"work">>, Id, Parent, Present, Restart, Significant, Shutdown, Starts, Stops] ->
            Node = #node{
                id = atom(Id), type = worker, parent = atom(Parent), position = length(Nodes),
                present = atom(Present), restart = atom(Restart), significant = Significant =:= <<"significant">>,
                shutdown = shutdown(Shutdown), starts = outcomes(Starts), stops = term(Stops)
            },
            scenario(Lines, Scenario#scenario{nodes = [Node | Nodes]});
        [<<"hook">>, Kind, Of, At, Target, Reason] ->
            Hook = {atom(Kind), binary_to_integer(At), atom(Target), term(Reason)},
            Owner = atom(Of),
            Hooked = [
                if Node#node.id =:= Owner -> Node#node{hooks = Node#node.hooks ++ [Hook]}; true -> Node end
             || Node <- Nodes
            ],
            scenario(Lines, Scenario#scenario{nodes = Hooked});
        [<<"do">> | Words] ->
            Step = #step{words = unwords(Words), action = action(Words)},
            scenario(Lines, Scenario#scenario{steps = [Step | Steps]});
        [<<"burst">>, Id] ->
            {Actions, Rest} = burst(Lines, []),
            Step = #step{words = unwords([<<"burst">>, Id]), action = {burst, atom(Id), Actions}},
            scenario(Rest, Scenario#scenario{steps = [Step | Steps]})
    end.

burst([Line | Lines], Actions) ->
    case words(Line) of
        [<<"release">>] -> {lists:reverse(Actions), Lines};
        [<<"do">> | Words] -> burst(Lines, [action(Words) | Actions])
    end.

action([<<"exit">>, Id, Reason]) -> {exit, atom(Id), term(Reason)};
action([<<"stop">>, Id, Reason]) -> {stop, atom(Id), term(Reason)};
action([Request, Id]) -> {atom(Request), atom(Id)}.

words(Line) -> binary:split(Line, <<" ">>, [global]).

unwords(Words) -> iolist_to_binary(lists:join($\s, Words)).

%% There are few of them, and always the same.
atom(Word) -> binary_to_atom(Word).

outcomes(<<"-">>) -> [];
outcomes(Words) -> [atom(Word) || Word <- binary:split(Words, <<",">>, [global])].

shutdown(<<"brutal_kill">>) -> brutal_kill;
shutdown(<<"infinity">>) -> infinity;
shutdown(Milliseconds) -> binary_to_integer(Milliseconds).

term(<<"shutdown(x)">>) -> {shutdown, x};
term(Word) -> atom(Word).

%% How an exit reason, or what a start has failed with, is told.
reason(normal) -> <<"normal">>;
reason(shutdown) -> <<"shutdown">>;
reason({shutdown, {failed_to_start_child, Id, Reason}}) -> [<<"failed(">>, atom_to_binary(Id), $\s, reason(Reason), $)];
reason({shutdown, Detail}) -> [<<"shutdown(">>, atom_to_binary(Detail), $)];
reason({start_spec, _}) -> <<"invalid">>;
reason({bad_combination, _}) -> <<"invalid">>;
reason(Error) when is_atom(Error) -> [<<"error(">>, atom_to_binary(Error), $)].

%% Whether only a supervisor that has never started ends like this.
is_failed_start({shutdown, {failed_to_start_child, _, _}}) -> true;
is_failed_start({start_spec, _}) -> true;
is_failed_start(_) -> false.

%% The contexts of supervisor reports.
report(start_error, Reason) -> [<<"start error ">>, reason(Reason)];
report(child_terminated, Reason) -> [<<"terminated ">>, reason(Reason)];
report(shutdown_error, Reason) -> [<<"shutdown error ">>, reason(Reason)];
report(shutdown, reached_max_restart_intensity) -> <<"gave up">>.
