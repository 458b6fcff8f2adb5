%% A server that tells when it has started, as soon as it serves.
-module(fragile).
-behaviour(gen_server).
-export([start_link/2, init/1, handle_continue/2, handle_call/3, handle_cast/2]).

start_link(Name, Listener) -> gen_server:start_link({local, Name}, ?MODULE, Listener, []).
init(Listener) -> {ok, Listener, {continue, bench:nanotime()}}.
handle_continue(Start, Listener) ->
    Listener ! {serves, self(), Start},
    {noreply, Listener}.
handle_call(_, _From, Listener) -> {reply, ok, Listener}.
handle_cast(crash, _) -> error(crash).
