%% A server that waits in each call: it asks the next one.
-module(relay).
-behaviour(gen_server).
-export([start_link/1, init/1, handle_call/3, handle_cast/2]).

start_link(Next) -> gen_server:start_link(?MODULE, Next, []).
init(Next) -> {ok, Next}.
handle_call({ask, Number}, _From, Next) ->
    {reply, gen_server:call(Next, {add, Number}, infinity), Next}.
handle_cast(_, Next) -> {noreply, Next}.
