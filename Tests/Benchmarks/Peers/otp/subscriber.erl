%% One of many in a group. The last of them to handle a message says so.
-module(subscriber).
-behaviour(gen_server).
-export([start_link/2, init/1, handle_call/3, handle_cast/2]).

start_link(Missing, Listener) -> gen_server:start_link(?MODULE, {Missing, Listener}, []).
init(State) ->
    ok = pg:join(news, self()),
    {ok, State}.
handle_call(_, _From, State) -> {reply, ok, State}.
handle_cast(_, {Missing, Listener} = State) ->
    case atomics:sub_get(Missing, 1, 1) of
        0 -> Listener ! all;
        _ -> ok
    end,
    {noreply, State}.
