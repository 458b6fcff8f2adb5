%% A supervisor of whatever it is given.
-module(plain_supervisor).
-behaviour(supervisor).
-export([start/2, start_link/2, stop/1, init/1]).

start_link(Flags, Children) -> supervisor:start_link(?MODULE, {Flags, Children}).

start(Flags, Children) ->
    {ok, Supervisor} = start_link(Flags, Children),
    Supervisor.

%% An orderly stop, waited for.
stop(Supervisor) ->
    unlink(Supervisor),
    Monitor = monitor(process, Supervisor),
    exit(Supervisor, shutdown),
    receive {'DOWN', Monitor, process, _, _} -> ok end.

init({Flags, Children}) -> {ok, {Flags, Children}}.
