# Runs workloads, each by its name, and prints what they cost, a figure a line: "workload metric value unit", as the
# program of the library does.
defmodule Workloads do
  import Bench

  def main(names) do
    :logger.set_primary_config(:level, :none)
    # The supervisors are linked to this process, and end with a reason.
    Process.flag(:trap_exit, true)
    Enum.each(names, &run/1)
    System.halt(0)
  end

  defp run("calls") do
    {:ok, server} = Counter.start_link([])
    report("calls", "idle", median_per(300_000, &call(server, &1)), "ns")

    for callers <- [2, 16, 1000] do
      report("calls", "#{callers}-callers", sharing(400_000, callers, fn _, count -> call(server, count) end), "ns")
    end

    servers = List.to_tuple(for _ <- 1..1000, do: elem(Counter.start_link([]), 1))
    time = sharing(1_000_000, 1000, fn caller, count -> call(elem(servers, caller - 1), count) end)
    report("calls", "1000-servers", time, "ns")
    cast_all(server, 50_000)
    report("calls", "cast", per(1_000_000, fn -> cast_all(server, 1_000_000) end), "ns")
    {:ok, relay} = GenServer.start_link(Relay, server)
    report("calls", "asking", median_per(5, 50_000, &ask(relay, &1)), "ns")
    report("calls", "asking-16-callers", sharing(160_000, 16, fn _, count -> ask(relay, count) end), "ns")
  end

  defp run("children") do
    start_and_stop(1000)
    {_, stop} = start_and_stop(10_000)
    report("children", "stop-of-10000", stop, "ns")
    supervisor = dynamic()
    # Its orderly stop would take minutes.
    report("children", "start", per(100_000, fn -> start(supervisor, 100_000) end), "ns")
  end

  defp run("memory") do
    supervisor = dynamic()
    start(supervisor, 10)
    before = used()
    start(supervisor, 100_000)
    report("memory", "child-of-100000", (used() - before) / 100_000, "B")
    start(supervisor, 900_000)
    report("memory", "child-of-1000000", (used() - before) / 1_000_000, "B")
  end

  # A tree of 100 children; the time of the whole process is taken outside.
  defp run("process") do
    children = for number <- 1..100, do: Supervisor.child_spec({Counter, []}, id: number)
    {:ok, _} = Supervisor.start_link(children, strategy: :one_for_one)
  end

  defp run("crashes"), do: Crashes.run()
  defp run("registry"), do: Registries.run()
  defp run("circuits"), do: Circuits.run()
  defp run("circuit-maps"), do: Circuits.maps()

  # A start, and a stop, of one of so many dynamic children.
  defp start_and_stop(count) do
    supervisor = dynamic()
    start = per(count, fn -> start(supervisor, count) end)
    {start, per(count, fn -> stop(supervisor) end)}
  end

  defp dynamic do
    {:ok, supervisor} = DynamicSupervisor.start_link(strategy: :one_for_one)
    supervisor
  end

  defp start(supervisor, count) do
    times(count, fn -> {:ok, _} = DynamicSupervisor.start_child(supervisor, {Counter, []}) end)
  end

  # An orderly stop, waited for.
  def stop(supervisor) do
    Process.unlink(supervisor)
    monitor = Process.monitor(supervisor)
    Process.exit(supervisor, :shutdown)
    receive do: ({:DOWN, ^monitor, _, _, _} -> :ok)
  end

  defp used do
    collect_garbage()
    :erlang.memory(:total)
  end

  defp call(_, 0), do: :ok

  defp call(server, count) do
    GenServer.call(server, {:add, count}, :infinity)
    call(server, count - 1)
  end

  defp ask(_, 0), do: :ok

  defp ask(relay, count) do
    GenServer.call(relay, {:ask, count}, :infinity)
    ask(relay, count - 1)
  end

  defp cast_all(server, count) do
    times(count, fn -> GenServer.cast(server, 1) end)
    GenServer.call(server, :total, :infinity)
  end
end
