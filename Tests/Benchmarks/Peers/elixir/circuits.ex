# Guarded calls through a breaker that is a server, beside the bare operation.
defmodule Circuits do
  import Bench

  def run do
    {:ok, _} = Breaker.start_link()
    operation = &__MODULE__.operation/0
    for _ <- 1..5, do: Breaker.call("down", fn -> raise "no answer" end)
    {:error, :open} = Breaker.call("down", operation)
    bare = median_per(200_000, fn count -> times(count, operation) end)
    report("circuits", "operation", bare, "ns")
    report("circuits", "closed", median_per(200_000, &call_many("user-api", operation, &1)), "ns")
    report("circuits", "rejected-value", median_per(200_000, &call_many("down", operation, &1)), "ns")
    time = sharing(400_000, 2, fn _, count -> call_many("user-api", operation, count) end)
    report("circuits", "closed-two-tasks", time, "ns")
  end

  # Ten thousand circuits, and then a hundred thousand.
  def maps do
    {:ok, server} = Breaker.start_link()
    operation = &__MODULE__.operation/0
    names = for number <- 0..99_999, do: "service-#{number}"
    before = used(server)

    for count <- [10_000, 100_000] do
      services = Enum.take(names, count)
      call_each(services, operation)
      report("circuit-maps", "memory-#{count}", (used(server) - before) / count, "B")
      services = Enum.sort_by(services, &:erlang.phash2({1, &1}))
      rounds = div(300_000, count)
      time = per(rounds * count, fn -> times(rounds, fn -> call_each(services, operation) end) end)
      report("circuit-maps", "call-#{count}", time, "ns")
    end
  end

  def operation, do: 1

  # What the server itself holds once its garbage has been collected.
  defp used(server) do
    :erlang.garbage_collect(server)
    elem(:erlang.process_info(server, :memory), 1)
  end

  defp call_many(service, operation, count), do: times(count, fn -> Breaker.call(service, operation) end)
  defp call_each(services, operation), do: Enum.each(services, &Breaker.call(&1, operation))
end
