# The circuit breaker that one writes first: a server that keeps the circuits of all services, and runs each call itself.
defmodule Breaker do
  use GenServer

  @threshold 5
  @closed {:closed, 0}

  def start_link, do: GenServer.start_link(__MODULE__, %{}, name: __MODULE__)
  def stop, do: GenServer.stop(__MODULE__, :normal, :infinity)
  def call(service, operation), do: GenServer.call(__MODULE__, {:call, service, operation}, :infinity)

  @impl true
  def init(circuits), do: {:ok, circuits}

  @impl true
  def handle_call({:call, service, operation}, _from, circuits) do
    case Map.get(circuits, service, @closed) do
      {:open, _} ->
        {:reply, {:error, :open}, circuits}

      {:closed, failures} ->
        try do
          {:reply, {:ok, operation.()}, Map.put(circuits, service, @closed)}
        rescue
          error -> {:reply, {:error, error}, Map.put(circuits, service, failed(service, failures + 1))}
        end
    end
  end

  @impl true
  def handle_info({:close, service}, circuits), do: {:noreply, Map.put(circuits, service, @closed)}

  defp failed(service, @threshold) do
    Process.send_after(self(), {:close, service}, 3_600_000)
    {:open, @threshold}
  end

  defp failed(_, failures), do: {:closed, failures}
end
