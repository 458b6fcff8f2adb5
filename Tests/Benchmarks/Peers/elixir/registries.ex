# Look-ups in a registry of a thousand keys, and a message to the thousand servers of one key.
defmodule Registries do
  import Bench

  def run do
    report("registry", "look-up", look_up_time(1000), "ns")
    report("registry", "dispatch", dispatch_time(), "ns")
  end

  defp look_up_time(count) do
    {:ok, _} = Registry.start_link(keys: :unique, name: Keys)
    keys = shuffled(count)
    for key <- keys, do: {:ok, _} = Registry.register(Keys, key, key)
    look_up(keys)
    rounds = max(1, div(300_000, count))
    per(rounds * count, fn -> times(rounds, fn -> look_up(keys) end) end)
  end

  defp look_up([]), do: :ok

  defp look_up([key | keys]) do
    [_] = Registry.lookup(Keys, key)
    look_up(keys)
  end

  # Until all servers have handled the message, for each of them.
  defp dispatch_time do
    {:ok, _} = Registry.start_link(keys: :duplicate, name: Topics)
    {:ok, supervisor} = DynamicSupervisor.start_link(strategy: :one_for_one)
    missing = :atomics.new(1, [])
    for _ <- 1..1000, do: {:ok, _} = DynamicSupervisor.start_child(supervisor, {Subscriber, {missing, self()}})
    times = for round <- 1..110, do: dispatch(missing, round)
    percentile(50, Enum.drop(times, 10))
  end

  defp dispatch(missing, round) do
    :atomics.put(missing, 1, 1000)

    per(1000, fn ->
      Registry.dispatch(Topics, :news, fn entries ->
        for {pid, _} <- entries, do: GenServer.cast(pid, round)
      end)

      receive do: (:all -> :ok)
    end)
  end
end
