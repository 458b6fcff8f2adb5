# What the workloads share: time, figures, and tasks that start together.
defmodule Bench do
  def report(workload, metric, value, unit) do
    IO.puts("#{workload} #{metric} #{:erlang.float_to_binary(value * 1.0, decimals: 2)} #{unit}")
  end

  def nanotime, do: System.monotonic_time(:nanosecond)

  # The time of a function, for each of the things that it does.
  def per(count, fun) do
    start = nanotime()
    fun.()
    (nanotime() - start) / count
  end

  # The median of several rounds, after a tenth of one to warm up.
  def median_per(rounds \\ 7, count, fun) do
    fun.(div(count, 10))
    percentile(50, for(_ <- 1..rounds, do: per(count, fn -> fun.(count) end)))
  end

  # The value that so many percent of all do not exceed.
  def percentile(percent, values) do
    rank = div(length(values) * percent + 99, 100)
    Enum.at(Enum.sort(values), max(0, rank - 1))
  end

  # From the common start of the callers to the end of the last, for each of the calls that they make together. A tenth
  # of the calls comes before.
  def sharing(total, callers, body) do
    each = div(total, callers)
    main = self()

    pids =
      for caller <- 1..callers do
        spawn_link(fn ->
          body.(caller, max(1, div(each, 10)))
          send(main, {:ready, self()})
          receive do: (:go -> :ok)
          body.(caller, each)
          send(main, :done)
        end)
      end

    for pid <- pids, do: receive(do: ({:ready, ^pid} -> :ok))

    time =
      per(each * callers, fn ->
        for pid <- pids, do: send(pid, :go)
        for _ <- pids, do: receive(do: (:done -> :ok))
      end)

    for pid <- pids, do: receive(do: ({:EXIT, ^pid, _} -> :ok))
    time
  end

  def times(0, _), do: :ok

  def times(count, fun) do
    fun.()
    times(count - 1, fun)
  end

  # Numbers in an order that no cache foresees, the same in each run.
  def shuffled(count), do: Enum.sort_by(0..(count - 1), &:erlang.phash2({1, &1}))

  def collect_garbage, do: Enum.each(Process.list(), &:erlang.garbage_collect/1)
end
