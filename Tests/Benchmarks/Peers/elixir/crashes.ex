# Crashes under a dynamic supervisor, one at a time and a thousand at once.
defmodule Crashes do
  import Bench

  # However many restarts there are, the supervisor keeps count and goes on.
  @any_number [strategy: :one_for_one, max_restarts: 1_000_000_000, max_seconds: 3600]

  def run do
    short_restart_lists()
    long_restart_list()
    in_a_second()
  end

  # A thousand supervisors of one child each, crashed in turn, so that each list of restarts stays short.
  defp short_restart_lists do
    {supervisors, pids} = Enum.unzip(for _ <- 1..1000, do: start_one())
    {pids, _} = Enum.unzip(Enum.map(pids, &time_of_restart/1))

    {_, times} =
      Enum.reduce(1..10, {pids, []}, fn _, {pids, times} ->
        {pids, more} = Enum.unzip(Enum.map(pids, &time_of_restart/1))
        {pids, more ++ times}
      end)

    percentiles("killed-short-list", times)
    Enum.each(supervisors, &Workloads.stop/1)
  end

  # One supervisor of one child that has crashed ten thousand times already.
  defp long_restart_list do
    {supervisor, pid} = start_one()
    {pid, _} = crash_again(pid, 10_000, [])
    {_, times} = crash_again(pid, 2_000, [])
    percentiles("killed-long-list", times)
    Workloads.stop(supervisor)
  end

  defp crash_again(pid, 0, times), do: {pid, times}

  defp crash_again(pid, count, times) do
    {pid, time} = time_of_restart(pid)
    crash_again(pid, count - 1, [time | times])
  end

  defp in_a_second do
    {:ok, supervisor} = DynamicSupervisor.start_link(@any_number)
    for _ <- 1..1000, do: {:ok, _} = DynamicSupervisor.start_child(supervisor, {Fragile, self()})
    pids = crash_all(served(1000), 1)
    time = per(10_000, fn -> crash_all(pids, 10) end)
    report("crashes", "in-a-second", 1.0e9 / time, "/s")
    Workloads.stop(supervisor)
  end

  defp crash_all(pids, 0), do: pids

  defp crash_all(pids, rounds) do
    Enum.each(pids, &Process.exit(&1, :kill))
    crash_all(served(length(pids)), rounds - 1)
  end

  # From the crash until the replacement is in init. The next crash comes once the replacement serves.
  defp time_of_restart(pid) do
    start = nanotime()
    Process.exit(pid, :kill)
    receive do: ({:serves, next, time} -> {next, time - start})
  end

  defp start_one do
    {:ok, supervisor} = DynamicSupervisor.start_link(@any_number)
    {:ok, _} = DynamicSupervisor.start_child(supervisor, {Fragile, self()})
    {supervisor, hd(served(1))}
  end

  defp served(count), do: for(_ <- 1..count, do: receive(do: ({:serves, pid, _} -> pid)))

  defp percentiles(name, times) do
    for percent <- [50, 99], do: report("crashes", "#{name}-p#{percent}", percentile(percent, times) / 1000, "µs")
  end
end
