# A server that does as little as can be.
defmodule Counter do
  use GenServer

  def start_link(_), do: GenServer.start_link(__MODULE__, 0)

  @impl true
  def init(total), do: {:ok, total}

  @impl true
  def handle_call({:add, number}, _from, total), do: {:reply, total + number, total + number}
  def handle_call(:total, _from, total), do: {:reply, total, total}

  @impl true
  def handle_cast(number, total), do: {:noreply, total + number}
end

# A server that waits in each call: it asks the next one.
defmodule Relay do
  use GenServer

  @impl true
  def init(next), do: {:ok, next}

  @impl true
  def handle_call({:ask, number}, _from, next) do
    {:reply, GenServer.call(next, {:add, number}, :infinity), next}
  end
end

# A server that tells when it has started, as soon as it serves.
defmodule Fragile do
  use GenServer

  def start_link(listener), do: GenServer.start_link(__MODULE__, listener)

  @impl true
  def init(listener), do: {:ok, listener, {:continue, Bench.nanotime()}}

  @impl true
  def handle_continue(start, listener) do
    send(listener, {:serves, self(), start})
    {:noreply, listener}
  end
end

# One of many under one key. The last of them to handle a message says so.
defmodule Subscriber do
  use GenServer

  def start_link({missing, listener}), do: GenServer.start_link(__MODULE__, {missing, listener})

  @impl true
  def init(state) do
    {:ok, _} = Registry.register(Topics, :news, nil)
    {:ok, state}
  end

  @impl true
  def handle_cast(_, {missing, listener} = state) do
    if :atomics.sub_get(missing, 1, 1) == 0, do: send(listener, :all)
    {:noreply, state}
  end
end
