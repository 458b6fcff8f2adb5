%% A server that does as little as can be.
-module(counter).
-behaviour(gen_server).
-export([start_link/0, init/1, handle_call/3, handle_cast/2]).

start_link() -> gen_server:start_link(?MODULE, [], []).
init([]) -> {ok, 0}.
handle_call({add, Number}, _From, Total) -> {reply, Total + Number, Total + Number};
handle_call(total, _From, Total) -> {reply, Total, Total}.
handle_cast(Number, Total) -> {noreply, Total + Number}.
